"""Plots and the network as inline SVG: drawn in colours of the page, each value told under the pointer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ..errors import printable
from .axes import FONT, Axes, Scale, is_share, scale_of, short_percent, ticks
from .content import Content
from .markup import Html, element, joined
from .network import network_svg
from .plots import Curves, Field, Intervals, Line, Network, Panels, Row
from .text import number, percent, shortened

COLOURS = 8  # kinds of line in charts.css; beyond them the colours begin anew, dashed
MOST_STRIPS = 200  # places on the x axis that tell their numbers; of more a strip could not be hit
DOTS_UP_TO = 40  # points of a line; more dots would hide it
LOWEST_SHARE = 1e-40  # of the highest value: a logarithmic axis reaches no further down
SPOKEN = 4  # lines that a reader hears
DOT = 3
ROW = 34  # units of the view box for each row
WIDTH, EDGE = 460, 12  # a phone shows all of it
NAME_DROP = 12  # how far a row's name stands above its line
NAME = 58  # columns of a name


@dataclass(frozen=True)
class _Plot:
    """What is drawn where: points by line, the axes, their scales, and each line's colour."""

    drawn: dict[str, list[tuple[float, float]]]
    axes: Axes
    across: Scale
    up: Scale
    colour_of: dict[str, int]

    def x(self, value: float) -> float:
        return self.axes.x(self.across.place(value))

    def y(self, value: float) -> float:
        return self.axes.y(self.up.place(value))


def curves_svg(curves: Curves, colour_of: dict[str, int] | None = None) -> Html:
    """Return one plot with its title and legend; ``colour_of`` counts the lines in order unless it is given."""
    plot = _plot(curves, colour_of or colours_of([curves]))
    if plot is None:
        caption = element("figcaption", curves.title)
        return element("figure", caption, element("p", "There is nothing to draw."))
    caption = element("figcaption", curves.title, _legend(curves, plot.colour_of))
    drawing = joined(
        [
            plot.axes.levels(plot.up.marks, plot.up.words),
            plot.axes.marks(plot.across.marks, plot.across.words, curves.x_label),
            *(_field(plot, each) for each in curves.fields),
            *(_mark(curves, plot, x, said) for x, said in curves.marks),
            *(_line(plot, line) for line in curves.lines),
            *_strips(curves, plot),
            *(_told(each.said, plot.x(each.x), plot.y(each.y), DOT, each.kind) for each in curves.dots),
        ]
    )
    many = max(map(len, plot.drawn.values()), default=0) > DOTS_UP_TO
    kind, said = "chart dense" if many or len(curves.lines) > 2 else "chart", _spoken(curves, plot)
    svg = element("svg", drawing, viewBox="0 0 400 236", role="img", aria_label=said, class_=kind)
    return element("figure", caption, svg)


def panels_svg(panels: Panels) -> Html:
    """Return several plots side by side; a line's colour is the same in all."""
    colour_of = colours_of(each for each in panels.panels if isinstance(each, Curves))
    drawn = (
        intervals_svg(each) if isinstance(each, Intervals) else curves_svg(each, colour_of)
        for each in panels.panels
    )
    return element("div", *drawn, class_="panels")


def colours_of(panels: Iterable[Curves]) -> dict[str, int]:
    """Return the number of each line's colour, in the order in which the names first come."""
    names = dict.fromkeys(line.name for each in panels for line in each.lines)
    return {name: place for place, name in enumerate(names)}


def points_of(curves: Curves) -> dict[str, list[tuple[float, float]]]:
    """Return each line's points that can be drawn: finite, and above 0 on a logarithmic axis."""
    top = max((y for line in curves.lines for y in line.y if isfinite(y)), default=0.0)
    lowest = top * LOWEST_SHARE if curves.log_y else float("-inf")

    def drawn(x: float, y: float) -> bool:
        return isfinite(x) and isfinite(y) and y > lowest and not (curves.log_x and x <= 0)

    return {e.name: [at for at in zip(e.x, e.y, strict=True) if drawn(*at)] for e in curves.lines}


