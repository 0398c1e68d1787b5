"""A drawn, scanned or photographed digit brought into MNIST's form.

MNIST's images are white ink on black: scaled, with their aspect kept, into a box of 20x20, and placed in
28x28 so that the ink's centre of mass falls on pixel (14, 14).
Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits"; that the centre is pixel 14 counted
from 0, by whole pixels, is measured: over 5,000 of its images each centre of mass lies in 14 +- 0.5.
"""

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError

BOX, FIELD = 20, 28
# 25 times the box: more says nothing about a digit, and costs time
LONGEST_SIDE = 512
# shadows are smooth, so this much detail shows them
GROUND_SIDE = 128
# an eighth of the range; pencil on paper gives 50 and more, the noise of a blank sheet less than 20
LEAST_CONTRAST = 32
# of all the ink; the smallest part of a digit, the bar of a 5, has more, a speck of dust less
SPECK = 0.02
# a tenth of the blackest: where a blurred stroke counts as ending; MNIST's own edges are darker
EDGE = 25


def as_digit(grey: Tensor, height: int, width: int, name: str = "The picture") -> Tensor:
    """Return a picture's ink as an MNIST digit, [height, width] uint8, on a background of 0.

    An image of MNIST's comes back as it was, but for rounding.

    Args:
        grey: [H, W] uint8, light on dark or dark on light.
        height: 28 for MNIST; the box is 20/28 of the shorter side.
        width: 28 for MNIST.
        name: what an error calls the picture.

    Raises:
        DataError: the picture is blank.
    """
    strokes = ink(_shrunk(grey.float(), LONGEST_SIDE))
    if strokes is None:
        raise DataError(
            f"{name} shows no ink: its lightest and darkest parts differ too little for a digit. "
            "Give a picture of one digit that fills a good part of it."
        )
    side = round(min(height, width) * BOX / FIELD)
    return _placed(_boxed(_cropped(strokes), side), height, width)


def ink(grey: Tensor) -> Tensor | None:
    """Return how much ink lies on each pixel, [H, W] in 0..255, or None where there is none.

    The edge of the picture says which is ink: what differs from it. Shadows on the paper, which are
    wider than a stroke, are subtracted, so is noise, and specks are removed.
    """
    edge = torch.cat([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).median()
    dark_on_light = edge > (grey.min() + grey.max()) / 2
    strokes = 255 - grey if dark_on_light else grey
    strokes = strokes - _ground(strokes)
    noise = _noise(strokes)
    strokes = (strokes - noise).clamp(min=0)
    peak = strokes.max()
    if peak < LEAST_CONTRAST:
        return None
    return _without_specks(strokes * (255 / peak))


def _ground(strokes: Tensor) -> Tensor:
    """Return how dark the paper itself is, in whole levels, so that a clean picture's is 0 exactly.

    A slope over the whole picture, and on top of it whatever is wider than half of it.
    """
    from scipy.ndimage import grey_opening

    coarse = _shrunk(strokes, GROUND_SIDE)
    slope = _slope(coarse)
    window = min(coarse.shape) // 2 + 1
    wide = grey_opening((coarse - slope).numpy(), size=(window, window), mode="nearest")
    return _resized(slope + torch.from_numpy(wide), (strokes.shape[0], strokes.shape[1])).round()


def _slope(strokes: Tensor) -> Tensor:
    """Return the quadratic surface through the paper: fitted to all but what stands out as ink."""
    height, width = strokes.shape
    y = torch.linspace(-1, 1, height, dtype=torch.float64)[:, None].expand(height, width).flatten()
    x = torch.linspace(-1, 1, width, dtype=torch.float64).expand(height, width).flatten()
    terms = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y], dim=1)
    values = strokes.double().flatten()
    paper = values <= values.median()
    surface = values
    # the plane first, for a curve reaches too far from half of the paper; five rounds then settle it
    for count in (3, 3, 6, 6, 6):
        known = terms[:, :count]
        # by the normal equations, for lstsq refuses a picture whose paper is one row
        square = known[paper].T @ known[paper] + 1e-9 * torch.eye(count, dtype=torch.float64)
        surface = known @ torch.linalg.solve(square, known[paper].T @ values[paper])
        rest = values - surface
        paper = rest <= 1 + 2.5 * 1.4826 * rest.abs().median()
    return surface.float().reshape(height, width)


def _noise(strokes: Tensor) -> Tensor:
    """Return the level that paper's grain stays below; 0 for a clean picture."""
    middle = strokes.median()
    # 1.4826 makes the median deviation a normal law's standard deviation; beyond four of them lie 3 in 100,000
    return middle + 4 * 1.4826 * (strokes - middle).abs().median()


def _without_specks(strokes: Tensor) -> Tensor:
    from scipy.ndimage import label

    touching = torch.ones(3, 3).numpy()  # diagonal neighbours belong together
    parts, count = label((strokes > 0).numpy(), structure=touching)
    part = torch.from_numpy(parts).long()
    weight = torch.zeros(count + 1).index_add_(0, part.flatten(), strokes.flatten())
    kept = weight >= SPECK * weight.sum()
    return strokes * kept[part]


def _cropped(strokes: Tensor) -> Tensor:
    seen = strokes > EDGE
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    return strokes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _boxed(strokes: Tensor, side: int) -> Tensor:
    """Scale the strokes so that their longer side is ``side``, and their blackest pixel 255."""
    height, width = strokes.shape
    scale = side / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    boxed = _resized(strokes, size)
    return boxed * (255 / boxed.max())


def _placed(strokes: Tensor, height: int, width: int) -> Tensor:
    """Put the strokes where their centre of mass falls on the middle, or as near as the field lets them."""
    total = strokes.sum()
    field = torch.zeros(height, width, dtype=torch.uint8)
    corner = []
    for axis, length in ((0, height), (1, width)):
        profile = strokes.sum(1 - axis)
        centre = float((profile * torch.arange(len(profile))).sum() / total)
        corner.append(min(max(round(length / 2 - centre), 0), length - len(profile)))
    top, left = corner
    rows, columns = strokes.shape
    field[top : top + rows, left : left + columns] = strokes.round().to(torch.uint8)
    return field


def _shrunk(grey: Tensor, longest: int) -> Tensor:
    scale = longest / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(length * scale)) for length in grey.shape)
    return _resized(grey, (height, width))


def _resized(grey: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(grey.shape) == size:
        return grey
    from PIL import Image

    shrinks = size[0] * size[1] < grey.numel()
    # the mean over each new pixel's area keeps strokes sharper than a wider filter does
    kind = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    image = Image.fromarray(grey.numpy()).resize((size[1], size[0]), kind)
    return torch.from_numpy(np.array(image))
