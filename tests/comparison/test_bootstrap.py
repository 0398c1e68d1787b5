import numpy as np
import pytest
from scipy import stats

from steepest.comparison.bootstrap import bootstrap_interval


def test_many_normal_differences_give_nearly_the_t_interval():
    row = np.random.default_rng(0).standard_normal(80)
    theirs = stats.ttest_1samp(row, 0.0).confidence_interval(0.95)
    assert bootstrap_interval(row) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_the_interval_is_the_same_each_time_and_turns_with_the_differences():
    row = np.array([0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6, 0.9, 1.4, 2.8, 6.5])
    low, high = bootstrap_interval(row)
    assert (low, high) == bootstrap_interval(row)
    assert bootstrap_interval(-row) == pytest.approx((-high, -low), abs=0.15)
    assert high - row.mean() > row.mean() - low  # it leans as the differences do


def test_equal_differences_and_a_single_one_are_no_error():
    assert bootstrap_interval(np.full(7, 0.02)) == (0.02, 0.02)
    assert np.isnan(bootstrap_interval(np.array([0.02]))).all()


def test_two_differences_still_give_finite_ends():
    low, high = bootstrap_interval(np.array([0.0, 1.0]))
    assert 0 <= low <= high <= 1