def _plot(curves: Curves, colour_of: dict[str, int]) -> _Plot | None:
    drawn = points_of(curves)
    points = [point for line in drawn.values() for point in line]
    points += [(each.x, each.y) for each in curves.dots]
    points += [point for each in curves.fields for point in zip(each.x, each.y, strict=True)]
    if not points:
        return None
    places, heights = zip(*points, strict=True)
    share, room = is_share(curves.x_label), bool(curves.dots)
    across = scale_of(places, log=curves.log_x, share=share, padded=room, most=6, ends=curves.x_range)
    share = is_share(curves.y_label)
    up = scale_of(heights, log=curves.log_y, share=share, padded=True, ends=curves.y_range)
    axes = Axes((across.low, across.high), (up.low, up.high))
    return _Plot(drawn, axes, across, up, colour_of)


def _line(plot: _Plot, line: Line) -> Html:
    """Return a line through its points; a dot, where there is but one."""
    kind = kind_of(plot.colour_of[line.name])
    kind += " dashed" if line.dashed and "dashed" not in kind else ""
    at = [(plot.x(x), plot.y(y)) for x, y in plot.drawn[line.name]]
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


def _field(plot: _Plot, field: Field) -> Html:
    (left, right), (low, high) = map(plot.x, field.x), sorted(map(plot.y, field.y), reverse=True)
    said = element("title", field.said) if field.said else None
    if low == high:
        edge = element("line", x1=left + 1, x2=round(right - 1, 1), y1=low, y2=low)
        return element("g", said, edge, class_=field.kind)
    # a hair's breadth between neighbours
    width, height = round(right - left - 2, 1), round(low - high, 1)
    box = element("rect", x=left + 1, width=width, y=high, height=height, class_=field.kind)
    return element("g", said, box)


def _mark(curves: Curves, plot: _Plot, place: float, said: str) -> Html:
    """Return an upright line with its word, where the lines are not."""
    x = plot.x(place)
    on_the_right = x > (plot.axes.left + plot.axes.right) / 2
    falling = any(line[0][1] > line[-1][1] for line in plot.drawn.values() if line)
    y = plot.axes.top + FONT if falling else plot.axes.bottom - 6
    side, anchor = (-5, "end") if on_the_right else (5, None)
    return joined([plot.axes.upright(x, "kept"), element("text", said, x=x + side, y=y, text_anchor=anchor)])


def _strips(curves: Curves, plot: _Plot) -> list[Html]:
    """Return a strip for each place on the x axis, which tells its numbers under the pointer."""
    places = sorted({x for line in plot.drawn.values() for x, _ in line})
    if len(places) > MOST_STRIPS:
        return []
    width = (plot.axes.right - plot.axes.left) / max(1, len(places) - 1)
    return [_strip(curves, plot, x, width) for x in places]


def _strip(curves: Curves, plot: _Plot, x: float, width: float) -> Html:
    here = [(name, y) for name, line in plot.drawn.items() for at, y in line if at == x]
    said = [f"{curves.x_label} {x:g}", *(f"{name} {spelled(y, curves)}" for name, y in here)]
    centre = plot.x(x)
    dots = (
        element("circle", cx=centre, cy=plot.y(y), r=DOT, class_=f"dot {kind_of(plot.colour_of[name])}")
        for name, y in here
    )
    strip, guide = plot.axes.strip(centre - width / 2, width), plot.axes.upright(centre, "guide")
    return element("g", element("title", joined(said, "\n")), strip, guide, *dots)


def spelled(value: float, curves: Curves) -> str:
    """Return a value of the y axis in full: a small one with the digits that count."""
    if is_share(curves.y_label):
        return percent(value)
    return number(value) if value == 0 or 1e-2 <= abs(value) < 1e6 else f"{value:.4g}"


def _spoken(curves: Curves, plot: _Plot) -> str:
    shown = {name: line for name, line in plot.drawn.items() if line}
    said = [
        f"{name} from {spelled(line[0][1], curves)} to {spelled(line[-1][1], curves)}"
        for name, line in list(shown.items())[:SPOKEN]
    ]
    said += [f"{len(shown) - SPOKEN} more lines"] * (len(shown) > SPOKEN)
    said += [each.said for each in curves.fields if each.said]
    said += [f"{len(curves.dots)} dots"] * bool(curves.dots)
    return f"{curves.title or curves.y_label} by {curves.x_label}: {'; '.join(said)}."


