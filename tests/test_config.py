import dataclasses
import os
from pathlib import Path

import pytest

from steepest.config import Config, parsed_toml
from steepest.errors import UnknownName, UserError


def test_every_value_survives_toml(tmp_path: Path) -> None:
    config = Config(model="8C3-F10", lr=3e-4, val=0.1, patience=3, clip_norm=1.0, stratified=False, threads=2)
    path = tmp_path / "c.toml"
    path.write_text(config.to_toml())
    assert Config.read(path) == config
    assert len(path.read_text().splitlines()) == len(dataclasses.fields(Config))


def test_a_value_that_is_off_is_spelled_none(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(Config().to_toml())
    assert 'patience = "none"' in path.read_text()
    assert Config.read(path).patience is None


def test_an_unknown_key_names_itself_the_nearest_and_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("epoch = 3\n")
    with pytest.raises(UnknownName) as caught:
        Config.read(path)
    assert str(caught.value).startswith("No setting is called `epoch`. Did you mean `epochs`")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0."),
        ({"epochs": 2.5}, "epochs must be a whole number, not 2.5."),
        ({"epochs": True}, "epochs must be a whole number, not True."),
        ({"batch_size": 0}, "batch_size must be at least 1, not 0."),
        ({"val": 1.0}, "val must be a fraction in [0, 1), not 1.0."),
        ({"lr": -1.0}, "lr must be above 0, not -1.0."),
        ({"lr": float("nan")}, "lr must be above 0, not nan."),
        ({"lr": "fast"}, "lr must be a number or none, not 'fast'."),
        ({"device": "tpu"}, "device must be auto, cpu, cuda or mps, not tpu."),
        ({"patience": 3}, "patience needs a validation split: give val, such as --val 0.2."),
        ({"clip_norm": float("inf")}, "clip_norm must be above 0, not inf."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0, not nan."),
        ({"val": float("-inf")}, "val must be a fraction in [0, 1), not -inf."),
        ({"epochs": 10**18}, "epochs must be at most 1,000,000, not 1000000000000000000."),
        ({"batch_size": 10**18}, "batch_size must be at most 1,000,000,000, not 1000000000000000000."),
        ({"seed": 10**5000}, "seed must be at most 9,223,372,036,854,775,807, not a number of some 5,000 digits."),
        ({"split_seed": 2**63}, "split_seed must be at most 9,223,372,036,854,775,807, not 9223372036854775808."),
        ({"threads": 10**9}, "threads must be at most 4,096, not 1000000000."),
        ({"lr": 10**5000}, "lr must be a number below 1e308, not a number of some 5,000 digits."),
        ({"model": 10**5000}, "model must be text, not a number of some 5,000 digits."),
        ({"model": "R" * 10**7}, "model has 10,000,000 characters; at most 20,000 are read."),
        ({"augment": "shift:2+" * 10**6}, "augment has 8,000,000 characters; at most 20,000 are read."),
        ({"device": "d" * 100}, f"device must be auto, cpu, cuda or mps, not {'d' * 60}.. (100 characters)."),
        ({"data": "a\0b"}, "data holds a character that is no text: `'a\\x00b'`."),
        ({"data": "a\udcffb"}, "data holds a character that is no text: `'a\\udcffb'`."),
        ({"label_smoothing": 1.0}, "label_smoothing must be a fraction in [0, 1), not 1.0."),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_range(settings: dict[str, object], line: str) -> None:
    with pytest.raises(UserError) as caught:
        Config(**settings)  # type: ignore[arg-type]
    assert str(caught.value) == line


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert Config(weight_decay=1).weight_decay == 1.0  # the type too
    assert isinstance(Config(weight_decay=1).weight_decay, float)


@pytest.mark.parametrize("content", ["epochs = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=r"c\.toml is no TOML"):
        Config.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no config file"):
        Config.read(tmp_path / "none.toml")


def test_every_setting_has_its_sentence() -> None:
    for each in dataclasses.fields(Config):
        assert each.metadata["help"].endswith(".")


HOSTILE_TOML = {
    "epochs = " + "9" * 5000: "holds a number that is too long",
    "epochs = " + "9" * 4000: "epochs must be at most 1,000,000, not a number of some 4,000 digits.",
    "lr = " + "9" * 4000: "lr must be a number below 1e308",
    "lr = 1" + "0" * 10_000: "holds a number that is too long",
    "a = " + "[" * 100_000: "nest too deeply",
    "a = " + "{a=" * 100_000: "nest too deeply",
    "epochs = 2024-01-01": "epochs must be a whole number, not datetime.date(2024, 1, 1).",
    "lr = nan": "lr must be above 0, not nan.",
    "stratified = 1": "stratified must be true or false, not 1.",
    "\ufeffepochs = 1": "is no TOML",
    "epochs = 1\0": "is no TOML",
    "k" * 1_000_000 + " = 1": f"No setting is called `{'k' * 60}.. (1,000,000 characters)`.",
    "#" * 2_000_000: "has more than 1,048,576 bytes: too many for a config.",
}


@pytest.mark.parametrize(("content", "said"), HOSTILE_TOML.items(), ids=range(len(HOSTILE_TOML)))
def test_hostile_toml_is_refused_in_a_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        Config.read(path)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)


def test_a_config_of_ten_gigabytes_a_pipe_and_a_device_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10 << 30)  # holes: it takes no room
    for path, said in (
        (tmp_path / "pipe", "no ordinary file"),
        (Path("/dev/zero"), "no ordinary file"),
        (tmp_path, "is a folder"),
        (tmp_path / "large", "more than 1,048,576 bytes"),
    ):
        with pytest.raises(UserError, match=said):
            Config.read(path)


@pytest.mark.parametrize(
    "text", ["²x²", "32", "x", "32x", "0x32", "32x4097", "-1x2", "1e3x2", "9" * 5000 + "x1", "٣x٣", "3 x3"]
)
def test_what_is_no_image_size_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="image_size must be HEIGHTxWIDTH, such as 32x32, each at most 4,096, not"):
        assert Config(image_size=text).size


def test_an_image_size_is_two_numbers() -> None:
    assert Config(image_size="32X48").size == (32, 48)
    assert Config().size is None


@pytest.mark.parametrize(
    "text",
    [
        "a." * 50_000 + "b = 1",
        "x = {" + "a . " * 50_000 + "b = 1}",
        "[" + "'a'." * 50_000 + "b]",
        'x = {y = """ " """, ' + "a." * 50_000 + 'b = 1, z = "z"}',
        'x = """a"""""\n' + "a." * 50_000 + "b = 1",
    ],
    ids=["plain", "in a table", "a heading", "between texts", "after a text"],
)
def test_a_key_of_thousands_of_parts_is_refused_at_once(text):
    with pytest.raises(UserError, match=r"a\.toml cannot be read: a key in it has more than 16 parts"):
        parsed_toml(text.encode(), "a.toml")


@pytest.mark.parametrize(
    "text",
    ['"""\\' * 200_000, "'''" * 300_000, '"\\' * 300_000, "a-" * 400_000, '"' * 900_000],
    ids=["open", "apostrophes", "escapes", "a word", "quotes"],
)
def test_looking_for_long_keys_takes_no_time_and_texts_may_have_dots(text):
    with pytest.raises(UserError, match="is no TOML"):
        parsed_toml(text.encode(), "a.toml")
    assert parsed_toml(b"x = 'a" + b".a" * 100 + b"' # a" + b".a" * 100, "a.toml")["x"].count("a") == 101


def test_a_number_of_thousands_of_digits_is_told_by_their_count():
    with pytest.raises(UserError, match=r"^a\.toml holds a number that is too long: it has 5,000 digits\.$"):
        parsed_toml(b"seed = " + b"9" * 5_000, "a.toml")
