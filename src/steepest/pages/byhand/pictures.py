"""Convolution and pooling as pictures: image, kernel, result, the library's, the difference; and windows."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from ...byhand.formula import spelled
from ...byhand.maps import Maps, Matrix, shape_of
from ...byhand.windows import Swept, Window
from ...content.png import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBERED = 9  # cells a side up to which a panel writes its numbers
INCHES = 2.5  # a panel
WINDOWS = 6  # worked out in the second picture
MOST_MAPS = 8  # channels or filters shown
MARK = "#d1495b"  # of the first window, in the image and in the result


def overview_figure(swept: Swept, library: Maps) -> "Figure":
    """Return image, kernel, result by hand, the library's result and the difference, a row for each filter.

    The first window is outlined in the image, and its value in the result.

    Args:
        swept: worked by hand.
        library: what the library makes of the same image, [F][H'][W'].
    """
    rows = min(len(swept.result), MOST_MAPS)
    panels = 4 + bool(swept.kernels)
    figure = canvas(INCHES * panels, INCHES * rows + 0.45)
    axes = figure.subplots(rows, panels, squeeze=False)
    for number in range(rows):
        _draw_row(axes[number], swept, library, number, first=number == 0)
    figure.suptitle(_title(swept), fontsize=10)
    return figure


def _draw_row(axes: Sequence[Any], swept: Swept, library: Maps, number: int, *, first: bool) -> None:
    result = swept.result[number]
    pooled = not swept.kernels
    seen = swept.image if not pooled else (swept.image[number],)
    place = iter(axes)
    axis = next(place)
    _draw(axis, seen, "image" if first else "")
    _outline(axis, swept)
    if swept.kernels:
        _draw(next(place), swept.kernels[number], "kernel" if first else "", diverging=True)
    low, high = _range([result, library[number]])
    for name, matrix in (("by hand", result), ("library", library[number])):
        axis = next(place)
        _draw(axis, (matrix,), name if first else "", limits=(low, high))
    _mark(axes[-3], 0, 0, 1, 1)
    difference = np.subtract(result, library[number])
    worst = np.abs(difference).max()
    title = f"difference: at most {worst:.0e}" if worst else "difference: none"
    # a scale of its own would blow up the last bits of a double into a pattern
    _draw(next(place), (difference.tolist(),), title, diverging=True, limits=(-1e-9, 1e-9))


def windows_figure(swept: Swept, most: int = WINDOWS) -> "Figure":
    """Return some windows worked out: what the window sees, the kernel, the products and their sum."""
    windows = swept.telling(most)
    panels = 3 if swept.kernels else 1
    across = 1 if swept.kernels else min(3, len(windows))
    rows = ceil(len(windows) / across)
    figure = canvas((1.9 * panels + 2.6) * across, 1.9 * rows + 0.45)
    axes = figure.subplots(rows, panels * across, squeeze=False).ravel()
    for index, window in enumerate(windows):
        _draw_window(list(axes[index * panels : (index + 1) * panels]), swept, window)
    for axis in axes[len(windows) * panels :]:
        axis.set_axis_off()
    figure.suptitle(f"{len(windows)} of {len(swept.windows):,} windows", fontsize=10)
    return figure


def _draw_window(axes: Sequence[Any], swept: Swept, window: Window) -> None:
    name = f"row {window.row + 1}, column {window.column + 1}"
    low, high = _range(list(swept.image))
    _draw(axes[0], window.patch, name, limits=(min(low, 0.0), high))  # padding is 0
    if not swept.kernels:
        _say(axes[0], f"{swept.kind}\n= {spelled(window.value, 4)}")
        return
    kernel = swept.kernels[window.channel]
    _draw(axes[1], kernel, "× kernel", diverging=True)
    products = np.multiply(window.patch, kernel)
    _draw(axes[2], products.tolist(), "= products", diverging=True)
    said = f"sum {spelled(sum(products.ravel().tolist()), 4)}"
    if swept.bias:
        bias = swept.bias[window.channel]
        said += f"\nbias {spelled(bias, 4)}\n= {spelled(window.value, 4)}"
    _say(axes[2], said)


def _draw(
    axis: Any, maps: Maps, title: str, *, diverging: bool = False, limits: tuple[float, float] | None = None
) -> None:
    """Draw channels side by side in one panel; three of them, in [0, 1], as colours."""
    channels, height, width = shape_of(maps)
    colours = channels == 3 and height > NUMBERED and not diverging
    if colours:
        axis.imshow(np.clip(np.array(maps).transpose(1, 2, 0), 0, 1), interpolation="nearest")
    else:
        joined = _side_by_side(maps)
        low, high = limits or _range(maps)
        if diverging:
            high = max(abs(low), abs(high), 1e-300)
            low = -high
        colour = "RdBu_r" if diverging else "gray"
        axis.imshow(joined, cmap=colour, vmin=low, vmax=high or 1, interpolation="nearest")
        if height <= NUMBERED and width * channels <= 2 * NUMBERED:
            _write_numbers(axis, joined, low, high, diverging=diverging)
    axis.set_title(title, fontsize=9)
    axis.set_xticks([])
    axis.set_yticks([])


def _side_by_side(maps: Maps) -> list[list[float]]:
    """Return channels in one matrix, with an empty column between them."""
    gap = np.full((len(maps[0]), 1), np.nan)
    columns = [each for matrix in maps for each in (gap, np.asarray(matrix))]
    rows: list[list[float]] = np.hstack(columns[1:]).tolist()
    return rows


def _write_numbers(
    axis: Any, matrix: Sequence[Sequence[float]], low: float, high: float, *, diverging: bool
) -> None:
    size = min(10.0, 50 / max(len(matrix), len(matrix[0])))
    for i, row in enumerate(matrix):
        for j, value in enumerate(row):
            if value == value:  # noqa: PLR0124  # not the gap between channels
                share = (value - low) / ((high - low) or 1)
                dark = abs(share - 0.5) > 0.36 if diverging else share < 0.55
                text = spelled(value, 3) if value else "0"
                colour = "white" if dark else "black"
                axis.text(j, i, text, ha="center", va="center", fontsize=size, color=colour)


def _outline(axis: Any, swept: Swept) -> None:
    """Draw the edge of the first window; it may stand on padding outside the image."""
    geometry = swept.geometry
    reach = [geometry.dilation * (side - 1) + 1 for side in geometry.kernel]
    _mark(axis, -geometry.padding, -geometry.padding, reach[0], reach[1])
    height, width = shape_of(swept.image)[1:]
    if geometry.padding:
        axis.set_xlim(-geometry.padding - 0.6, width + geometry.padding - 0.4)
        axis.set_ylim(height + geometry.padding - 0.4, -geometry.padding - 0.6)


def _mark(axis: Any, row: float, column: float, height: float, width: float) -> None:
    from matplotlib.patches import Rectangle

    place = (column - 0.5, row - 0.5)
    axis.add_patch(Rectangle(place, width, height, fill=False, edgecolor=MARK, linewidth=2))


def _say(axis: Any, text: str) -> None:
    axis.text(1.08, 0.5, text, transform=axis.transAxes, va="center", fontsize=10)


def _range(maps: Sequence[Matrix]) -> tuple[float, float]:
    low, high = float(np.min(maps)), float(np.max(maps))
    return (low, high) if high > low else (min(low, 0.0), max(high, 1.0))


def _title(swept: Swept) -> str:
    geometry = swept.geometry
    kernel = "x".join(map(str, geometry.kernel))
    said = [f"{kernel} {'convolution' if swept.kernels else swept.kind + '-pooling'}"]
    said.append(f"stride {geometry.stride}")
    said += [f"padding {geometry.padding}"] * bool(geometry.padding)
    said += [f"dilation {geometry.dilation}"] * (geometry.dilation > 1)
    if swept.bias:
        said.append("bias " + ", ".join(spelled(each) for each in swept.bias))
    return ", ".join(said)
