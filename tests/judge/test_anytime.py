import math

import numpy as np
import pytest

from steepest.judge.anytime import (
    BOLDNESS,
    anytime_interval,
    floor,
    log_evidence,
    running_p,
    running_p_equivalent,
    running_p_two_sided,
)


def winnings(differences, boldness):
    """The definition: each factor is 1 + tanh(rate * x), rate = boldness / root mean square so far."""
    stake = 1.0
    for t, x in enumerate(differences, start=1):
        scale = math.sqrt(sum(each**2 for each in differences[:t]) / t)
        stake *= math.exp(boldness * x / scale) / math.cosh(boldness * x / scale)
    return stake


def test_the_evidence_is_the_product_of_the_definition():
    row = np.array([0.3, -0.1, 0.4, 0.2, -0.5])
    above, below = log_evidence(row)
    expected = np.mean([winnings(row.tolist(), each) for each in BOLDNESS])
    turned = np.mean([winnings((-row).tolist(), each) for each in BOLDNESS])
    assert math.exp(above[-1]) == pytest.approx(expected)
    assert math.exp(below[-1]) == pytest.approx(turned)


def test_the_game_is_fair_over_all_patterns_of_signs():
    """The mean of E over all 2^8 patterns is exactly 1: so nothing is won where the null hypothesis is true."""
    sizes = np.array([0.4, 2.0, 0.1, 1.0, 30.0, 0.7, 0.7, 0.2])
    signs = 1 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)
    for evidence in log_evidence(signs * sizes):
        assert np.exp(evidence).mean(axis=0) == pytest.approx(np.ones(8))


def test_the_unit_of_measurement_and_a_turned_sign_change_nothing():
    row = np.random.default_rng(0).standard_normal(30)
    assert running_p_two_sided(row * 1e-4) == pytest.approx(running_p_two_sided(row))
    assert running_p_two_sided(-row) == pytest.approx(running_p_two_sided(row))


def test_p_never_rises_and_never_exceeds_one():
    p = running_p_two_sided(np.random.default_rng(2).standard_normal((50, 40)))
    assert (np.diff(p, axis=1) <= 0).all()
    assert (p <= 1).all()
    assert running_p(np.array([-1.0, 2.0, 1.0])) == pytest.approx([1, math.exp(-2), math.exp(-2)])


def test_zeros_and_no_difference_at_all_win_nothing():
    assert (running_p_two_sided(np.zeros(20)) == 1).all()
    row = np.array([0.0, 0.0, 0.3, 0.2, 0.0, 0.4])
    assert running_p_two_sided(row)[-1] < 1


def test_six_differences_never_come_out_better_or_worse_and_seven_equal_ones_do():
    rows = np.random.default_rng(0).uniform(0.5, 1.5, (500, 9)) ** 3
    assert running_p_two_sided(rows)[:, 5].min() > 0.05
    assert running_p_two_sided(np.ones(9))[6] < 0.05
    assert (running_p_two_sided(rows)[:, 8] < 0.05).mean() > 0.85


@pytest.mark.parametrize("n", [1, 2, 6, 7, 20])
def test_no_differences_come_below_the_floor_and_growing_ones_come_near_it(n):
    random = np.random.default_rng(n)
    rows = random.standard_normal((2000, n)) * 10.0 ** random.uniform(-3, 3, (2000, n))
    assert running_p_two_sided(rows)[:, -1].min() >= floor(n)
    growing = 1e6 ** np.arange(n)
    assert running_p_two_sided(growing)[-1] == pytest.approx(floor(n), rel=1e-6)
    assert running_p_two_sided(-growing)[-1] == pytest.approx(floor(n), rel=1e-6)


def test_the_floor_of_many_differences_does_not_overflow():
    assert 0 <= floor(5000) <= 1e-300


def test_huge_differences_do_not_overflow():
    assert np.isfinite(running_p_two_sided(np.array([1e-300, 1e150, -1e150, 1e-5]))).all()


def test_equivalence_needs_both_margins_to_be_rejected():
    row = np.random.default_rng(0).normal(0, 0.001, 20)
    p = running_p_equivalent(row, 0.01)
    assert p[-1] < 0.001
    assert running_p_equivalent(row + 0.01, 0.01)[-1] > 0.05
    assert (running_p_equivalent(row, 0.0) == 1).all()


def test_the_interval_ends_where_the_test_begins_to_reject():
    row = np.random.default_rng(4).normal(0.3, 1.0, 25)
    low, high = anytime_interval(row)
    assert low < row.mean() < high
    for end, outside in ((low, -1), (high, 1)):
        assert running_p_two_sided(row, end + outside * 1e-3)[-1] <= 0.05
        assert running_p_two_sided(row, end - outside * 1e-3)[-1] > 0.05


def test_the_interval_is_open_while_nothing_can_be_rejected():
    assert anytime_interval(np.array([0.1, 0.2, 0.3])) == (-math.inf, math.inf)
    low, high = anytime_interval(np.full(12, 0.02))
    assert low == pytest.approx(0.02, abs=1e-4)
    assert high == pytest.approx(0.02, abs=1e-4)


def test_peeking_after_each_difference_keeps_the_level():
    """The same look at a t-test would be wrong in about a third of the cases."""
    row = np.random.default_rng(7).standard_normal((2000, 60))
    assert (running_p_two_sided(row)[:, -1] <= 0.05).mean() < 0.05
