import math

import pytest

from steepest.byhand.table import Check, Deviation, Line, check, joined, work
from steepest.errors import UserError


@pytest.fixture
def table():
    return work({"x": 2.0}, [Line("y", "x * 3"), Line("z", "y - x", "end", "y − x")])


def test_each_line_stands_on_the_lines_before_it(table):
    assert table.values == {"x": 2.0, "y": 6.0, "z": 4.0}
    assert str(table["z"]) == "z = y − x = 6 − 2 = 4"


def test_a_line_cannot_stand_on_a_later_one():
    with pytest.raises(UserError, match="needs z"):
        work({}, [Line("y", "z"), Line("z", "1")])


def test_a_check_counts_what_the_machine_did_not_give(table):
    found = check(table, {"y": 6.0}, "a machine")
    assert found.agrees
    assert found.unchecked == ("z",)
    assert str(found) == (
        "check: 1 of 2 values against a machine: largest deviation 0.0e+00, all agree (to 1e-12)"
    )


def test_a_check_sees_a_wrong_value(table):
    found = check(table, {"y": 6.0, "z": 4.0 + 1e-11}, "a machine")
    assert not found.agrees
    assert "THEY DO NOT AGREE" in str(found)
    assert joined([check(table, {"y": 6.0}, "a machine"), found]).agrees is False


def test_a_check_of_nothing_does_not_agree():
    assert not Check((), "nothing").agrees


@pytest.mark.parametrize(
    ("by_hand", "by_machine", "size"),
    [
        (1e6, 1e6 + 1, pytest.approx(1e-6)),
        (1e-6, 2e-6, pytest.approx(1e-6)),
        (math.inf, math.inf, 0.0),
        (math.nan, math.nan, 0.0),
        (math.nan, 1.0, math.inf),
        (1.0, math.nan, math.inf),
        (math.inf, 1.0, math.inf),
    ],
)
def test_a_deviation_is_relative_beyond_one_and_never_hides_a_nan(by_hand, by_machine, size):
    assert Deviation("y", by_hand, by_machine).size == size
