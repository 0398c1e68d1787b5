import pytest

from steepest.errors import (
    DataError,
    DivergedError,
    IntegrityError,
    MissingDataset,
    NotationError,
    ShapeError,
    SteepestError,
    StoppedError,
    UnknownName,
    UserError,
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
        (StoppedError, 75),
    ],
)
def test_each_error_ends_a_command_with_its_own_code(kind: type[SteepestError], code: int) -> None:
    assert kind("x").exit_code == code


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
