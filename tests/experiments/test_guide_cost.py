import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from torch.nn import functional as F

from experiment_fakes import context_of
from steepest.comparison.costs import mean_interval
from steepest.experiments.content import Table, Text
from steepest.experiments.guide_cost import (
    double_softmax,
    least_loss,
    loss_of_probabilities,
    paired_cost,
    told_cost,
)

CASES = """
[[case]]
name = "mended"
title = "Logits"
config = { model = "F3" }

[[case]]
name = "double"
title = "Twice"
config = { model = "F3-Softmax" }
"""


@pytest.fixture
def context(tmp_path, monkeypatch):
    return context_of(CASES, tmp_path, monkeypatch)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9).filter(lambda x: max(x) - min(x) > 0.01))
def test_the_interval_is_students(values: list[float]) -> None:
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(np.array(values)) == pytest.approx((expected.low, expected.high))


def test_a_cost_is_claimed_only_where_the_interval_leaves_zero_out():
    assert told_cost([0.01, 0.012, 0.011]).startswith("The fault costs 1.10 points")
    assert told_cost([-0.01, -0.012, -0.011]).endswith("over 3 seeds: it helps.")
    assert told_cost([0.01, -0.01]).endswith("over 2 seeds: 0 is in it.")
    assert "says nothing about others" in told_cost([0.01])


def test_the_cost_is_paired_by_seed(context):
    for case, accuracies in (("mended", (0.9, 0.8)), ("double", (0.7, 0.65))):
        runs = context.outcomes(case)
        context.keep(
            case, [run.reaching(value) for run, value in zip(runs, accuracies, strict=True)]
        )
    (table,) = paired_cost(context, cases=["mended", "double"])
    assert isinstance(table, Table)
    assert table.columns == ("seed", "Logits", "Twice", "cost in points")
    assert table.rows == ((0, "90.00%", "70.00%", "+20.00"), (1, "80.00%", "65.00%", "+15.00"))
    assert "17.50 points on average" in table.note


def test_equal_seeds_begin_at_equal_weights(context):
    from fakes import stripe_dataset
    from steepest.preparation import prepare

    data = stripe_dataset(count=48, classes=3, side=12)
    first, second = (
        prepare(context.config(case), data).network.state_dict() for case in ("mended", "double")
    )
    assert list(first) == list(second)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("kinds", [2, 10, 345])
def test_the_least_loss_is_that_of_a_sure_and_right_network(kinds):
    sure = torch.zeros(1, kinds, dtype=torch.float64)
    sure[0, 1] = 1.0
    assert least_loss(kinds) == pytest.approx(float(F.cross_entropy(sure, torch.tensor([1]))))


def test_the_loss_of_probabilities_is_the_cross_entropy_of_their_logits():
    logits, labels = (
        torch.randn(20, 4, generator=torch.Generator().manual_seed(0)),
        torch.arange(20) % 4,
    )
    expected = float(F.cross_entropy(logits, labels))
    assert loss_of_probabilities(logits.softmax(dim=1), labels) == pytest.approx(expected, rel=1e-5)
    assert loss_of_probabilities(torch.tensor([[0.0, 1.0]]), torch.tensor([0])) < 100


def test_the_two_losses_stand_beside_the_floor(context):
    table, text = double_softmax(context, cases=["mended", "double"])
    assert isinstance(table, Table)
    assert isinstance(text, Text)
    minimised, probable, least = table.rows
    assert least[1:] == ("0", f"{least_loss(3):.4f}")
    assert float(minimised[2]) > least_loss(3)
    assert minimised[1] == probable[1]
    assert float(probable[2]) != float(minimised[2])
    assert f"ln(e + 2) - 1 = {least_loss(3):.4f}" in text.paragraphs[0]
