import numpy as np
import pytest
import torch

from experiment_fakes import context_of, leaning_bar, trained_here
from fakes import stripe_dataset
from steepest.experiments import convnets_baselines
from steepest.experiments.agreement import agreement
from steepest.experiments.content import Figure, Table
from steepest.experiments.convnets_baselines import (
    KINDS,
    _vectors,
    _verdict,
    classical_baselines,
    measured,
)
from steepest.experiments.convnets_layers import layers, parameter_counts

CASE = '[[case]]\nname = "net"\ntitle = "Net"\nconfig = { model = "F3", epochs = 1 }'


def test_both_methods_learn_stripes_in_both_forms():
    found = list(measured(stripe_dataset(count=90, classes=3, side=12), trees=20))
    assert [(each.images, each.method) for each in found] == [
        ("pixels", "neighbours"),
        ("pixels", "forest"),
        ("upright", "neighbours"),
        ("upright", "forest"),
    ]
    assert min(each.accuracy for each in found[:2]) > 0.6  # one in three by chance


def test_set_upright_bars_of_different_slants_become_neighbours():
    leaning = torch.cat([leaning_bar(slant=each) for each in (-0.5, 0.5)])
    pixels, upright = (_vectors(leaning, kind) for kind in KINDS)
    apart, near = (float(np.abs(one - other).mean()) for one, other in (pixels, upright))
    assert near < apart / 4


def test_the_baselines_stand_in_the_table_and_are_measured_once(tmp_path, monkeypatch):
    context = context_of(CASE, tmp_path, monkeypatch)
    made = classical_baselines(context, case="net", trees=10)
    figures, table = made[:-1], made[-1]
    assert len(figures) == 4
    assert all(isinstance(each, Figure) and each.published is None for each in figures)
    assert isinstance(table, Table)
    assert [row[2] for row in table.rows] == [f"{each.ours[0]:.2%}" for each in figures]
    assert "10 trees" in table.note

    def again(*_: object) -> None:
        raise AssertionError("measured twice")

    monkeypatch.setattr(convnets_baselines, "measured", again)
    assert classical_baselines(context, case="net", trees=10) == made
    with pytest.raises(AssertionError, match="measured twice"):
        classical_baselines(context, case="net", trees=11)


@pytest.mark.parametrize(
    ("accuracy", "networks", "words"),
    [
        (0.983, (0.981, 0.983, 0.984), "yes"),
        (0.969, (0.981, 0.983, 0.984), "no"),
        (0.999, (0.981, 0.983, 0.984), "no, it is better"),
        (0.983, (0.983,), "one run cannot say"),
    ],
)
def test_matching_is_lying_within_the_networks_spread(accuracy, networks, words):
    assert _verdict(accuracy, networks) == words


def test_a_wrong_count_of_parameters_differs(tmp_path, monkeypatch):
    context = context_of(CASE, tmp_path, monkeypatch, seeds=1)
    right, wrong, table = parameter_counts(context, models={"mlp": 109386, "convnet": 789719})
    assert agreement(right).verdict == "agrees"
    assert agreement(wrong).verdict == "differs"
    assert table.rows[0][2] == "100,480 + 8,256 + 650 = 109,386"


def test_alexnet_is_written_in_the_notation(tmp_path, monkeypatch):
    context = context_of(CASE, tmp_path, monkeypatch, seeds=1)
    (table,) = layers(context, model="alexnet")
    assert table.rows[0][:4] == ("64C11s4p2", "convolution", "64x55x55", "23,296")
    assert table.rows[-1][2] == "1000"
    assert "61,100,840 parameters" in table.note


def test_a_double_softmax_can_be_trained():
    from steepest.config import Config

    data = stripe_dataset(count=24, classes=3)
    run = trained_here(Config(model="F3-Softmax", data="stripes", epochs=1, batch_size=8), data)
    assert run.logits("test").sum(dim=1).allclose(run.logits("test").new_ones(12))
