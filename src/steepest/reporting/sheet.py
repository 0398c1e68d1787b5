"""A sheet of sample images with their labels: the first look at a dataset."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import Split
from .canvas import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 8
INCHES = 1.15  # a tile with its title


def sheet(split: Split, classes: Sequence[str], title: str) -> "Figure":
    """Return a figure of all of a split's images, in its order, each under its label.

    Args:
        split: few enough images to be looked at; ``steepest.data.sampling.spread`` chooses some.
        classes: the K names, in label order.
        title: stands above the sheet.
    """
    columns = min(COLUMNS, len(split))
    rows = ceil(len(split) / columns)
    figure = canvas(INCHES * columns + 0.2, INCHES * 1.15 * rows + 0.5)
    figure.suptitle(title, fontsize=10)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, image, label in zip(axes, drawable(split), split.labels.tolist(), strict=False):
        grey = image.ndim == 2
        axis.imshow(image, cmap="gray" if grey else None, vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(classes[label], fontsize=8, parse_math=False)
    return figure


def drawable(split: Split) -> list[NDArray[np.float32]]:
    """Return each image as [H, W] grey or [H, W, 3] colour, with values in [0, 1].

    Images of unsigned bytes are divided by 255; others are stretched from their least to their greatest
    value. Of images with two channels, or with more than three, the first is drawn.
    """
    images = split.images.permute(0, 2, 3, 1).numpy().astype(np.float32)
    if split.images.is_floating_point():
        low, high = images.min(), images.max()
        images = (images - low) / max(high - low, np.finfo(np.float32).tiny)
    else:
        images /= 255
    return list(images if images.shape[-1] == 3 else images[..., 0])
