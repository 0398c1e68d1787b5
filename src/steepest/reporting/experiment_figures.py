"""An experiment's pictures as matplotlib figures: for the PNG files beside the page, and the contours on it."""

from base64 import b64encode
from collections.abc import Sequence
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..experiments.content import Contours, Curves, Images, Matrix, Panels
from .canvas import canvas
from .curves import DOTS_UP_TO
from .experiment_curves import TAKEN_FOR_PERCENT, colours_of, points_of
from .race import COLOURS, STYLES
from .wording import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

PANEL = (4.6, 3.3)  # inches of one plot
LEGEND = 1.6  # inches beside the plots for the names of lines
TILE = 1.15  # inches of a picture with its caption
ACROSS = 2  # panels side by side
SIGNED = "RdBu_r"  # blue below 0, white at 0, red above
LEVELS = 18
CELL = 0.5  # inches of a matrix's cell


def curves_figure(curves: Curves) -> "Figure":
    """Return one plot."""
    figure = canvas(PANEL[0] + LEGEND, PANEL[1])
    axis = figure.subplots()
    _draw_curves(axis, curves, colours_of([curves]))
    _name_lines(figure, [axis])
    return figure


def panels_figure(panels: Panels) -> "Figure":
    """Return several plots, two side by side."""
    rows = ceil(len(panels.panels) / ACROSS)
    figure = canvas(PANEL[0] * ACROSS + LEGEND, PANEL[1] * rows)
    figure.suptitle(printable(panels.title), fontsize=11, parse_math=False)
    axes = list(figure.subplots(rows, ACROSS, squeeze=False).flat)
    colour_of = colours_of(panels.panels)
    for axis, curves in zip(axes, panels.panels, strict=False):
        _draw_curves(axis, curves, colour_of)
    for axis in axes[len(panels.panels) :]:
        axis.set_axis_off()
    _name_lines(figure, axes)
    return figure


def _name_lines(figure: "Figure", axes: Sequence[Any]) -> None:
    """Write one legend for all plots beside them, where it covers nothing."""
    found: dict[str, Any] = {}
    for axis in axes:
        lines, names = axis.get_legend_handles_labels()
        found |= {name: line for line, name in zip(lines, names, strict=True) if name not in found}
    if found:
        figure.legend(
            list(found.values()), list(found), loc="outside right upper", frameon=False, fontsize=8
        )


