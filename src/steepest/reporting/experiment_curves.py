"""An experiment's plots as inline SVG: several named lines over one x axis, linear or logarithmic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from ..experiments.content import Curves, Line, Panels
from .axes import Axes, Words, ticks
from .curves import short_percent
from .markup import Html, element, joined

COLOURS = 8  # kinds of line in experiment.css; beyond them the colours begin anew, dashed
MOST_STRIPS = 200  # places on the x axis that tell their numbers; of more a strip could not be hit
TAKEN_FOR_PERCENT = "accuracy"
LOWEST_SHARE = 1e-40  # of the highest value: a logarithmic axis reaches no further down
SIZE = (400, 236)
DOT = 2.5


@dataclass(frozen=True)
class Scale:
    """An axis: how a value becomes a place on it, and which places carry which words.

    Args:
        place: of a value.
        low: the lowest place.
        high: the highest place.
        marks: places with labels.
        words: spells the value at a place.
    """

    place: Callable[[float], float]
    low: float
    high: float
    marks: tuple[float, ...]
    words: Words


@dataclass(frozen=True)
class _Plot:
    """What is drawn where: points by line, the axes, their scales, and each line's colour."""

    drawn: dict[str, list[tuple[float, float]]]
    axes: Axes
    across: Scale
    up: Scale
    colour_of: dict[str, int]


def curves_svg(curves: Curves, colour_of: dict[str, int] | None = None) -> Html:
    """Return one plot with its title and legend.

    Args:
        curves: what to draw.
        colour_of: the number of each line's colour; None counts them in order.
    """
    colour_of = colour_of or colours_of([curves])
    drawn = points_of(curves)
    caption = element("figcaption", curves.title, _legend(curves, colour_of))
    if not any(drawn.values()):
        return element("figure", caption, element("p", "There is nothing to draw."))
    across = scale_of([x for line in drawn.values() for x, _ in line], log=curves.log_x, most=6)
    up = scale_of(
        [y for line in drawn.values() for _, y in line],
        log=curves.log_y,
        share=TAKEN_FOR_PERCENT in curves.y_label,
        padded=True,
    )
    axes = Axes((across.low, across.high), (up.low, up.high))
    plot = _Plot(drawn, axes, across, up, colour_of)
    drawing = joined(
        [
            axes.levels(up.marks, up.words),
            axes.marks(across.marks, across.words, curves.x_label),
            *(_line(plot, name) for name in drawn),
            *_strips(curves, plot),
        ]
    )
    spoken = f"{curves.title}: {curves.y_label} by {curves.x_label}, {len(curves.lines)} lines."
    svg = element(
        "svg",
        drawing,
        viewBox=f"0 0 {SIZE[0]} {SIZE[1]}",
        role="img",
        aria_label=spoken,
        class_="chart lines",
    )
    return element("figure", caption, svg)


def panels_html(panels: Panels) -> Html:
    """Return several plots side by side; a line's colour is the same in all."""
    colour_of = colours_of(panels.panels)
    return element("div", *(curves_svg(each, colour_of) for each in panels.panels), class_="panels")


def colours_of(panels: Sequence[Curves]) -> dict[str, int]:
    """Return the number of each line's colour, in the order in which the names first come."""
    names = dict.fromkeys(line.name for each in panels for line in each.lines)
    return {name: place for place, name in enumerate(names)}


def points_of(curves: Curves) -> dict[str, list[tuple[float, float]]]:
    """Return each line's points that can be drawn: finite, and above 0 on a logarithmic axis."""
    top = max((y for line in curves.lines for y in line.y if isfinite(y)), default=0.0)
    lowest = top * LOWEST_SHARE if curves.log_y else float("-inf")
    return {line.name: _kept(line, curves, lowest) for line in curves.lines}


def _kept(line: Line, curves: Curves, lowest: float) -> list[tuple[float, float]]:
    return [
        (x, y)
        for x, y in zip(line.x, line.y, strict=True)
        if isfinite(x) and isfinite(y) and y > lowest and not (curves.log_x and x <= 0)
    ]


