import re
from collections.abc import Sequence

import pytest

from steepest.errors import (
    EXIT_CODES,
    CannotBeJudgedHere,
    DataError,
    DivergedError,
    IntegrityError,
    Interrupted,
    MissingDataset,
    NotationError,
    ShapeError,
    SteepestError,
    StoppedError,
    UnknownName,
    UserError,
    exit_codes_sentence,
    find_name,
    nearest_names,
    printable_lines,
    spelled,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (SteepestError, 1),
        (UserError, 2),
        (ShapeError, 2),
        (DataError, 2),
        (MissingDataset, 2),
        (IntegrityError, 3),
        (DivergedError, 4),
        (CannotBeJudgedHere, 5),
        (StoppedError, 75),
        (Interrupted, 130),
    ],
)
def test_each_error_ends_a_command_with_its_own_code(kind: type[SteepestError], code: int) -> None:
    assert kind("x").exit_code == code
    assert code in EXIT_CODES


def test_the_sentence_has_every_code() -> None:
    sentence = exit_codes_sentence()
    assert sentence.startswith("Exit codes: 0 done, 1 our fault, ")
    assert [int(code) for code in re.findall(r"\b\d+\b", sentence)] == list(EXIT_CODES)


def test_a_name_is_found_whatever_its_case() -> None:
    assert find_name("model", "MLP", ["mlp", "convnet"]) == "mlp"
    assert spelled("B", ["b", "B"]) == "B"
    assert spelled("c", ["b", "B"]) is None


SETTINGS = ("model", "data", "optimizer", "lr", "epochs", "batch_size", "val", "image_size", "seed")
VERBS = ("train", "evaluate", "predict", "report", "compare", "tune", "--version")
RULES = ("sgd", "momentum", "adam", "adamw", "rmsprop", "muon")
NEAR = [
    *(("imgsz", SETTINGS, "image_size"), ("img_size", SETTINGS, "image_size")),
    *(("lr0", SETTINGS, "lr"), ("learning_rate", SETTINGS, "lr"), ("batch", SETTINGS, "batch_size")),
    *(("--batch", ["--batch-size", "--lr"], "--batch-size"), ("arch", SETTINGS, "model")),
    *(("dataset", SETTINGS, "data"), ("epoch", SETTINGS, "epochs")),
    *(("val", ["train", "test", "validation"], "validation"), ("fit", VERBS, "train")),
    *(("test", VERBS, "evaluate"), ("eval", VERBS, "evaluate"), ("version", VERBS, "--version")),
    *(("sdg", RULES, "sgd"), ("adm", RULES, "adam"), ("Momentun", RULES, "momentum")),
    *(("rms_prop", RULES, "rmsprop"), ("trian", VERBS, "train"), ("modle", SETTINGS, "model")),
]
FAR = [
    *(("export", VERBS), ("fit", SETTINGS), ("mnist", RULES), ("foo", RULES), ("shuffle", SETTINGS)),
    *(("lion", RULES), ("x", VERBS), ("", VERBS), ("workers", SETTINGS)),
]


@pytest.mark.parametrize(("name", "known", "meant"), NEAR)
def test_what_was_meant_is_proposed_first(name: str, known: Sequence[str], meant: str) -> None:
    assert nearest_names(name, known)[0] == meant


@pytest.mark.parametrize(("name", "known"), FAR)
def test_nothing_is_proposed_where_nothing_is_near(name: str, known: Sequence[str]) -> None:
    assert nearest_names(name, known) == []


def test_a_users_error_is_a_value_error_so_that_scikit_learn_understands_it() -> None:
    with pytest.raises(ValueError, match="no"):
        raise UserError("no")


def test_an_unknown_name_offers_the_nearest_known_ones() -> None:
    error = UnknownName("model", "convnt", ["convnet", "mlp"], "See the list.")
    assert str(error) == "No model is called `convnt`. Did you mean `convnet`? See the list."


def test_an_unknown_name_unlike_any_lists_them_all() -> None:
    assert "Known: adam, sgd." in str(UnknownName("optimizer", "qqqq", ["adam", "sgd"]))


def test_a_notation_error_puts_carets_under_the_token() -> None:
    lines = str(NotationError("`Q7` is no layer.", "32C3-Q7-F10", position=5, length=2)).split("\n")
    assert lines[1].index("Q7") == lines[2].index("^")
    assert lines[2].count("^") == 2


def test_a_notation_error_shows_no_control_character_and_points_where_the_token_is_seen() -> None:
    lines = str(NotationError("no layer.", "3\x1b\n-Q7-F10", position=4, length=2)).split("\n")
    assert lines[1] == r"  3\x1b\n-Q7-F10"
    assert lines[2] == "  " + " " * lines[1].removeprefix("  ").index("Q7") + "^^"


def test_a_message_keeps_the_breaks_of_lines_that_are_ours_and_no_other() -> None:
    assert printable_lines("\nso:\n  it\n  is") == "\nso:\n  it\n  is"
    assert printable_lines("`a\nsteepest: b\r\x1b[2J\u2028c`") == r"`a\nsteepest: b\r\x1b[2J\u2028c`"
