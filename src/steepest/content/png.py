"""Contents as PNG files: curves, intervals, matrices, contours and pictures; the same content, the same bytes."""

import io
import warnings
from collections.abc import Sequence
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import printable
from .axes import is_share
from .content import Content, Images, Matrix
from .plots import Contours, Curves, Intervals, Panels
from .svg import DOTS_UP_TO, colours_of, points_of, range_of
from .text import shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 130
# Okabe and Ito's colours, which people with colour blindness can tell apart, without the yellow
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
STYLES = ("-", "--", "-.", ":")  # a further style for each round of the colours
VERDICTS = {"better": COLOURS[2], "worse": COLOURS[1], "equivalent": COLOURS[0]}
FIELDS = {"bar": COLOURS[0], "gap": COLOURS[1], "count": "0.6", "edge": "0"}
PANEL = (4.6, 3.3)  # inches of one plot
LEGEND = 1.6  # inches beside the plots for the names of lines
ROW = 0.55  # inches of a row of intervals
ACROSS = 2  # panels side by side
CELL = 0.42  # inches: holds a count of four digits in 8-point type
LONGEST_SIDE = 20.0  # inches: 2,600 pixels, where 100 classes can still be read
SIGNED = "RdBu_r"  # blue below 0, white at 0, red above
LEVELS = 18
NAME, TITLE = 18, 70  # columns of a name, and of a title
THUMBNAIL = 160  # pixels: twice the width of a small picture on a page, for sharp screens


def png_of(content: Content) -> bytes | None:
    """Return a content as a PNG file; None for words, numbers and networks."""
    figure = figure_of(content)
    return None if figure is None else file_of(figure)


def file_of(figure: "Figure", dpi: int = DPI) -> bytes:
    """Return a figure as the bytes of a PNG file, in which neither a version nor a date stands."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # a name in a script that matplotlib's font lacks is drawn as boxes; the report itself shows it
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def figure_of(content: Content) -> "Figure | None":
    """Return a content as a matplotlib figure; None for words, numbers and networks."""
    match content:
        case Curves() | Intervals():
            return _panels(Panels("", (content,)))
        case Panels() if content.panels:
            return _panels(content)
        case Contours():
            return _contours(content)
        case Images() if content.images:
            return _images(content)
        case Matrix():
            return _matrix(content)
    return None


def canvas(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> "Figure":
    """Return an empty figure of its own instead of pyplot's: nothing global changes, and no window can open.

    ``constrained`` makes room for titles and labels; None leaves the axes where they are put. Sides are in inches.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def _panels(panels: Panels) -> "Figure":
    """Return several plots, two side by side, with one legend beside them, where it covers nothing."""
    across = min(ACROSS, len(panels.panels))
    rows = ceil(len(panels.panels) / across)
    most = max((len(each.rows) for each in panels.panels if isinstance(each, Intervals)), default=0)
    height = max(PANEL[1], 1.0 + ROW * most)
    figure = canvas(PANEL[0] * across + LEGEND, height * rows)
    if panels.title:
        figure.suptitle(_said(panels.title), fontsize=11, parse_math=False)
    axes = list(figure.subplots(rows, across, squeeze=False).flat)
    colour_of = colours_of(each for each in panels.panels if isinstance(each, Curves))
    named: dict[str, Any] = {}
    for axis, content in zip(axes, panels.panels, strict=False):
        if isinstance(content, Intervals):
            _draw_intervals(axis, content)
        else:
            named = _draw_curves(axis, content, colour_of) | named
        axis.set_title(_said(content.title), fontsize=10, parse_math=False)
        axis.set_xlabel(_said(content.x_label), parse_math=False)
        axis.grid(color="0.9")
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[len(panels.panels) :]:
        axis.set_axis_off()
    if named:
        _name_lines(figure, named)
    return figure


