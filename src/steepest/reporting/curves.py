"""Loss and accuracy over the epochs as inline SVG: styled by charts.css, each value under the pointer."""

from collections.abc import Sequence
from dataclasses import dataclass

from .axes import FONT, Axes, Words, ticks
from .markup import Html, element, joined
from .wording import counted, number, percent

DOTS_UP_TO = 40  # epochs; more dots would hide the line
SERIES = (("train", "training"), ("val", "validation"))
Row = dict[str, float]


@dataclass(frozen=True)
class Measure:
    """What one panel shows.

    Args:
        key: the end of its columns' names in ``metrics.csv``.
        title: of the panel.
        short: spells a value beside the axis.
        words: spells a value in full.
    """

    key: str
    title: str
    short: Words
    words: Words


def short_percent(value: float) -> str:
    """Return a fraction as percent with no more digits than it needs.

    >>> short_percent(0.9), short_percent(0.985)
    ('90%', '98.5%')
    """
    return f"{100 * value:.4g}%"


LOSS = Measure("loss", "Loss (nats)", "{:.3g}".format, number)
ACCURACY = Measure("accuracy", "Accuracy", short_percent, percent)


def curves(rows: Sequence[Row], best: int) -> Html:
    """Return the loss and the accuracy of every epoch, side by side.

    Args:
        rows: of ``metrics.csv``, at least one.
        best: the epoch whose weights were kept.
    """
    panels = (_panel(rows, best, measure) for measure in (LOSS, ACCURACY))
    return element("div", *panels, class_="panels")


def _panel(rows: Sequence[Row], best: int, measure: Measure) -> Html:
    series = series_of(rows, measure.key)
    values = [row[column] for row in rows for column, _ in series]
    axes = Axes(_epoch_range(rows), value_range(measure.key, values))
    whole = [value for value in ticks(*axes.x_range, most=8) if value == int(value)]
    drawing = joined(
        [
            axes.levels(ticks(*axes.y_range), measure.short),
            axes.marks(whole, "{:.0f}".format, "epoch"),
            _kept(axes, best, len(rows), measure),
            *(_line(axes, rows, column) for column, _ in series),
            *(_epoch(axes, row, len(rows), series, measure) for row in rows),
        ]
    )
    spoken = _spoken(rows, series, measure)
    kind = "chart" if len(rows) <= DOTS_UP_TO else "chart dense"
    svg = element("svg", drawing, viewBox="0 0 400 236", role="img", aria_label=spoken, class_=kind)
    return element("figure", element("figcaption", measure.title, _legend(series)), svg)


def series_of(rows: Sequence[Row], key: str) -> list[tuple[str, str]]:
    """Return the columns that there are for ``loss`` or ``accuracy``, each with its name."""
    return [(f"{part}_{key}", name) for part, name in SERIES if f"{part}_{key}" in rows[0]]


def value_range(key: str, values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the y axis: a loss begins at zero, an accuracy a little below its least.

    >>> value_range("loss", [2.0, 1.0])
    (0.0, 2.1)
    """
    if key == "loss":
        return 0.0, 1.05 * max(values) or 1.0
    # at least 2 % high, so that a few images' difference does not look like a change
    low = max(0.0, min(min(values) - 0.02, 0.98))
    return low, min(1.0, max(max(values) + 0.01, low + 0.02))


def _epoch_range(rows: Sequence[Row]) -> tuple[float, float]:
    first, last = rows[0]["epoch"], rows[-1]["epoch"]
    return (first, last) if first < last else (first - 1, first + 1)


def _spoken(rows: Sequence[Row], series: Sequence[tuple[str, str]], measure: Measure) -> str:
    words = measure.words
    said = "; ".join(
        f"{name} from {words(rows[0][column])} to {words(rows[-1][column])}"
        for column, name in series
    )
    return f"{measure.title} over {counted(len(rows), 'epoch')}: {said}."


def _legend(series: Sequence[tuple[str, str]]) -> Html:
    keys = (element("span", name, class_=f"key {_part(column)}") for column, name in series)
    return element("span", *keys, class_="legend")


def _part(column: str) -> str:
    return column.partition("_")[0]


def _line(axes: Axes, rows: Sequence[Row], column: str) -> Html:
    points = " ".join(f"{axes.x(row['epoch'])},{axes.y(row[column])}" for row in rows)
    return element("polyline", points=points, class_=f"line {_part(column)}")


def _kept(axes: Axes, best: int, epochs: int, measure: Measure) -> Html:
    """Return a mark at the epoch that was kept; where it is the last, the line's end says enough."""
    if best == epochs:
        return Html("")
    x = axes.x(best)
    on_the_right = x > (axes.left + axes.right) / 2
    word = element(
        "text",
        "kept",
        x=x - 5 if on_the_right else x + 5,
        y=axes.top + FONT if measure is LOSS else axes.bottom - 6,  # where the lines are not
        text_anchor="end" if on_the_right else None,
    )
    return joined([axes.upright(x, "kept"), word])


def _epoch(
    axes: Axes, row: Row, epochs: int, series: Sequence[tuple[str, str]], measure: Measure
) -> Html:
    """Return the strip of one epoch: its dots, and its numbers where the pointer rests."""
    said = [
        f"epoch {row['epoch']:.0f}",
        *(f"{name} {measure.words(row[column])}" for column, name in series),
    ]
    x, width = axes.x(row["epoch"]), (axes.right - axes.left) / max(1, epochs - 1)
    return element(
        "g",
        element("title", joined(said, "\n")),
        axes.strip(x - width / 2, width),
        axes.upright(x, "guide"),
        *(
            element("circle", cx=x, cy=axes.y(row[column]), r=3, class_=f"dot {_part(column)}")
            for column, _ in series
        ),
    )
