import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp
from torch import nn
from torch.nn import functional as F

from experiment_fakes import context_of, trained_here
from fakes import stripe_dataset
from steepest.comparison.costs import mean_interval
from steepest.config import Config
from steepest.content.content import Table, Text
from steepest.experiments.cnn_guide.parts import (
    best_epochs,
    double_softmax,
    feature_maps,
    least_loss,
    loss_of_probabilities,
    one_map_through,
    paired_cost,
    told_cost,
)
from steepest.explanation.activations import passes
from steepest.training.history import best_epoch
from steepest.training.preparation import prepare

CASES = """
[[case]]
name = "watched"
title = "Watched"
which = "best"
config = { model = "4C3p1-R-M2-6C3-F3", val = 0.25, augment = "shift:2" }

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


def test_one_map_runs_through_the_layers_and_changes_at_a_convolution(context):
    network, image = context.network("watched"), context.dataset("watched").test.images[:1]
    seen = passes(network, image)
    steps = list(one_map_through(seen))
    assert [each.name for each in steps] == ["conv1", "relu1", "pool1", "conv2"]
    assert len({each.map for each in steps[:3]}) == 1
    maps = seen[0].gave[0]
    assert torch.equal(maps, network.body.conv1(seen[0].given)[0])
    assert steps[0].map == int(maps.flatten(1).var(dim=1).argmax())
    assert torch.equal(steps[1].values, steps[0].values.relu())
    assert torch.equal(steps[2].values, nn.functional.max_pool2d(steps[1].values[None, None], 2)[0, 0])


def test_every_map_of_each_convolution_is_drawn_behind_its_activation(context):
    through, first, second = feature_maps(context, case="watched", row=1)
    assert len(through.images) == 5  # the image and four layers
    assert through.captions[0] == "image of a row 1, 12x12"
    assert (len(first.images), len(second.images)) == (4, 6)
    assert min(each.min() for each in first.images) >= 0
    assert "Behind relu1, 12x12 each" in first.note
    assert "Behind conv2, 4x4 each" in second.note


def test_maps_without_a_spark_are_counted(context):
    network = context.outcomes("watched")[0].trained
    with torch.no_grad():
        network.body.conv1.bias.copy_(torch.tensor([-1e3, 1e3, -1e3, 1e3]))
    first = feature_maps(context, case="watched")[1]
    assert "2 of them are 0 everywhere" in first.note


def test_the_best_epoch_is_told_for_each_seed(context):
    first, second = context.outcomes("watched")
    second.diverged = "The loss became nan"
    first.rows[0]["val_accuracy"], first.rows[1]["val_accuracy"] = 0.9, 0.8
    (table,) = best_epochs(context, case="watched")
    assert isinstance(table, Table)
    assert best_epoch(first.rows) == 1
    assert table.rows[0][:4] == (0, 1, "90.00%", "80.00%")
    assert table.rows[1] == (1, None, None, None, "diverged")


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
        context.keep(case, [run.reaching(value) for run, value in zip(runs, accuracies, strict=True)])
    (table,) = paired_cost(context, cases=["mended", "double"])
    assert isinstance(table, Table)
    assert table.columns == ("seed", "Logits", "Twice", "cost in points")
    assert table.rows == ((0, "90.00%", "70.00%", "+20.00"), (1, "80.00%", "65.00%", "+15.00"))
    assert "17.50 points on average" in table.note


def test_equal_seeds_begin_at_equal_weights(context):
    data = stripe_dataset(count=48, classes=3, side=12)
    first, second = (prepare(context.config(case), data).network.state_dict() for case in ("mended", "double"))
    assert list(first) == list(second)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("kinds", [2, 10, 345])
def test_the_least_loss_is_that_of_a_sure_and_right_network(kinds):
    sure = torch.zeros(1, kinds, dtype=torch.float64)
    sure[0, 1] = 1.0
    assert least_loss(kinds) == pytest.approx(float(F.cross_entropy(sure, torch.tensor([1]))))


def test_the_loss_of_probabilities_is_the_cross_entropy_of_their_logits():
    logits, labels = (torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 4)
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


def test_a_double_softmax_can_be_trained():
    data = stripe_dataset(count=24, classes=3)
    run = trained_here(Config(model="F3-Softmax", data="stripes", epochs=1, batch_size=8), data)
    assert run.logits("test").sum(dim=1).allclose(run.logits("test").new_ones(12))
