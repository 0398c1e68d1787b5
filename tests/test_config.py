import dataclasses
from pathlib import Path

import pytest

from steepest.config import Config
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
