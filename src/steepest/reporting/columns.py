"""Text in columns of a terminal: how wide it is, cut to fit, and set in line."""

import unicodedata
from collections.abc import Sequence


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: wide characters take two.

    >>> columns_of("cat"), columns_of("猫")
    (3, 2)
    """
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    narrow = sum(not unicodedata.combining(each) for each in text)
    return wide + narrow


def shortened(text: str, most: int) -> str:
    """Return a text cut to at most so many terminal columns, with two dots where it was cut.

    >>> shortened("hot air balloon", 8)
    'hot ai..'
    """
    if columns_of(text) <= most:
        return text
    while text and columns_of(text) > most - 2:
        text = text[:-1]
    return text + ".."


def aligned(rows: Sequence[Sequence[object]], words: int) -> list[str]:
    """Return rows as lines with columns two apart.

    Args:
        rows: equally long.
        words: how many columns at the left hold words; the others hold numbers, set to the right.

    >>> aligned([("cat", 9), ("horse", 10)], words=1)
    ['cat     9', 'horse  10']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            left(cell, width) if place < words else right(cell, width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def left(text: str, width: int) -> str:
    """Return a text filled up with blanks behind it."""
    return text + " " * (width - columns_of(text))


def right(text: str, width: int) -> str:
    """Return a text filled up with blanks before it."""
    return " " * (width - columns_of(text)) + text
