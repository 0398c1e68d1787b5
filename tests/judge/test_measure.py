import pytest

from steepest.judge.measure import POINTS, Measure, chance


def test_a_difference_is_told_in_its_unit_with_its_digits():
    steps = Measure(factor=1.0, unit="steps", digits=0)
    assert (steps.told(12345.4), steps.signed(-3)) == ("12,345 steps", "-3 steps")
    assert (POINTS.number(0.00123), POINTS.signed(0.0)) == ("0.12", "+0.00 points")
    assert Measure(unit="").told(0.5) == "50.00"


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (1.0, "1"),
        (0.99998, "1"),
        (0.9999, "0.9999"),
        (0.0625, "0.0625"),
        (0.5, "0.5"),
        (0.000123, "0.00012"),
        (2e-5, "0.00002"),
        (3.2e-12, "3e-12"),
    ],
)
def test_small_chances_keep_two_digits(p, told):
    assert chance(p) == told
