"""A plot's axes as inline SVG: round ticks, grid lines, and where a value lies."""

from collections.abc import Callable, Iterable
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
        return joined(self._level(self.y(value), words(value)) for value in values)

    def _level(self, y: float, words: str) -> Html:
        line = element("line", x1=self.left, x2=self.right, y1=y, y2=y, class_="grid")
        label = element("text", words, x=self.left - 6, y=y + FONT / 3, text_anchor="end")
        return joined([line, label])

    def marks(self, values: Iterable[float], words: Words, name: str) -> Html:
        """Return the labels under the x axis at each of these values, and under them the axis' name."""
        row, next_row = self.bottom + 1.4 * FONT, self.bottom + 2.8 * FONT
        middle = (self.left + self.right) / 2
        labels = [
            element("text", words(value), x=self.x(value), y=row, text_anchor="middle")
            for value in values
        ]
        return joined([*labels, element("text", name, x=middle, y=next_row, text_anchor="middle")])

    def upright(self, x: float, class_: str) -> Html:
        """Return a line from the bottom to the top."""
        return element("line", x1=x, x2=x, y1=self.top, y2=self.bottom, class_=class_)

    def strip(self, x: float, width: float) -> Html:
        """Return a field from the bottom to the top that is not seen, but feels the pointer."""
        x, width = round(x, 1), round(width, 1)
        return element(
            "rect", x=x, width=width, y=self.top, height=self.bottom - self.top, class_="strip"
        )


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers from low to high: steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0, 1.53)
    [0.0, 0.5, 1.0, 1.5]
    >>> ticks(1, 12, most=8)
    [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    """
    power = 10.0 ** floor(log10((high - low) / most))
    step = next(m * power for m in (1, 2, 5, 10) if m * power * most >= (high - low) * (1 - 1e-9))
    first, last = (
        ceil(low / step - 1e-9),
        floor(high / step + 1e-9),
    )  # rounding must not lose an end
    return [round(index * step, 12) for index in range(first, last + 1)]
