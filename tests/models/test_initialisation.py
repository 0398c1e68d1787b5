from math import sqrt

import pytest
import torch
from torch import nn

from steepest.errors import UnknownName
from steepest.models import build
from steepest.models.initialisation import INITIALISATIONS, initialise
from steepest.randomness import seed_of

TEXT = "16C5-B-R-M2-F400-R-F10"
SHAPE = (3, 28, 28)


def weights(init="default", seed=0):
    return {
        name: each.detach()
        for name, each in build(TEXT, SHAPE, 10, init=init, seed=seed).named_parameters()
    }


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_the_same_seed_gives_the_same_weights(init):
    first, second = weights(init, seed=3), weights(init, seed=3)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("init", ["default", "glorot", "he"])
def test_another_seed_gives_other_weights(init):
    first, second = weights(init, seed=3), weights(init, seed=4)
    assert not torch.equal(first["body.conv1.weight"], second["body.conv1.weight"])


def test_the_default_is_what_torch_draws_from_the_same_generator():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(5, "initial weights"))
        theirs = nn.Sequential(
            nn.Conv2d(3, 16, 5), nn.BatchNorm2d(16), nn.Linear(2304, 400), nn.Linear(400, 10)
        )
    ours = weights(seed=5)
    for mine, torchs in zip(ours.values(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, torchs.detach(), rtol=1e-6, atol=0)


def test_zeros_makes_every_weight_and_bias_zero_but_keeps_the_batch_norm():
    zeros = weights("zeros")
    assert zeros.pop("body.norm1.weight").eq(1).all()
    assert all(each.eq(0).all() for each in zeros.values())


def test_glorot_draws_evenly_up_to_its_bound_with_zero_biases():
    drawn = weights("glorot")
    bound = sqrt(6 / (2304 + 400))
    assert drawn["body.fc1.weight"].abs().max().item() == pytest.approx(bound, rel=1e-3)
    assert drawn["body.fc1.weight"].std().item() == pytest.approx(bound / sqrt(3), rel=0.01)
    assert drawn["body.fc1.bias"].eq(0).all()


def test_he_draws_normally_with_zero_biases():
    drawn = weights("he")
    assert drawn["body.fc1.weight"].std().item() == pytest.approx(sqrt(2 / 2304), rel=0.01)
    assert drawn["body.conv1.weight"].std().item() == pytest.approx(sqrt(2 / 75), rel=0.1)
    assert drawn["body.conv1.bias"].eq(0).all()


def test_the_fan_of_a_convolution_in_groups_counts_only_its_group():
    grouped = nn.Conv2d(8, 4, 3, groups=4)
    initialise(grouped, "default", 0)
    assert grouped.weight.abs().max().item() <= 1 / sqrt(2 * 9)


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    build(TEXT, SHAPE, 10)
    assert torch.equal(before, torch.get_rng_state())


def test_an_unknown_initialisation_is_refused_with_the_nearest():
    with pytest.raises(
        UnknownName, match=r"No initialisation is called `glorott`\. Did you mean `glorot`\?"
    ):
        build(TEXT, SHAPE, 10, init="glorott")
