import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from comparison_fakes import invented
from steepest.comparison.comparison import Comparison
from steepest.comparison.folder import (
    conclude,
    default_folder,
    earlier_note,
    entry_of,
    read_entries,
    same_question,
)
from steepest.comparison.question import question_of
from steepest.config import Config
from steepest.errors import IntegrityError

THREE = {"sides": ("adam", "sgd", "lion"), "levels": (0.95, 0.94, 0.93)}
UNTIL = {"until_decided": True, "max_seeds": 20, "units": 8}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of the test's own, with a comparison's folder in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def made(**asked: object) -> Comparison:
    return invented(**{"fixed": True, **asked})  # type: ignore[arg-type]


def asked_by_default(comparison: Comparison) -> Comparison:
    folder = default_folder(comparison.question)
    folder.mkdir(parents=True, exist_ok=True)
    return conclude(comparison, folder)


def test_the_same_question_is_no_second_look_wherever_it_is_asked(here):
    for _ in range(2):
        assert conclude(made(), here).notes == ()
    assert len(read_entries(here)) == 1
    assert asked_by_default(made()).notes == ()
    assert conclude(made(), here).notes == ()


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        (THREE, {**THREE, "candidate": "adam"}, "The same sides were compared once before (8 seeds "),
        ({**THREE, "candidate": "lion"}, {**THREE, "candidate": "adam"}, "The same sides were "),
        (THREE, {}, "Some of these sides were compared once before (8 seeds from seed 0: 3 better)"),
        ({}, THREE, "Some of these sides were compared once before (8 seeds from seed 0: better)"),
        ({}, {"margin": 0.02}, "The same sides were compared once before"),
        ({"seeds": 7}, {"until_decided": True, "max_seeds": 20, "units": 8}, "(7 seeds from seed 0: "),
    ],
    ids=["candidate", "other candidate", "fewer sides", "more sides", "margin", "after fixed"],
)
def test_another_question_about_the_same_sides_is_told_and_kept(first, then, told, here):
    conclude(made(**first), here)
    again = conclude(made(**then), here, here / "claim.json")
    (note,) = again.notes
    assert told in note
    assert "Whoever picks among answers, or adds seeds after a look, errs more often than 5 %" in note
    assert len(read_entries(here)) == 2
    assert len(json.loads((here / "claim.json").read_text())["earlier"]) == 1


def test_questions_that_share_no_pair_are_kept_and_not_told(here):
    conclude(made(sides=("adam", "lion")), here)
    other = conclude(made(sides=("adam", "sgd")), here)
    assert other.notes == ()
    assert [list(each["sides"]) for each in read_entries(here)] == [["adam", "lion"], ["adam", "sgd"]]


def test_a_smaller_family_in_a_folder_of_its_own_is_told_where_the_larger_one_is():
    first = asked_by_default(made(**THREE))
    then = asked_by_default(made())
    assert first.folder != then.folder
    (note,) = then.notes
    assert f"Some of these sides were compared once before (8 seeds from seed 0 in {first.folder}: 3 " in note
    assert [each.keys() >= {"folder"} for each in read_entries(then.folder)] == [False]


def test_other_folders_that_cannot_be_read_or_are_about_others_are_passed_over():
    for name, text in (("torn", "{"), ("odd", "[1]"), ("old", json.dumps([old_entry()]))):
        folder = Path("comparisons") / name
        folder.mkdir(parents=True)
        (folder / "asked.json").write_text(text)
    Path("comparisons/folder/asked.json").mkdir(parents=True)
    asked_by_default(made(sides=("lion", "momentum")))
    assert asked_by_default(made()).notes == ()


def old_entry() -> dict[str, object]:
    entry = dict(entry_of(made()))
    return {key: entry[key] for key in ("design", "criterion", "kinds")}


def test_an_entry_of_an_older_file_is_another_question(here):
    (here / "asked.json").write_text(json.dumps([old_entry()]))
    (note,) = conclude(made(), here).notes
    assert note.startswith("The same sides were compared once before (8 seeds from seed 0: better)")
    assert len(read_entries(here)) == 2
    assert not same_question(old_entry(), old_entry())


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        "{}",
        "[" * 9999,
        '{"asked": [], "sha256": "0"}',
        '[{"design": {}, "criterion": {}, "kinds": []}]',
        '[{"design": {"tuned": true, "units": 8, "first_seed": 0}, "criterion": {}, "kinds": [], "sides": []}]',
    ],
)
def test_a_damaged_file_is_refused_with_its_name(text, here):
    (here / "asked.json").write_text(text)
    with pytest.raises(IntegrityError, match=r"asked\.json is damaged.* Take it away to go on\."):
        conclude(made(), here)


def test_any_flipped_bit_of_what_was_asked_is_found(here):
    conclude(made(), here)
    path = here / "asked.json"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        with pytest.raises(IntegrityError, match=r"asked\.json is damaged"):
            read_entries(here)


def test_two_that_conclude_at_once_lose_no_entry(here):
    questions = [made(sides=("adam", other)) for other in ("sgd", "lion", "momentum", "adamw")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: conclude(each, here), questions))
    assert len(read_entries(here)) == 4


def test_one_stream_until_decided_may_be_looked_at_again(here):
    conclude(made(**UNTIL), here)
    again = conclude(made(**{**UNTIL, "max_seeds": 40}), here, here / "claim.json")
    assert again.notes == ()
    assert len(json.loads((here / "claim.json").read_text())["earlier"]) == 1


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("design", {"first_seed": 100}),
        ("design", {"split_seed": 1}),
        ("criterion", {"margin": 0.02}),
        ("criterion", {"metric": "loss"}),
        ("sides", {"lion": {}}),
        (None, {"candidate": "adam"}),
    ],
    ids=str,
)
def test_another_stream_until_decided_is_told(part, change):
    entry = dict(entry_of(made(**UNTIL)))
    other = entry | (change if part is None else {part: entry[part] | change})
    note = earlier_note([other], entry)
    seed = other["design"]["first_seed"]
    assert f"sides were compared once before (up to 20 seeds from seed {seed}: better)" in note
    assert "only --until-decided, from one and the same first seed, may look as often" in note
    assert earlier_note([{**entry, "kinds": ["undecided"]}], entry) == ""


def folder_for(*sides: str, base: Config | None = None, **asked: object) -> str:
    return default_folder(question_of(sides, base or Config(), **asked)).as_posix()  # type: ignore[arg-type]


def test_the_same_sides_share_a_folder_whatever_the_number_of_seeds():
    first = folder_for("adam", "sgd")
    assert first.startswith("comparisons/mnist5k-mlp-optimizer-")
    assert folder_for("adam", "sgd", studies=8, trials=4, target=0.9) == first
    assert folder_for("adam", "sgd", base=Config(seed=5)) == first


def test_other_sides_or_settings_have_another():
    folders = [
        folder_for("adam", "sgd"),
        folder_for("adam", "sgd", fixed=True),
        folder_for("adam", "momentum"),
        folder_for("adam", "sgd", base=Config(epochs=6)),
        folder_for("mlp", "lenet5", vary="model"),
    ]
    assert len(set(folders)) == len(folders)
    assert folders[-1].startswith("comparisons/mnist5k-model-")