def _draw_curves(axis: Any, curves: Curves, colour_of: dict[str, int]) -> None:
    from matplotlib.ticker import PercentFormatter

    for name, points in points_of(curves).items():
        place = colour_of[name]
        axis.plot(
            [x for x, _ in points],
            [y for _, y in points],
            STYLES[place // len(COLOURS) % len(STYLES)],
            color=COLOURS[place % len(COLOURS)],
            label=printable(name),
            marker="." if len(points) <= DOTS_UP_TO else "",
            markersize=4,
            linewidth=1.4,
        )
    axis.set_title(printable(curves.title), fontsize=10, parse_math=False)
    axis.set_xlabel(printable(curves.x_label), parse_math=False)
    axis.set_ylabel(printable(curves.y_label), parse_math=False)
    if curves.log_x:
        axis.set_xscale("log")
    if curves.log_y:
        axis.set_yscale("log")
    elif TAKEN_FOR_PERCENT in curves.y_label:
        axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis.grid(color="0.9")
    axis.spines[["top", "right"]].set_visible(False)


def contours_figure(contours: Contours) -> "Figure":
    """Return heights in grey with the paths on them."""
    figure = canvas(6.4, 4.4)
    axis = figure.subplots()
    above = contours.heights - np.nanmin(contours.heights)
    # the logarithm shows a flat floor and steep walls in one picture; 1 % of the mean keeps it finite
    relief = np.log(above + 0.01 * above.mean())
    low, high = float(relief.min()), float(relief.max())
    # twice the range at the top: the greys end half-way, and lines can be seen on them
    axis.contourf(
        contours.x, contours.y, relief, levels=LEVELS, cmap="Greys", vmin=low, vmax=2 * high - low
    )
    for place, path in enumerate(contours.paths):
        colour = COLOURS[place % len(COLOURS)]
        axis.plot(path.x, path.y, ".-", color=colour, markersize=4, linewidth=1.4, label=path.name)
        axis.plot(path.x[:1], path.y[:1], "o", color=colour, markersize=7)
    axis.set_xlim(contours.x[0], contours.x[-1])
    axis.set_ylim(contours.y[0], contours.y[-1])
    axis.set_xlabel(printable(contours.x_label), parse_math=False)
    axis.set_ylabel(printable(contours.y_label), parse_math=False)
    if contours.paths:
        axis.legend(loc="upper right", fontsize=8)
    return figure


def matrix_figure(matrix: Matrix) -> "Figure":
    """Return counts, each row shaded by the share of its class."""
    kinds = len(matrix.names)
    side = max(4.0, CELL * kinds + 1.4)
    figure = canvas(side, side)
    axis = figure.subplots()
    shares = matrix.values / np.maximum(matrix.values.sum(axis=1, keepdims=True), 1)
    axis.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(matrix.values), strict=True):
        # white on the darker half of the colour map, whose scale is the share's square root
        colour = "white" if shares[row, column] > 0.36 else "black"
        said = f"{matrix.values[row, column]:g}"
        axis.text(column, row, said, ha="center", va="center", color=colour, fontsize=8)
    upright = 90 if max(map(len, matrix.names)) > 3 else 0
    axis.set_xticks(range(kinds), matrix.names, rotation=upright)
    axis.set_yticks(range(kinds), matrix.names)
    axis.set_xlabel("predicted class")
    axis.set_ylabel("true class")
    axis.set_title(printable(matrix.title), fontsize=11, parse_math=False)
    return figure


def images_figure(images: Images) -> "Figure":
    """Return pictures in a grid, each under its caption."""
    columns = min(images.columns, len(images.images))
    rows = ceil(len(images.images) / columns)
    height = TILE * 1.25 if any(images.captions) else TILE
    figure = canvas(TILE * columns + 0.2, height * rows + 0.4)
    figure.suptitle(printable(images.title), fontsize=10, parse_math=False)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, picture, caption in zip(
        axes, painted(images), map(printable, images.captions), strict=False
    ):
        axis.imshow(picture, interpolation="nearest")
        axis.set_title(caption, fontsize=7, parse_math=False, wrap=True)
    return figure


def painted(images: Images) -> list[NDArray[np.uint8]]:
    """Return each picture as bytes [H, W, 3]."""
    if images.diverging:
        return _signed(images.images)
    return [_stretched(each) for each in images.images]


def _signed(arrays: Sequence[NDArray[Any]]) -> list[NDArray[np.uint8]]:
    import matplotlib

    largest = max((float(np.abs(each).max(initial=0)) for each in arrays), default=0) or 1.0
    scale = matplotlib.colormaps[SIGNED]
    return [np.asarray(scale(0.5 + each / (2 * largest), bytes=True))[..., :3] for each in arrays]


def _stretched(array: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = float(array.min()), float(array.max())
    if array.ndim == 3 and low >= 0 and high <= 1:
        low, high = 0.0, 1.0  # a colour picture's own colours
    if not (isfinite(low) and isfinite(high)) or high <= low:
        low, high = 0.0, max(high, 1.0) if isfinite(high) else 1.0
    shown = np.clip((array - low) / (high - low), 0, 1)
    grey = np.rint(np.nan_to_num(shown) * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2) if array.ndim == 2 else grey


def tiles(images: Images) -> "list[Image]":
    """Return each picture at its own size."""
    from PIL import Image

    return [Image.fromarray(each) for each in painted(images)]


def picture_uri(png: bytes) -> str:
    """Return a PNG file's bytes as a URI that holds them."""
    return f"data:image/png;base64,{b64encode(png).decode()}"
