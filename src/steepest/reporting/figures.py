"""The pictures that lie beside a report: curves, confusion matrix and wrong images as PNG files."""

import io
import warnings
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

from ..data.dataset import Split
from ..evaluation import Evaluation, WrongImage
from .canvas import canvas
from .columns import shortened
from .curves import DOTS_UP_TO, series_of
from .pictures import pictures
from .wording import percent, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 130
COLOURS = {"training": "#2f6fb0", "validation": "#b8621b"}
STYLES = {"training": "-", "validation": "--"}
CELL = 0.42  # inches: holds a count of four digits in 8-point type
LONGEST_SIDE = 20.0  # inches: 2,600 pixels, where 100 classes can still be read
TILES = 8  # wrong images side by side
NAME = 18  # characters of a class's name beside a matrix


def curves_figure(rows: Sequence[dict[str, float]], best: int, title: str) -> "Figure":
    """Return loss and accuracy of every epoch, side by side.

    Args:
        rows: of ``metrics.csv``, at least one.
        best: the epoch whose weights were kept.
        title: stands above both.
    """
    figure = canvas(9, 3.6)
    figure.suptitle(printable(title), fontsize=11, parse_math=False)
    for axis, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        _draw_panel(axis, rows, best, key)
    return figure


def _draw_panel(axis: Any, rows: Sequence[dict[str, float]], best: int, key: str) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    epochs = [row["epoch"] for row in rows]
    for column, name in series_of(rows, key):
        marker = "." if len(rows) <= DOTS_UP_TO else ""
        values = [row[column] for row in rows]
        axis.plot(epochs, values, STYLES[name], color=COLOURS[name], label=name, marker=marker)
    if best != len(rows):
        axis.axvline(best, color="0.5", linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
    axis.set_xlabel("epoch")
    axis.set_ylabel("loss (nats)" if key == "loss" else "accuracy")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if key == "loss":
        axis.set_ylim(bottom=0)
    else:
        axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis.grid(color="0.9")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)


def confusion_figure(evaluation: Evaluation) -> "Figure":
    """Return the confusion matrix, each row shaded by the share of its class, with counts."""
    kinds = len(evaluation.classes)
    side = min(LONGEST_SIDE, max(4.0, CELL * kinds + 1.6))
    figure = canvas(side, side)
    axis = figure.subplots()
    counts = evaluation.confusion
    shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    axis.imshow(shares.sqrt().numpy(), cmap="Blues", vmin=0, vmax=1)
    room = (side - 1.6) / kinds  # inches a cell
    size = max(3.5, min(11.0, 19 * room))  # points: four digits are as wide as 2.4 times their size
    _draw_counts(axis, counts.tolist(), shares.tolist(), size)
    _name_classes(axis, evaluation.classes, min(10.0, 40 * room))
    title = f"{evaluation.split}: accuracy {percent(evaluation.accuracy)}"
    axis.set_title(title, fontsize=11, parse_math=False)
    return figure


def _draw_counts(
    axis: Any, counts: list[list[int]], shares: list[list[float]], size: float
) -> None:
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            if count:
                # white on the darker half of the colour map, whose scale is the share's square root
                colour = "white" if shares[row][column] > 0.36 else "black"
                text = axis.text(
                    column, row, count, ha="center", va="center", color=colour, fontsize=size
                )
                text.set_in_layout(
                    False
                )  # it lies inside the axes; measuring thousands takes seconds


def _name_classes(axis: Any, classes: Sequence[str], size: float) -> None:
    names = [shortened(printable(name), NAME) for name in classes]
    upright = 90 if max(map(len, names)) > 3 else 0
    places = range(len(names))
    axis.set_xticks(places, names, rotation=upright, fontsize=size, parse_math=False)
    axis.set_yticks(places, names, fontsize=size, parse_math=False)
    axis.set_xlabel("predicted class")
    axis.set_ylabel("true class")


def wrong_figure(split: Split, wrong: Sequence[WrongImage]) -> "Figure":
    """Return a sheet of wrong images, each under what it is and what it was taken for.

    Args:
        split: where the images are.
        wrong: at least one.
    """
    columns = min(TILES, len(wrong))
    rows = ceil(len(wrong) / columns)
    figure = canvas(1.25 * columns, 1.7 * rows, layout=None)  # a grid needs none of its seconds
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=1 - 0.34 / rows, hspace=0.5)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    shown = pictures(split, [each.row for each in wrong])
    for axis, each, picture in zip(axes, wrong, shown, strict=False):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        true, predicted = (shortened(printable(name), NAME) for name in (each.true, each.predicted))
        title = f"{true}\ntaken for {predicted}\n{percent(each.probability, 1)}"
        axis.set_title(title, fontsize=7, parse_math=False)
    return figure


def png_of(figure: "Figure") -> bytes:
    """Return a figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # a name in a script that matplotlib's font lacks is drawn as boxes; the report itself shows it
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()
