"""A comparison drawn as inline SVG: differences with their intervals, every seed, verdicts by tuning budget."""

from collections.abc import Sequence
from math import isfinite

from ..comparison.comparison import Comparison, Pair
from ..comparison.judging import measure_of, number_of, values_of
from ..comparison.verdict import Verdict
from .axes import FONT, Axes, ticks
from .comparison_words import metric_name, value_text
from .markup import Html, element, joined, scrolling

ROW = 34  # units of the view box for each row
WIDTH, LEFT = 640, 12
NAME_DROP = 12  # how far a row's name stands above its line


def difference_chart(comparison: Comparison) -> Html:
    """Return each pair's mean difference with its interval, over the band of differences that do not matter."""
    verdicts = comparison.verdicts
    axes = _axes(difference_range(list(verdicts.values())), len(verdicts))
    measure = measure_of(comparison)
    margin = next(iter(verdicts.values())).margin
    drawing = [
        _band(axes, -margin, margin),
        _uprights(axes, lambda value: f"{value * measure.factor:g}", measure.unit),
        element("line", x1=axes.x(0), x2=axes.x(0), y1=axes.top, y2=axes.bottom, class_="zero"),
        *(_difference(axes, row, pair, each) for row, (pair, each) in enumerate(verdicts.items())),
    ]
    spoken = "; ".join(f"{a} against {b}: {each.sentence}" for (a, b), each in verdicts.items())
    return _svg(axes, drawing, spoken)


def difference_range(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """Return the ends of an axis that holds every interval, the margin and 0."""
    ends = [each for v in verdicts for each in (v.low, v.high, v.mean, -v.margin, v.margin, 0.0)]
    found = [each for each in ends if isfinite(each)]
    room = 0.06 * (max(found) - min(found)) or 1.0
    return min(found) - room, max(found) + room


def _axes(x_range: tuple[float, float], rows: int) -> Axes:
    return Axes(x_range, (0, 1), LEFT, WIDTH - LEFT, 4, 4 + rows * ROW)


def _band(axes: Axes, low: float, high: float) -> Html:
    if low == high:
        return Html("")
    x, width = axes.x(low), round(axes.x(high) - axes.x(low), 1)
    height = axes.bottom - axes.top
    return element("rect", x=x, y=axes.top, width=width, height=height, class_="margin")


def _uprights(axes: Axes, words: object, name: str) -> Html:
    values = ticks(*axes.x_range)
    lines = (axes.upright(axes.x(value), "grid") for value in values)
    return joined([*lines, axes.marks(values, words, name)])  # type: ignore[arg-type]


def _difference(axes: Axes, row: int, pair: Pair, verdict: Verdict) -> Html:
    y = axes.top + row * ROW + ROW * 0.68
    low, high = axes.x_range
    ends = max(low, verdict.low), min(high, verdict.high)
    return element(
        "g",
        element("title", f"{pair[0]} against {pair[1]}: {verdict.sentence}"),
        element("text", f"{pair[0]} - {pair[1]}", x=axes.left, y=round(y - NAME_DROP, 1)),
        element("line", x1=axes.x(ends[0]), x2=axes.x(ends[1]), y1=y, y2=y, class_="reach"),
        element("circle", cx=axes.x(verdict.mean), cy=y, r=4.5, class_="mean"),
        class_=verdict.kind,
    )


def seed_chart(comparison: Comparison) -> Html:
    """Return every reporting run as a dot, a row a side; beside them the mean of the units."""
    number = number_of(comparison)
    rows = {
        side: [run for unit in range(comparison.units) for run in comparison.reported(side, unit)]
        for side in comparison.sides
    }
    values = [number(run) for runs in rows.values() for run in runs]
    room = 0.04 * (max(values) - min(values)) or 0.01
    axes = _axes((min(values) - room, max(values) + room), len(rows))
    drawing = [_uprights(axes, lambda value: _tick(comparison, value), metric_name(comparison))]
    for row, (side, runs) in enumerate(rows.items()):
        y = axes.top + row * ROW + ROW * 0.68
        dots = [
            element(
                "g",
                element("title", f"{side}, seed {run.seed}: {value_text(comparison, number(run))}"),
                element("circle", cx=axes.x(number(run)), cy=y, r=3.5, class_="seed"),
            )
            for run in runs
        ]
        mean = axes.x(float(values_of(comparison, side).mean()))
        tick = element("line", x1=mean, x2=mean, y1=y - 8, y2=y + 8, class_="centre")
        name = element("text", side, x=axes.left, y=round(y - NAME_DROP, 1))
        drawing.append(joined([name, *dots, tick]))
    spoken = f"{metric_name(comparison)} of every run: " + "; ".join(
        f"{side} from {value_text(comparison, min(map(number, runs)))} "
        f"to {value_text(comparison, max(map(number, runs)))}"
        for side, runs in rows.items()
    )
    return _svg(axes, drawing, spoken)


def _tick(comparison: Comparison, value: float) -> str:
    metric = comparison.question.criterion.metric
    return f"{100 * value:g}%" if metric == "accuracy" else f"{value:g}"


def _svg(axes: Axes, drawing: Sequence[Html], spoken: str) -> Html:
    height = round(axes.bottom + 3.2 * FONT)
    svg = element(
        "svg",
        joined(drawing),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=spoken,
        class_="chart rows",
    )
    return scrolling(svg, "Chart")