def scale_of(
    values: Sequence[float],
    *,
    log: bool,
    share: bool = False,
    padded: bool = False,
    most: int = 5,
) -> Scale:
    """Return the axis for these values.

    Args:
        values: at least one; above 0 where ``log``.
        log: a logarithmic axis.
        share: values are fractions, to be written as percent.
        padded: leave room at both ends.
        most: labels.
    """
    places = [log10(value) for value in values] if log else list(values)
    low, high = min(places), max(places)
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - 0.5, high + 0.5
    room = 0.04 * (high - low) if padded else 0.0
    low, high = low - room, high + room
    if log:
        return Scale(log10, low, high, tuple(_powers(low, high, most)), lambda p: f"{10.0**p:.4g}")
    words: Words = short_percent if share else "{:.5g}".format
    marks = ticks(low, high, most)
    if not padded and all(value == int(value) for value in values):
        marks = [mark for mark in marks if mark == int(mark)]  # there is no epoch 1.5
    return Scale(float, low, high, tuple(marks), words)


def _powers(low: float, high: float, most: int) -> list[float]:
    """Return whole powers of ten; where there are fewer than two, round numbers between."""
    every = max(1, ceil((high - low) / most))
    whole = [float(p) for p in range(ceil(low), floor(high) + 1) if p % every == 0]
    if len(whole) >= 2:
        return whole
    return [log10(value) for value in ticks(10**low, 10**high, most) if value > 0]


def _line(plot: _Plot, name: str) -> Html:
    """Return a line through its points; a dot, where there is but one."""
    kind = kind_of(plot.colour_of[name])
    at = [
        (plot.axes.x(plot.across.place(x)), plot.axes.y(plot.up.place(y)))
        for x, y in plot.drawn[name]
    ]
    if len(at) == 1:
        ((cx, cy),) = at
        return element("circle", cx=cx, cy=cy, r=DOT, class_=f"dot alone {kind}")
    spelled = " ".join(f"{x},{y}" for x, y in at)
    return element("polyline", points=spelled, class_=f"line {kind}")


def kind_of(colour: int) -> str:
    """Return the classes of a line's colour.

    >>> kind_of(1), kind_of(9)
    ('c1', 'c1 dashed')
    """
    return f"c{colour % COLOURS}" + (" dashed" if colour >= COLOURS else "")


def _strips(curves: Curves, plot: _Plot) -> list[Html]:
    """Return a strip for each place on the x axis, which tells its numbers under the pointer."""
    places = sorted({x for line in plot.drawn.values() for x, _ in line})
    if len(places) > MOST_STRIPS:
        return []
    width = (plot.axes.right - plot.axes.left) / max(1, len(places) - 1)
    return [_strip(curves, plot, x, width) for x in places]


def _strip(curves: Curves, plot: _Plot, x: float, width: float) -> Html:
    here = [(name, y) for name, line in plot.drawn.items() for at, y in line if at == x]
    said = [f"{curves.x_label} {x:g}", *(f"{name} {_spelled(y, plot.up)}" for name, y in here)]
    centre = plot.axes.x(plot.across.place(x))
    return element(
        "g",
        element("title", joined(said, "\n")),
        plot.axes.strip(centre - width / 2, width),
        plot.axes.upright(centre, "guide"),
        *(
            element(
                "circle",
                cx=centre,
                cy=plot.axes.y(plot.up.place(y)),
                r=DOT,
                class_=f"dot {kind_of(plot.colour_of[name])}",
            )
            for name, y in here
        ),
    )


def _spelled(value: float, up: Scale) -> str:
    return short_percent(value) if up.words is short_percent else f"{value:.4g}"


def _legend(curves: Curves, colour_of: dict[str, int]) -> Html:
    keys = (
        element("span", line.name, class_=f"key {kind_of(colour_of[line.name])}")
        for line in curves.lines
    )
    return element("span", *keys, class_="legend")
