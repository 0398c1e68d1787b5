"""A plot's axes as inline SVG: round ticks, grid lines, and where a value lies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from .markup import Html, element, joined

Words = Callable[[float], str]  # spells a value
FONT = 12  # of the tick labels, in units of the view box


@dataclass(frozen=True)
class Axes:
    """A rectangle of the drawing, and the values at its edges.

    Args:
        x_range: the values at the left and right edge.
        y_range: the values at the bottom and top edge.
        left, right, top, bottom: the rectangle's edges, in units of the view box; y runs downwards.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    left: float = 46
    right: float = 388
    top: float = 10
    bottom: float = 196

    def x(self, value: float) -> float:
        """Return where a value lies from left to right."""
        low, high = self.x_range
        return round(self.left + (value - low) / (high - low) * (self.right - self.left), 1)

    def y(self, value: float) -> float:
        """Return where a value lies from top to bottom."""
        low, high = self.y_range
        return round(self.bottom - (value - low) / (high - low) * (self.bottom - self.top), 1)

    def levels(self, values: Iterable[float], words: Words) -> Html:
        """Return a grid line with its label at each of these values of the y axis."""
        made = []
        for value in values:
            y = self.y(value)
            made.append(element("line", x1=self.left, x2=self.right, y1=y, y2=y, class_="grid"))
            made.append(element("text", words(value), x=self.left - 6, y=y + FONT / 3, text_anchor="end"))
        return joined(made)

    def marks(self, values: Iterable[float], words: Words, name: str) -> Html:
        """Return the labels under the x axis at each of these values, and under them the axis' name."""
        row, next_row = self.bottom + 1.4 * FONT, self.bottom + 2.8 * FONT
        middle = (self.left + self.right) / 2
        labels = [element("text", words(value), x=self.x(value), y=row, text_anchor="middle") for value in values]
        return joined([*labels, element("text", name, x=middle, y=next_row, text_anchor="middle")])

    def upright(self, x: float, class_: str) -> Html:
        """Return a line from the bottom to the top."""
        return element("line", x1=x, x2=x, y1=self.top, y2=self.bottom, class_=class_)

    def strip(self, x: float, width: float) -> Html:
        """Return a field from the bottom to the top that is not seen, but feels the pointer."""
        x, width = round(x, 1), round(width, 1)
        return element("rect", x=x, width=width, y=self.top, height=self.bottom - self.top, class_="strip")


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers from low to high: steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0, 1.53)
    [0.0, 0.5, 1.0, 1.5]
    >>> ticks(1, 12, most=8)
    [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    """
    power = 10.0 ** floor(log10((high - low) / most))
    step = next(m * power for m in (1, 2, 5, 10) if m * power * most >= (high - low) * (1 - 1e-9))
    first, last = (ceil(low / step - 1e-9), floor(high / step + 1e-9))  # rounding must not lose an end
    return [round(index * step, 12) for index in range(first, last + 1)]


@dataclass(frozen=True)
class Scale:
    """An axis: how a value becomes a place on it, from low to high, and which places carry which words."""

    place: Callable[[float], float]
    low: float
    high: float
    marks: tuple[float, ...]  # places with labels
    words: Words  # spells the value at a place


def scale_of(
    values: Sequence[float],
    *,
    log: bool,
    share: bool = False,
    padded: bool = False,
    most: int = 5,
    ends: tuple[float, float] | None = None,
) -> Scale:
    """Return the axis for these values.

    Args:
        values: at least one, unless there are ends; above 0 where ``log``.
        log: a logarithmic axis.
        share: values are fractions, to be written as percent.
        padded: leave room at both ends.
        most: labels.
        ends: of the axis; None finds them.
    """
    values, padded = ends or values, padded and ends is None
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
    if not padded and not share and all(value == int(value) for value in values):
        marks = [mark for mark in marks if mark == int(mark)]  # there is no epoch 1.5
    return Scale(float, low, high, tuple(marks), words)


def _powers(low: float, high: float, most: int) -> list[float]:
    """Return whole powers of ten; where there are fewer than two, round numbers between."""
    every = max(1, ceil((high - low) / most))
    whole = [float(p) for p in range(ceil(low), floor(high) + 1) if p % every == 0]
    if len(whole) >= 2:
        return whole
    return [log10(value) for value in ticks(10**low, 10**high, most) if value > 0]


def short_percent(value: float) -> str:
    """Return a fraction as percent with no more digits than it needs.

    >>> short_percent(0.9), short_percent(0.985)
    ('90%', '98.5%')
    """
    return f"{100 * value:.4g}%"


def is_share(label: str) -> bool:
    """Say whether an axis' values are fractions, which are told in percent.

    >>> is_share("validation accuracy"), is_share("loss (nats)")
    (True, False)
    """
    return any(name in label for name in ("accuracy", "probability"))
