"""Windows: what each token builds, and what it counts. Random ones stand in test_random_networks.py."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from steepest.errors import ShapeError
from steepest.models.convolution import Convolution, GlobalAverage, Pool
from steepest.models.layer import Field

MAPS = torch.rand(2, 4, 9, 12, generator=torch.Generator().manual_seed(0))


def test_a_convolution_builds_torchs_with_its_settings_and_zero_weights() -> None:
    layer = Convolution(6, 3, stride=2, padding=1, groups=2)
    module = layer.build((4, 9, 12))
    assert isinstance(module, nn.Conv2d)
    assert all(each.eq(0).all() for each in module.parameters())
    with torch.no_grad():
        module.weight.copy_(torch.rand(6, 2, 3, 3))
        module.bias.fill_(0.5)
    expected = F.conv2d(MAPS, module.weight, module.bias, stride=2, padding=1, groups=2)
    assert torch.equal(module(MAPS), expected)
    assert layer.output_shape((4, 9, 12)) == tuple(expected.shape[1:])
    assert Convolution(6, 3, bias=False).build((4, 9, 12)).bias is None


def test_a_convolutions_multiply_adds_are_one_for_each_weight_at_each_place() -> None:
    layer = Convolution(6, 3, stride=2, padding=1, groups=2)
    assert layer.multiply_adds((4, 9, 12)) == (5 * 6) * (6 * 2 * 3 * 3)


@pytest.mark.parametrize(
    ("layer", "token"),
    [
        (Convolution(8, 3), "8C3"),
        (Convolution(8, 3, 2, 1, 4, False), "8C3s2p1g4n"),
        (Pool("M", 3, 2, 1), "M3s2p1"),
        (Pool("A", 2, 2), "A2"),
        (GlobalAverage(), "G"),
    ],
)
def test_a_token_holds_what_differs_from_the_usual(layer, token) -> None:
    assert str(layer) == token


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Pool("M", 3, 2, 1), F.max_pool2d(MAPS, 3, 2, 1)),
        (Pool("A", 3, 2, 1), F.avg_pool2d(MAPS, 3, 2, 1)),  # a mean counts padded zeros
        (Pool("M", 2), F.max_pool2d(MAPS, 2)),
        (GlobalAverage(), MAPS.mean((2, 3), keepdim=True)),
    ],
)
def test_a_pool_keeps_the_largest_or_the_mean_of_each_window(layer, expected) -> None:
    torch.testing.assert_close(layer.build((4, 9, 12))(MAPS), expected)
    assert layer.output_shape((4, 9, 12)) == tuple(expected.shape[1:])
    assert (layer.tensors((4, 9, 12)), layer.multiply_adds((4, 9, 12))) == ({}, 0)


def test_windows_widen_the_field_and_a_global_average_sees_all() -> None:
    before = Field((3, 3), 2)
    assert Convolution(1, 5, stride=3).field(before, (4, 9, 12)) == Field((11, 11), 6)
    assert Pool("A", 2).field(before, (4, 9, 12)) == Field((5, 5), 4)
    assert GlobalAverage().field(before, (4, 9, 12)) == Field((3 + 8 * 2, 3 + 11 * 2), 2)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Convolution(8, 3, padding=3), "`8C3p3` pads 3: beyond 2 a 3x3 window"),
        (lambda: Pool("M", 3, padding=2), "`M3p2` pads 2, more than half its kernel 3: at most 1"),
        (lambda: Convolution(8, 3, groups=3).output_shape((4, 9, 9)), "3 groups cannot share 4"),
        (lambda: Convolution(8, 3).output_shape((36,)), r"`8C3` takes maps"),
        (lambda: GlobalAverage().output_shape((36,)), r"`G` takes maps"),
    ],
)
def test_what_sees_nothing_or_fits_nowhere_is_refused(make, said) -> None:
    with pytest.raises(ShapeError, match=said):
        make()
