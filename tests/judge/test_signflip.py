import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steepest.judge.signflip import (
    DRAWN,
    EXACT,
    floor,
    interval,
    p_greater,
    p_less,
    p_two_sided,
    subset_means,
    tolerance,
)

numbers = st.lists(st.integers(-1000, 1000).map(lambda whole: whole / 1000), min_size=1, max_size=9)


def by_all_patterns(differences, value=0.0):
    """The definition: the share of all patterns of signs whose sum is at least the one seen."""
    centred = np.asarray(differences) - value
    sums = np.array([np.dot(signs, centred) for signs in product((1, -1), repeat=len(centred))])
    return np.mean(sums >= centred.sum() - 1e-9), np.mean(sums <= centred.sum() + 1e-9)


@given(numbers, st.sampled_from([0.0, 0.2, -0.5]))
@settings(deadline=None, max_examples=60)
def test_the_means_of_subsets_count_the_same_patterns_as_the_definition(differences, value):
    row = np.array(differences)
    means, tied = subset_means(row), tolerance(row)
    expected = by_all_patterns(row, value)
    assert (p_greater(means, value, tied), p_less(means, value, tied)) == pytest.approx(expected)


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_p_is_scipys_permutation_test(alternative):
    row = np.random.default_rng(3).standard_normal(9) + 0.3
    theirs = stats.permutation_test(
        (row,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=alternative
    )
    ours = {"greater": p_greater, "less": p_less}[alternative](subset_means(row), 0.0)
    assert float(ours) == pytest.approx(theirs.pvalue)


def test_two_sided_p_is_worked_by_hand_for_three_differences():
    # |sum| of 1, 2, -4 over the patterns: 7, 5, 3, 1, each twice; 1 was seen, so all of them are as far out
    assert float(p_two_sided(subset_means(np.array([1.0, 2.0, -4.0])))) == 1.0
    # of 1, 2, 4 only all signs alike give 7: 2 patterns of 8
    assert float(p_two_sided(subset_means(np.array([1.0, 2.0, 4.0])))) == 0.25


def test_no_difference_at_all_gives_p_one():
    zeros = np.zeros(8)
    assert float(p_two_sided(subset_means(zeros), tolerance(zeros))) == 1.0


def test_zeros_count_for_neither_side():
    row = np.array([0.01, 0.02, 0.03, 0.01, 0.02, 0.04, 0.0, 0.0, 0.0])
    with_zeros = p_two_sided(subset_means(row), tolerance(row))
    assert float(with_zeros) == float(p_two_sided(subset_means(row[:6]))) == 2 / 2**6


def test_differences_that_are_tied_up_to_rounding_are_tied():
    row = np.array([0.95 - 0.94, 0.86 - 0.85, 0.31 - 0.32])  # 0.01, 0.01, -0.01 with errors of 1e-17
    exact = np.array([1.0, 1.0, -1.0])
    assert p_two_sided(subset_means(row), tolerance(row)) == p_two_sided(subset_means(exact))


@given(numbers, st.sampled_from([0.05, 0.1, 0.4]))
@settings(deadline=None, max_examples=60)
def test_the_interval_holds_the_values_that_the_test_does_not_reject(differences, alpha):
    row = np.array(differences) + 0.3
    means = subset_means(row)
    low, high = interval(means, alpha)
    assert low <= high
    for value in (*np.linspace(-1, 1.6, 27), *row):
        p = 2 * min(by_all_patterns(row, value))
        if p <= alpha * (1 - 1e-9):
            assert not low + 1e-9 < value < high - 1e-9
        else:
            assert low - 1e-9 <= value <= high + 1e-9


def test_too_few_differences_leave_the_interval_open():
    low, high = interval(subset_means(np.arange(5.0)))
    assert (float(low), float(high)) == (-np.inf, np.inf)
    assert np.isfinite(interval(subset_means(np.arange(6.0)))).all()


def test_comparisons_in_a_batch_are_judged_as_alone():
    rows = np.random.default_rng(0).standard_normal((4, 3, 7))
    means = subset_means(rows)
    alone = [[float(p_two_sided(subset_means(row))) for row in block] for block in rows]
    assert p_two_sided(means).tolist() == alone
    assert interval(means)[0][2, 1] == interval(subset_means(rows[2, 1]))[0]


def test_random_flips_come_close_to_the_t_test_for_many_normal_differences():
    row = np.random.default_rng(1).standard_normal(60) + 0.3
    means = subset_means(row)
    assert means.shape == (DRAWN,)
    theirs = stats.ttest_1samp(row, 0.0)
    assert float(p_two_sided(means)) == pytest.approx(float(theirs.pvalue), rel=0.2)
    near = theirs.confidence_interval(0.95)
    assert interval(means) == pytest.approx((near.low, near.high), abs=0.02)


def test_random_flips_never_give_p_zero_and_are_the_same_each_time():
    row = np.full(EXACT + 1, 0.01)
    p = float(p_two_sided(subset_means(row), tolerance(row)))
    assert p == pytest.approx(floor(EXACT + 1), abs=5e-5)
    assert p > 0
    other = np.random.default_rng(0).standard_normal(EXACT + 5)
    assert np.array_equal(subset_means(other), subset_means(other))
    assert not np.array_equal(subset_means(other), subset_means(other, seed=1))


def test_the_floor_is_reached_when_all_signs_agree():
    for n in (1, 2, 6, 11):
        row = np.arange(1.0, n + 1)
        assert float(p_two_sided(subset_means(row))) == floor(n)


def test_the_ends_are_the_order_statistics_that_sorting_gives():
    random = np.random.default_rng(5)
    for n in (6, 13, EXACT, EXACT + 1, 60):
        row = np.round(random.normal(size=n), 1)  # many ties
        means = subset_means(row)
        k = int(0.025 * (len(means) + 1) * (1 + 1e-12))
        assert interval(means) == (np.sort(means)[k - 1], np.sort(means)[len(means) - k])
        assert [end[0] for end in interval(means[None])] == list(interval(means))


def test_many_differences_take_little_memory():
    tracemalloc.start()
    subset_means(np.ones(2000))
    assert tracemalloc.get_traced_memory()[1] < 60e6  # all random subsets at once were 1.6 GB
    tracemalloc.stop()
