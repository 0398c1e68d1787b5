"""One student's exercise: its answers, what rounding can do to them, and the slips that can be told from it."""

from itertools import product

import pytest

from steepest.byhand.exercise import Exercise, Slip, half_unit, slack
from steepest.byhand.table import Line
from steepest.errors import UserError


@pytest.fixture
def exercise():
    lines = (Line("half", "x / 2"), Line("y", "half + 3"), Line("z", "y * y"))
    slips = (
        Slip("y", "subtracted", "half - 3"),
        Slip("z", "doubled", "2 * y"),
        Slip("z", "a hair above", "y * y * 1.00001"),
    )
    return Exercise("A title", ("A task.",), {"x": 5.0}, lines, slips, asked=("y", "z"))


def test_the_answers_are_what_is_asked_and_nothing_else(exercise):
    assert exercise.answers == {"y": 5.5, "z": 30.25}
    assert exercise.table.values["half"] == 2.5


def test_an_exercise_that_asks_beyond_its_lines_cannot_be_worked():
    with pytest.raises(UserError, match="needs q"):
        _ = Exercise("", (), {}, (Line("y", "q + 1"),), ()).answers


def test_a_slip_that_rounding_hides_is_not_kept(exercise):
    assert [slip.name for slip in exercise.telling(4).slips] == ["subtracted", "doubled"]
    # with nine digits the hair is wide enough
    assert len(exercise.telling(9).slips) == 3
    assert exercise.telling(4).lines == exercise.lines


@pytest.mark.parametrize("value", [0.01234, 123.4, -99.996, 1.0, 7e-9])
@pytest.mark.parametrize("digits", [2, 4, 9])
def test_half_a_unit_is_the_most_that_rounding_moves_a_value(value, digits):
    unit = half_unit(value, digits)
    assert abs(float(f"{value:.{digits}g}") - value) <= unit * (1 + 1e-9)
    # and no less: what lies in the middle between two roundings is that far from both
    below = float(f"{value:.{digits}g}")
    between = below + (unit if below >= 0 else -unit)
    assert abs(float(f"{between:.{digits}g}") - between) == pytest.approx(unit)


def test_zero_has_the_unit_of_one():
    assert half_unit(0.0, 4) == half_unit(1.0, 4) == 0.0005


def test_the_slack_covers_every_way_to_round_the_terms_and_the_result():
    values = {"a": 1.2345678, "b": -0.98765432, "c": 3.0}
    formula = "a * b + c"
    allowed = slack(formula, values, {"a", "b"}, 3)
    right = values["a"] * values["b"] + values["c"]
    furthest = max(
        abs((values["a"] + p * 0.005) * (values["b"] + q * 0.0005) + values["c"] - right)
        for p, q in product((-1, 1), repeat=2)
    )
    assert furthest + 0.005 == pytest.approx(allowed, rel=1e-3)  # 0.005: half a unit of 1.78
    assert slack(formula, values, set(), 3) == 0.005
