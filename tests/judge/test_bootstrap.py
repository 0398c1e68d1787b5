import warnings

import numpy as np
import pytest
from scipy import stats

from steepest.judge.bootstrap import RESAMPLES, bootstrap_interval

DRAWS = {
    "normal": lambda draw, n: draw.standard_normal(n),
    "Cauchy": lambda draw, n: draw.standard_cauchy(n),
    "skewed": lambda draw, n: draw.exponential(1, n),
    "tied": lambda draw, n: np.r_[0.0, 1.0, draw.integers(-3, 4, n - 2)] / 1000,
    "without an acceleration": lambda draw, n: 1e-200 * draw.standard_normal(n),
}


def scipys(row, alpha):
    """What scipy makes of it: BCa, or the plain quantiles where that is undefined."""
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = stats.bootstrap(
                (row,),
                np.mean,
                n_resamples=RESAMPLES,
                confidence_level=1 - alpha,
                method=method,
                rng=np.random.default_rng(0),
            )
        if np.isfinite(found.confidence_interval).all():
            break
    return tuple(found.confidence_interval)


@pytest.mark.parametrize("alpha", [0.05, 0.3])
@pytest.mark.parametrize("kind", DRAWS)
def test_the_interval_is_scipys(kind, alpha):
    draw = np.random.default_rng(1)
    for n in (2, 3, 6, 10, 25):
        row = DRAWS[kind](draw, n)
        # to the bit with scipy 1.17; older ones interpolate in another order
        assert bootstrap_interval(row, alpha) == pytest.approx(scipys(row, alpha), rel=1e-12)


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
