"""Feature maps, weights, occlusion and saliency maps as pictures: each value a block of one colour."""

from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...data.dataset import Split
from ...explanation.activations import WeightMaps
from ..document import pictures

TILE = 56  # pixels: the side to which a small map is enlarged, by a whole number
CELL = 20  # pixels: the side of one unit of a layer without places
WIDTH = 900  # pixels: a page's text is about as wide
GAP = 2  # pixels around a tile
FRAME = (128, 134, 142, 255)  # grey, apart from any value's colour on a white page and on a black one
MOST = 64  # maps of one layer that are drawn
SIDE = 16  # filters, and channels of each, that are drawn of a layer with many of both
ABOVE, SIGNED = "magma", "RdBu_r"  # values from 0 up; values on both sides of 0, which is white
FOR, AGAINST = ((240.0, 70.0, 55.0), (60.0, 140.0, 255.0))  # red and blue that show on black and on white
DIMMED, OPAQUE = (0.75, 0.85)  # so that strokes are seen through the strongest tint, and none looks like one
LEAST_LOSS = 0.01  # of probability: below a point the tints fade, instead of painting rounding errors

Colours = NDArray[np.uint8]  # [..., 3 or 4]: red, green, blue, opacity


def colours(values: Tensor) -> Colours:
    """Return values [...] as colours [..., 4], on one scale.

    Where none is below 0: from black at 0 to bright at the largest. Else: blue below 0, white at 0, red above,
    equally deep at equal distance.
    """
    import matplotlib

    numbers = values.numpy().astype(np.float64)
    largest = float(np.abs(numbers).max(initial=0)) or 1.0
    if numbers.min(initial=0) >= 0:
        shares, scale = numbers / largest, ABOVE
    else:
        shares, scale = 0.5 + numbers / (2 * largest), SIGNED
    painted: Colours = matplotlib.colormaps[scale](shares, bytes=True)
    return painted


def maps_picture(values: Tensor) -> Colours:
    """Return what a layer gives for one image as one picture: a tile a map, or a cell a unit.

    Args:
        values: [C, H, W] or [F]; of more maps than 64 the first 64 are drawn.
    """
    if values.ndim != 3 or values.shape[1:].numel() == 1:
        cells = values.flatten()[:, None, None]
        return mosaic(colours(cells), CELL, columns=min(32, len(cells)))
    return mosaic(colours(values[:MOST]), TILE)


def weights_picture(maps: WeightMaps) -> Colours:
    """Return a layer's weights as one picture, on one colour scale.

    One input channel: a tile a unit. Three: the three as red, green and blue, grey being 0. More: a row a
    unit, a column a channel, the first 16 of each. A matrix: one tile.
    """
    values = maps.values
    if maps.kind == "matrix":
        return mosaic(colours(values[0]), WIDTH // 3)
    if values.shape[1] == 1:
        return mosaic(colours(values[:MOST, 0]), TILE)
    if values.shape[1] == 3:
        return mosaic(_as_rgb(values[:MOST]), TILE)
    shown = values[:SIDE, :SIDE]
    return mosaic(colours(shown.flatten(0, 1)), TILE, columns=shown.shape[1])


def _as_rgb(values: Tensor) -> Colours:
    largest = float(values.abs().max()) or 1.0
    rgb = (127.5 + 127.5 * values.permute(0, 2, 3, 1) / largest).round().to(torch.uint8).numpy()
    return np.concatenate([rgb, np.full_like(rgb[..., :1], 255)], axis=-1)


def mosaic(tiles: Colours, side: int, columns: int | None = None) -> Colours:
    """Return tiles [n, h, w, 4] side by side, each enlarged by a whole number towards a side.

    Args:
        tiles: at least one.
        side: pixels, of a tile's longer side; larger tiles stay as they are.
        columns: None takes as many as the page is wide.
    """
    factor = max(1, side // max(tiles.shape[1:3]))
    large = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, _ = large.shape
    columns = columns or max(1, min(count, WIDTH // (width + GAP)))
    rows = ceil(count / columns)
    sheet = np.zeros((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 4), np.uint8)
    for place in range(count):
        top, left = (height + GAP) * (place // columns), (width + GAP) * (place % columns)
        sheet[top : top + height + 2 * GAP, left : left + width + 2 * GAP] = FRAME
        sheet[top + GAP : top + GAP + height, left + GAP : left + GAP + width] = large[place]
    return sheet


def image_picture(image: Tensor) -> Colours:
    """Return one image [C, H, W] at its own size."""
    return pictures(Split(image[None], torch.zeros(1, dtype=torch.int64)), [0])[0]


def occlusion_picture(image: Tensor, covered: Tensor) -> Colours:
    """Return an image with its occlusion map [H, W] over it: red speaks for the class, blue against it."""
    own = image_picture(image)
    seen = (own if own.ndim == 3 else own[..., None]).astype(np.float64) * DIMMED
    strength = covered.numpy()[..., None] / max(float(covered.abs().max()), LEAST_LOSS)
    tint = np.where(strength > 0, FOR, AGAINST)
    weight = OPAQUE * np.abs(strength)
    return np.rint(seen * (1 - weight) + tint * weight).astype(np.uint8)


def saliency_picture(values: Tensor) -> Colours:
    """Return a saliency map [H, W]: bright where a small change counts most."""
    return colours(values)[..., :3]