def _name_lines(owner: Any, named: dict[str, Any], where: str = "outside right upper") -> None:
    # matplotlib takes a name that begins with a low line for none
    names = [f" {each}" if each.startswith("_") else each for each in named]
    legend = owner.legend(list(named.values()), names, loc=where, frameon=False, fontsize=8)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_curves(axis: Any, curves: Curves, colour_of: dict[str, int]) -> dict[str, Any]:
    """Draw one plot; return what its legend names."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    points, named = points_of(curves), {}
    for line in curves.lines:
        place, at = colour_of[line.name], points[line.name]
        (named[_name(line.name)],) = axis.plot(
            [x for x, _ in at],
            [y for _, y in at],
            "--" if line.dashed else STYLES[place // len(COLOURS) % len(STYLES)],
            color=COLOURS[place % len(COLOURS)],
            marker="." if len(at) <= DOTS_UP_TO else "",
            markersize=4,
            linewidth=1.4,
        )
    for x, said in curves.marks:
        named[_name(said)] = axis.axvline(x, color="0.5", linewidth=0.8, linestyle=":")
    for field in curves.fields:
        colour, (left, right), (low, high) = FIELDS[field.kind], field.x, field.y
        axis.bar(left, high - low, right - left, low, align="edge", color=colour, edgecolor="white")
    for dot in curves.dots:
        axis.plot([dot.x], [dot.y], "o", color=COLOURS["kept" in dot.kind], markersize=4, alpha=0.7)
    axis.set_ylabel(_said(curves.y_label), parse_math=False)
    places = [x for at in points.values() for x, _ in at]
    if curves.log_x:
        axis.set_xscale("log")
    elif places and all(x == int(x) for x in places):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))  # there is no epoch 1.5
    if curves.log_y:
        axis.set_yscale("log")
    elif is_share(curves.y_label):
        axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    if curves.y_range:
        axis.set_ylim(curves.y_range)
    return named


def _draw_intervals(axis: Any, chart: Intervals) -> None:
    low, high = range_of(chart)
    axis.set_xlim(low, high)
    if chart.margin is not None:
        axis.axvspan(-chart.margin, chart.margin, color="0.93")
        axis.axvline(0, color="0.4", linewidth=0.8)
    for place, row in enumerate(chart.rows):
        colour = VERDICTS.get(row.kind, "0.45")
        axis.plot([x for x, _ in row.dots], [place] * len(row.dots), "o", color=COLOURS[0], alpha=0.4)
        if row.ends:
            axis.hlines(place, max(low, row.ends[0]), min(high, row.ends[1]), color=colour, linewidth=3)
        axis.plot([row.value], [place], "o" if row.ends else "|", color=colour, markersize=8)
    names = [_name(row.name) for row in chart.rows]
    axis.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    axis.invert_yaxis()


def _contours(contours: Contours) -> "Figure":
    """Return heights in grey with the paths on them."""
    figure = canvas(6.4, 4.4)
    axis = figure.subplots()
    draw_relief(axis, contours.x, contours.y, contours.heights - np.nanmin(contours.heights))
    named = {}
    for place, path in enumerate(contours.paths):
        colour = COLOURS[place % len(COLOURS)]
        (line,) = axis.plot(path.x, path.y, ".-", color=colour, markersize=4, linewidth=1.4)
        axis.plot(path.x[:1], path.y[:1], "o", color=colour, markersize=7)
        named[_name(path.name)] = line
    axis.set_xlabel(_said(contours.x_label), parse_math=False)
    axis.set_ylabel(_said(contours.y_label), parse_math=False)
    if named:
        _name_lines(axis, named, "upper right")
    return figure


def draw_relief(axis: Any, x: NDArray[Any], y: NDArray[Any], above: NDArray[Any]) -> None:
    """Draw heights above 0, [Y, X] over x and y, in greys on which lines can be seen."""
    # the logarithm shows a flat floor and steep walls in one picture; 1 % of the mean keeps it finite
    relief = np.log(above + 0.01 * above.mean())
    low, high = float(relief.min()), float(relief.max())
    # twice the range at the top: the greys end half-way
    axis.contourf(x, y, relief, levels=LEVELS, cmap="Greys", vmin=low, vmax=2 * high - low)
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])


def _matrix(matrix: Matrix) -> "Figure":
    """Return counts, each row shaded by the share of its class."""
    kinds = len(matrix.names)
    side = min(LONGEST_SIDE, max(4.0, CELL * kinds + 1.6))
    figure = canvas(side, side)
    axis = figure.subplots()
    shares = matrix.values / np.maximum(matrix.values.sum(axis=1, keepdims=True), 1)
    axis.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)
    room = (side - 1.6) / kinds  # inches a cell
    size = max(3.5, min(11.0, 19 * room))  # points: four digits are as wide as 2.4 times their size
    for row, column in zip(*np.nonzero(matrix.values), strict=True):
        # white on the darker half of the colour map, whose scale is the share's square root
        colour = "white" if shares[row, column] > 0.36 else "black"
        said = f"{matrix.values[row, column]:g}"
        text = axis.text(column, row, said, ha="center", va="center", color=colour, fontsize=size)
        text.set_in_layout(False)  # it lies inside the axes; measuring thousands takes seconds
    names = [_name(each) for each in matrix.names]
    upright = 90 if max(map(len, names)) > 3 else 0
    how: dict[str, Any] = {"fontsize": min(10.0, 40 * room), "parse_math": False}
    axis.set_xticks(range(kinds), names, rotation=upright, **how)
    axis.set_yticks(range(kinds), names, **how)
    axis.set_xlabel("predicted class")
    axis.set_ylabel("true class")
    axis.set_title(_said(matrix.title), fontsize=11, parse_math=False)
    return figure


def _images(images: Images) -> "Figure":
    """Return pictures in a grid, each under its caption."""
    columns = min(images.columns, len(images.images))
    rows = ceil(len(images.images) / columns)
    tile = 1.25 if images.columns > 4 else 1.75  # inches
    lines = any(images.captions) + max(map(len, images.details), default=0)
    room, top = 0.13 * lines + 0.08, 0.35 * bool(images.title)
    width, height = tile * columns, (tile + room) * rows + top
    figure = canvas(width, height, layout=None)  # a grid needs none of its seconds
    if images.title:
        figure.text(0.5, 1 - 0.2 / height, _said(images.title), ha="center", parse_math=False)
    for place, picture in enumerate(painted(images)):
        row, column = divmod(place, columns)
        bottom = height - top - (row + 1) * (tile + room)
        side, at = tile - 0.1, ((column * tile + 0.05) / width, (bottom + 0.05) / height)
        axis = figure.add_axes((*at, side / width, side / height))
        axis.set_axis_off()
        axis.imshow(picture, interpolation="nearest")
        words = "\n".join(shortened(printable(each), round(15 * tile)) for each in images.words[place])
        axis.set_title(words, fontsize=7, pad=2, parse_math=False)
    return figure


def _said(text: str) -> str:
    return shortened(printable(text), TITLE)


def _name(text: str) -> str:
    return shortened(printable(text), NAME)


def painted(images: Images) -> list[NDArray[np.uint8]]:
    """Return each picture as bytes [H, W, 3]."""
    if images.diverging:
        return _signed([each for each in images.images if not isinstance(each, bytes)])
    return [_pixels(each) for each in images.images]


def _pixels(picture: NDArray[Any] | bytes) -> NDArray[np.uint8]:
    if isinstance(picture, bytes):
        from PIL import Image

        with Image.open(io.BytesIO(picture)) as opened:
            return np.asarray(opened.convert("RGB"))
    if picture.dtype != np.uint8:
        return _stretched(picture)
    return np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture


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


def image_files(images: Images) -> list[bytes]:
    """Return each picture as a PNG file: of small ones thumbnails, of others every pixel."""
    small = images.style not in ("tiles", "mosaic")
    pixels = painted(images) if images.diverging else images.images
    ready = (e if isinstance(e, bytes) or e.dtype == np.uint8 else _stretched(e) for e in pixels)
    return [each if isinstance(each, bytes) else picture_file(each, small=small) for each in ready]


def picture_file(pixels: NDArray[np.uint8], *, small: bool = False) -> bytes:
    """Return pixels [H, W] or [H, W, C] as a PNG file; a ``small`` one has at most 160 pixels a side."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    if small and max(picture.size) > THUMBNAIL:
        picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