def _legend(curves: Curves, colour_of: dict[str, int]) -> Html | None:
    keys = [
        element("span", line.name, class_=f"key {kind_of(colour_of[line.name])}" + " dashed" * line.dashed)
        for line in curves.lines
    ]
    return element("span", *keys, class_="legend") if keys else None


def intervals_svg(chart: Intervals) -> Html:
    """Return each row's mean with its interval or, where it has none, with its single values."""
    axes = Axes(range_of(chart), (0, 1), EDGE, WIDTH - EDGE, 4, 4 + len(chart.rows) * ROW)
    words = short_percent if is_share(chart.x_label) else "{:g}".format
    places = ticks(*axes.x_range)
    drawing = [
        _band(axes, chart.margin) if chart.margin else None,
        *(axes.upright(axes.x(value), "grid") for value in places),
        axes.marks(places, words, chart.x_label),
        axes.upright(axes.x(0), "zero") if chart.margin is not None else None,
        *(_row(axes, number, row) for number, row in enumerate(chart.rows)),
    ]
    spoken = "; ".join(f"{row.name}: {row.said}" for row in chart.rows)
    box = f"0 0 {WIDTH} {round(axes.bottom + 3.2 * FONT)}"
    svg = element("svg", *drawing, viewBox=box, role="img", aria_label=spoken, class_="chart rows")
    return element("figure", element("figcaption", chart.title) if chart.title else None, svg)


def range_of(chart: Intervals) -> tuple[float, float]:
    """Return the ends of an axis that holds every finite value and, where there is a margin, 0 and it."""
    margin = () if chart.margin is None else (-chart.margin, chart.margin, 0.0)
    ends = [*margin, *(each for row in chart.rows for each in (row.value, *(row.ends or ())))]
    ends += [value for row in chart.rows for value, _ in row.dots]
    found = [each for each in ends if isfinite(each)] or [0.0]
    room = 0.05 * (max(found) - min(found)) or 0.01 * abs(max(found)) or 1.0
    return min(found) - room, max(found) + room


def _band(axes: Axes, margin: float) -> Html:
    x, width = axes.x(-margin), round(axes.x(margin) - axes.x(-margin), 1)
    height = axes.bottom - axes.top
    return element("rect", x=x, y=axes.top, width=width, height=height, class_="margin")


def _row(axes: Axes, number: int, row: Row) -> Html:
    y = round(axes.top + number * ROW + ROW * 0.68, 1)
    name = shortened(printable(row.name), NAME)
    return element(
        "g",
        element("title", f"{row.name}: {row.said}"),
        element("text", name, x=axes.left, y=round(y - NAME_DROP, 1)),
        *(_told(said, axes.x(value), y, 3.5, "seed") for value, said in row.dots),
        *_mean(axes, y, row),
        class_=row.kind or None,
    )


def _told(said: str, x: float, y: float, radius: float, kind: str) -> Html:
    """Return a dot that says under the pointer what it is."""
    return element("g", element("title", said), element("circle", cx=x, cy=y, r=radius, class_=kind))


def _mean(axes: Axes, y: float, row: Row) -> list[Html]:
    if not isfinite(row.value):
        return []
    x, (low, high) = axes.x(row.value), axes.x_range
    if row.ends is None:
        return [element("line", x1=x, x2=x, y1=y - 8, y2=y + 8, class_="centre")]
    ends = axes.x(max(low, row.ends[0])), axes.x(min(high, row.ends[1]))
    reach = element("line", x1=ends[0], x2=ends[1], y1=y, y2=y, class_="reach")
    return [reach, element("circle", cx=x, cy=y, r=4.5, class_="mean")]


DRAWERS: dict[str, Callable[[Any], Html]] = {
    Curves.kind: curves_svg,
    Intervals.kind: intervals_svg,
    Panels.kind: panels_svg,
    Network.kind: network_svg,
}


def svg_of(content: Content) -> Html | None:
    """Return a plot or a network as SVG; None for what is no drawing of lines."""
    draw = DRAWERS.get(content.kind)
    return draw(content) if draw else None
