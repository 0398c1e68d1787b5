"""Resampling agrees with scipy, composes, and leaves alone what a map does not move."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from steepest.data.affine import identity, magnification, resample, rotation, translation


def noise(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, generator=draw).float()


def one(value):
    return torch.tensor([float(value)])


def by_scipy(image, matrix):
    """The same map by scipy, whose points are (row, column) and counted from the first pixel's centre."""
    swapped = matrix[[1, 0]][:, [1, 0]]
    centre = (torch.tensor(image.shape) - 1) / 2
    offset = centre + matrix[[1, 0], 2] - swapped @ centre
    seen = ndimage.affine_transform(
        image.double().numpy(), swapped.double().numpy(), offset.double().numpy(), order=1, mode="grid-constant"
    )
    return torch.from_numpy(seen).float()


@given(
    degrees=st.floats(-180, 180),
    factor=st.floats(0.5, 2),
    right=st.floats(-5, 5),
    size=st.tuples(st.integers(2, 20), st.integers(2, 20)),
)
def test_any_map_agrees_with_scipy(degrees, factor, right, size):
    image = noise(1, 1, *size)
    maps = rotation(one(degrees)) @ magnification(one(factor), one(1 / factor))
    maps = maps @ translation(one(right), one(-right / 2))
    # float32 places points to about 1e-5 of a pixel, and neighbours differ by up to 255
    assert torch.allclose(resample(image, maps)[0, 0], by_scipy(image[0, 0], maps[0]), atol=0.02)


@pytest.mark.parametrize("size", [(28, 28), (7, 12)])
def test_a_map_that_moves_nothing_returns_the_same_bits(size):
    images = noise(3, 2, *size)
    assert torch.equal(resample(images, identity(3)), images)


def test_every_image_has_its_own_map():
    images = noise(3, 1, 9, 9)
    maps = torch.cat([identity(1), rotation(one(30)), translation(one(2), one(0))])
    together = resample(images, maps)
    for row in range(3):
        alone = resample(images[row : row + 1], maps[row : row + 1])
        assert torch.allclose(together[row], alone[0], atol=1e-3)
    assert not torch.allclose(together[1], images[1])


def test_a_quarter_turn_is_clockwise():
    images = noise(1, 1, 8, 8)
    turned = resample(images, rotation(one(90)))
    assert torch.allclose(turned, images.rot90(-1, (2, 3)), atol=1e-2)


def test_a_translation_goes_right_and_down():
    images = noise(1, 1, 6, 6)
    moved = resample(images, translation(one(2), one(1)))
    assert torch.allclose(moved[..., 1:, 2:], images[..., :-1, :-2], atol=1e-2)
    assert moved[..., :1, :].abs().max() < 1e-2
    assert moved[..., :, :2].abs().max() < 1e-2


def test_a_product_of_maps_does_the_left_one_first():
    images = noise(1, 1, 9, 9)
    quarter, across = rotation(one(90)), translation(one(2), one(0))
    in_turn = resample(resample(images, quarter), across)
    assert torch.allclose(resample(images, quarter @ across), in_turn, atol=2e-2)
    assert not torch.allclose(resample(images, across @ quarter), in_turn, atol=2e-2)


def test_no_value_leaves_the_range_of_the_image():
    images = torch.full((1, 1, 28, 28), 255.0)
    for degrees in range(0, 180, 7):
        turned = resample(images, rotation(one(degrees)))
        assert turned.max() <= 255
        assert turned.min() >= 0


def test_magnification_by_two_doubles_the_distance_from_the_centre():
    image = torch.zeros(1, 1, 21, 21)
    image[0, 0, 10, 13] = 255.0
    seen = resample(image, magnification(one(2), one(2)))[0, 0]
    column = (seen.sum(0) * torch.arange(21)).sum() / seen.sum()
    assert math.isclose(column, 16, abs_tol=0.05)
