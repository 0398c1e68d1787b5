import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steepest.judge.signflip import bonferroni, holm


def test_holm_is_worked_by_hand():
    # sorted 0.005, 0.01, 0.02, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.04, 0.04
    assert holm(np.array([0.02, 0.005, 0.04, 0.01])) == pytest.approx([0.04, 0.02, 0.04, 0.03])


def test_holm_never_falls_below_an_earlier_step():
    assert holm(np.array([0.01, 0.012, 0.9])) == pytest.approx([0.03, 0.03, 0.9])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.499))
def test_holm_rejects_what_the_step_down_rule_rejects(p, alpha):
    adjusted = holm(np.array(p))
    rejected, order = set(), np.argsort(p, kind="stable")
    for step, row in enumerate(order):
        if p[row] * (len(p) - step) > alpha:
            break
        rejected.add(int(row))
    assert set(np.flatnonzero(adjusted <= alpha).tolist()) == rejected
    assert (adjusted <= bonferroni(np.array(p)) + 1e-12).all()


def test_families_are_adjusted_apart():
    families = np.array([[0.01, 0.04, 0.03], [0.5, 0.001, 0.02]])
    assert np.array_equal(holm(families), [holm(families[0]), holm(families[1])])
    assert bonferroni(families)[1] == pytest.approx([1.0, 0.003, 0.06])


def test_one_pair_alone_is_not_adjusted():
    assert holm(np.array([0.03])) == bonferroni(np.array([0.03])) == 0.03
