import numpy as np
import pytest

from steepest.judge.signflip import decide, p_equivalent, p_greater, p_less, subset_means


def test_both_one_sided_tests_must_reject():
    row = np.array([0.001, 0.002, -0.001, 0.0, 0.001, 0.002])
    means = subset_means(row)
    assert p_equivalent(means, 0.01) == 1 / 2**6
    lopsided = subset_means(row + 0.009)  # near the upper margin, far from the lower
    assert p_equivalent(lopsided, 0.01) == p_less(lopsided, 0.01) > p_greater(lopsided, -0.01)


def test_a_wider_margin_never_makes_equivalence_less_certain():
    means = subset_means(np.random.default_rng(0).standard_normal(10))
    p = [float(p_equivalent(means, margin)) for margin in np.linspace(0, 4, 21)]
    assert p == sorted(p, reverse=True)
    assert p[0] == 1.0
    assert p[-1] == 2**-10


@pytest.mark.parametrize(
    ("p", "within", "side", "kind"),
    [
        (0.01, 0.50, 1, "better"),
        (0.01, 0.50, -1, "worse"),
        (0.50, 0.01, 1, "equivalent"),
        (0.01, 0.01, 1, "equivalent"),  # certain, and too small to matter
        (0.06, 0.06, 1, "undecided"),
        (0.05, 1.00, 1, "better"),  # at the level is enough
        (0.01, 0.50, 0, "undecided"),  # the evidence and the mean disagree
    ],
)
def test_the_four_verdicts_follow_from_two_p_values(p, within, side, kind):
    assert decide(np.array([p]), np.array([within]), np.array([side]), 0.05).tolist() == [kind]


def test_a_false_equivalent_and_a_false_worse_both_need_the_margin_to_be_rejected():
    """Why one pair's error is alpha in all: at the margin, either false verdict rejects one hypothesis."""
    random = np.random.default_rng(0)
    means = subset_means(random.standard_normal((3000, 8)) * 0.5 + random.uniform(-1, 1, (3000, 1)))
    different = 2 * np.minimum(p_greater(means, 0.0), p_less(means, 0.0))
    within = p_equivalent(means, 0.6)
    side = -np.sign(p_greater(means, 0.0) - p_less(means, 0.0))
    kinds = decide(different, within, side, 0.05)
    rejected = p_less(means, 0.6) <= 0.05
    assert {"equivalent", "worse", "better", "undecided"} == set(kinds.tolist())
    assert rejected[np.isin(kinds, ["equivalent", "worse"])].all()
