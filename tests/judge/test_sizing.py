import numpy as np
import pytest
from scipy import stats

from steepest.judge.sizing import _futures, chance_to_decide, more_units, units_to_reach

SPREAD_OUT = np.array([-1.2, 0.8, -0.1, 0.4, 1.5, -0.7, 0.2, -0.4, 0.9, -0.6])


def test_a_clear_difference_needs_only_what_the_floor_asks_for():
    clear = np.array([1.0, 1.1, 0.9, 1.05])
    assert more_units(clear, 0.1, 0.05) == (2, "")
    assert more_units(clear, 0.1, 0.05 / 28) == (7, "")


def test_a_smaller_difference_needs_more():
    # differences without a margin, a standard deviation of 1, and means of 0.6, 0.4, 0.3
    needed = [more_units(SPREAD_OUT - SPREAD_OUT.mean() + mean, 0.0, 0.05)[0] for mean in (0.6, 0.4)]
    assert 0 < needed[0] < needed[1]


def test_no_difference_and_no_margin_promise_nothing():
    number, why = more_units(SPREAD_OUT - SPREAD_OUT.mean(), 0.0, 0.05)
    assert number is None
    assert "no margin was given" in why


def test_three_differences_around_zero_promise_nothing_however_open_everything_still_is():
    number, why = more_units(np.array([-1.0, 0.1, 0.9]), 0.0, 0.05)
    assert number is None
    assert "smaller than its own error" in why


def test_no_difference_and_a_margin_that_can_be_reached_promise_equivalence():
    number, _ = more_units(SPREAD_OUT - SPREAD_OUT.mean(), 0.6, 0.05)
    assert number is not None
    wider, _ = more_units(SPREAD_OUT - SPREAD_OUT.mean(), 0.8, 0.05)
    assert wider < number


def test_a_margin_too_small_to_be_shown_is_not_promised_either():
    number, why = more_units(SPREAD_OUT - SPREAD_OUT.mean(), 0.05, 0.05)
    assert number is None
    assert "may not show it within the margin" in why


def test_a_share_of_the_variance_that_no_unit_lessens_makes_it_hopeless():
    row = SPREAD_OUT - SPREAD_OUT.mean() + 0.6
    number, why = more_units(row, 0.0, 0.05, fixed=1.0)
    assert number is None
    assert "200 more would probably not" in why


def test_nothing_is_forecast_from_one_difference_or_from_none_ever():
    assert more_units(np.array([0.3]), 0.1, 0.05)[0] is None
    assert more_units(np.zeros(5), 0.0, 0.05)[0] is None
    assert more_units(np.zeros(4), 0.1, 0.05) == (2, "")  # equal all along: only the floor is in the way


def test_the_forecast_chance_grows_with_the_units():
    row = SPREAD_OUT - SPREAD_OUT.mean() + 0.5
    chances = [chance_to_decide(row, more, 0.2, 0.05) for more in (1, 5, 20, 80, 320)]
    assert chances == sorted(chances)
    assert chances[-1] > 0.8 > chances[0]


@pytest.mark.parametrize("pairs", [1, 3, 28, 45])
def test_the_floor_of_the_units_named_reaches_the_level_and_that_of_one_less_does_not(pairs):
    n = units_to_reach(0.05 / pairs)
    assert 2.0 ** (1 - n) <= 0.05 / pairs < 2.0 ** (2 - n)


@pytest.mark.parametrize("level", [0.05, 0.05 / 28])
@pytest.mark.parametrize("more", [1, 2, 9, 60, 200])
def test_a_forecast_verdict_is_that_of_t_tests(more, level):
    """The same futures, judged by Student's quantiles of scipy.stats."""
    row = SPREAD_OUT - SPREAD_OUT.mean() + 0.5
    mean, spread, n = _futures(row, more)
    assert n == len(row) + more
    score = np.abs(mean) / (spread / np.sqrt(n))
    different = stats.t.sf(score, n - 1) <= level / 2
    within = stats.t.cdf((np.abs(mean) - 0.9) / (spread / np.sqrt(n)), n - 1) <= level
    expected = np.mean(different | within)
    assert chance_to_decide(row, more, 0.9, level) == pytest.approx(expected, abs=1e-9)
