"""Contents as plain text for a terminal, and as CSV; how numbers and names are spelled, cut and set in line."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from shutil import get_terminal_size
from typing import Any

from ..errors import cell_text, printable
from .content import Cell, Content, Figure, Group, Images, Items, Matrix, Share, Table, Text, Words
from .plots import Contours, Curves, Intervals, Network, Panels

NAME = 24  # columns of a class's name
LONGEST = 60  # columns of a cell, where nobody knows what stands in it
COUNT = 5  # columns of a count in the matrix: up to 9,999 images and a gap
BAR = 20  # columns: a twentieth is 5 %


def content_text(content: Content, width: int | None = None) -> str:
    """Return a content as lines in which nothing invisible is left.

    Args:
        content: of any kind.
        width: columns; None asks the terminal, and takes 80 where there is none.
    """
    width = width or get_terminal_size().columns
    title = printable(getattr(content, "title", ""))
    lines = [*([title] if title else []), *WRITERS[content.kind](content, width)]
    note = getattr(content, "note", "")
    return "\n".join([*lines, *([printable(note)] if note else [])])


def table_lines(table: Table, width: int | None = None, most: int | None = None) -> list[str]:
    """Return headings and rows in columns: cells cut to ``most`` columns, lines above ``width`` without bars."""
    words = word_columns(table)
    rows = [[printable(spelled(cell)) for cell in row] for row in (table.columns, *table.rows)]
    if most is not None:
        rows = [[shortened(cell, most) for cell in row] for row in rows]
    lines = aligned(rows, words)
    if width and max(map(columns_of, lines)) > width:
        bars = {k for row in table.rows for k, cell in enumerate(row) if isinstance(cell, Share)}
        kept = [k for k in range(len(table.columns)) if k not in bars]
        lines = aligned([[row[k] for k in kept] for row in rows], [words[k] for k in kept])
    return lines


def word_columns(table: Table) -> list[bool]:
    """Say of each column whether it holds words: then it is set to the left."""
    if isinstance(table.words, tuple):
        return list(table.words)
    if table.words is not None:
        return [place < table.words for place in range(len(table.columns))]
    columns = zip(*table.rows, strict=True) if table.rows else ([] for _ in table.columns)
    return [
        place == 0 or not all(_is_numeric(cell) for cell in column if cell not in (None, ""))
        for place, column in enumerate(columns)
    ]


def _is_numeric(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return not isinstance(cell, Words | Share)
    plain = cell.replace(",", "").replace("−", "-").rstrip("%").split(" ± ")[0].strip()
    return plain in ("", "-", "–") or _is_number(plain)


def spelled(cell: Cell) -> str:
    """Return a cell as words.

    >>> spelled(1234), spelled(0.5), spelled(None), spelled(Share(0.25))
    ('1,234', '0.5', '', '#####...............')
    """
    match cell:
        case None:
            return ""
        case Words():
            return f"{cell.text} {cell.more}".rstrip()
        case Share():
            return bar(cell.value)
        case int():
            return f"{cell:,}"
        case float():
            return f"{cell:.6g}"
    return cell


def bar(share: float, columns: int = BAR) -> str:
    """Return a fraction in [0, 1] as a bar of plain characters; only all of it fills it.

    >>> bar(0.5, 8), bar(0.999, 8)
    ('####....', '#######.')
    """
    filled = int(share * columns + 1e-9)
    return "#" * filled + "." * (columns - filled)


def matrix_lines(matrix: Matrix, width: int) -> list[str]:
    """Return counts in columns; where names are long a column is headed by its class's number."""
    names = [shortened(printable(name), NAME) for name in matrix.names]
    headings = names
    if max(map(columns_of, names)) > COUNT - 1:
        headings = [str(place) for place in range(len(names))]
        names = [f"{place} {name}" for place, name in enumerate(names)]
    # a zero is a dot: what is not zero can then be seen
    counts = [[f"{count:g}" if count else "." for count in row] for row in matrix.values.tolist()]
    rows = [("", *headings), *((name, *row) for name, row in zip(names, counts, strict=True))]
    lines = aligned(rows, words=1)
    if columns_of(lines[0]) > width:
        return [f"{counted(len(names), 'class', 'classes')} are too many for {width} columns"]
    return lines


def _table(table: Table, width: int) -> list[str]:
    return table_lines(table, width, LONGEST)


def _curves(curves: Curves, width: int) -> list[str]:
    drawn = [line for line in curves.lines if line.y]
    rows = tuple((e.name, len(e.x), e.y[0], e.y[-1], min(e.y), max(e.y)) for e in drawn)
    columns = (f"{curves.y_label} by {curves.x_label}", "points", "first", "last", "least", "most")
    said = [each.said for each in curves.fields] + [each.said for each in curves.dots]
    return [*_table(Table("", columns, rows), width), *(printable(each) for each in said if each)]


def _intervals(chart: Intervals, width: int) -> list[str]:
    rows = tuple((row.name, row.value, *(row.ends or (None, None))) for row in chart.rows)
    return _table(Table("", (chart.x_label, "mean", "from", "to"), rows), width)


def _contours(contours: Contours, width: int) -> list[str]:
    ends = tuple((p.name, len(p.x), p.x[-1], p.y[-1]) for p in contours.paths if p.x)
    return _table(Table("", ("path", "points", contours.x_label, contours.y_label), ends), width)


def _images(images: Images, width: int) -> list[str]:
    return [f"  {printable('  '.join(words))}" for words in images.words]


def _network(network: Network, width: int) -> list[str]:
    nodes = ("  ".join([*each.lines, each.below]) for layer in network.layers for each in layer)
    return [printable(each) for each in (network.said, *nodes, *(", ".join(e.lines) for e in network.edges))]


def _text(text: Text, width: int) -> list[str]:
    return [printable(each) for each in text.paragraphs]


def _items(items: Items, width: int) -> list[str]:
    return [printable(f"{each.term}: {each.said} {each.more}".rstrip()) for each in items.items]


def _several(several: Group | Panels, width: int) -> list[str]:
    contents = several.contents if isinstance(several, Group) else several.panels
    return [content_text(each, width) for each in contents]


def _figure(figure: Figure, width: int) -> list[str]:
    return [f"{printable(figure.name)}: {figure.published} published, ours {list(figure.ours)}"]


WRITERS: dict[str, Callable[[Any, int], list[str]]] = {
    Figure.kind: _figure,
    Table.kind: _table,
    Curves.kind: _curves,
    Intervals.kind: _intervals,
    Panels.kind: _several,
    Contours.kind: _contours,
    Images.kind: _images,
    Matrix.kind: matrix_lines,
    Network.kind: _network,
    Text.kind: _text,
    Items.kind: _items,
    Group.kind: _several,
}


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


def aligned(rows: Sequence[Sequence[object]], words: int | Sequence[bool]) -> list[str]:
    """Return rows as lines with columns two apart.

    Args:
        rows: equally long.
        words: how many columns at the left hold words, or for each whether it does; the others hold numbers,
            set to the right.

    >>> aligned([("cat", 9), ("horse", 10)], words=1)
    ['cat     9', 'horse  10']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    if isinstance(words, int):
        words = [place < words for place in range(len(widths))]
    return [
        "  ".join(
            left(cell, width) if worded else right(cell, width)
            for cell, width, worded in zip(row, widths, words, strict=True)
        ).rstrip()
        for row in cells
    ]


def left(text: str, width: int) -> str:
    """Return a text filled up with blanks behind it."""
    return text + " " * (width - columns_of(text))


def right(text: str, width: int) -> str:
    """Return a text filled up with blanks before it."""
    return " " * (width - columns_of(text)) + text


def percent(share: float, digits: int = 2) -> str:
    """Return a fraction in [0, 1] as percent.

    >>> percent(0.976)
    '97.60%'
    """
    return f"{share:.{digits}%}"


def interval_text(interval: tuple[float, float]) -> str:
    """Return the ends of an interval of fractions.

    >>> interval_text((0.9646, 0.9838))
    '96.46% to 98.38%'
    """
    return f"{percent(interval[0])} to {percent(interval[1])}"


def duration(seconds: float) -> str:
    """Return seconds as a person would say them.

    >>> duration(4.218), duration(75), duration(3725)
    ('4.2 s', '1 min 15 s', '1 h 2 min')
    """
    if seconds < 59.95:  # what would round to 60.0 s is a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def number(value: float, digits: int = 4) -> str:
    """Return a number with fixed digits, and NaN or infinity in words.

    >>> number(0.08123), number(float("nan"))
    ('0.0812', 'not a number')
    """
    if isfinite(value):
        return f"{value:.{digits}f}"
    return "not a number" if value != value else "infinite"  # noqa: PLR0124  # only NaN is not itself


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "image"), counted(2500, "image"), counted(2, "class", "classes")
    ('1 image', '2,500 images', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV: names of strangers are text in every program that opens it.

    A cell of text that a spreadsheet would work out begins with an apostrophe; what is invisible is written out.

    >>> csv_text([("=cmd()", -0.5)])
    "'=cmd(),-0.5\\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def csv_of(content: Table | Matrix) -> str:
    """Return a table or a matrix as CSV: floats with all their digits, counts below their names."""
    if isinstance(content, Table):
        return csv_text([content.columns, *content.rows])
    rows = zip(content.names, content.values.tolist(), strict=True)
    return csv_text([["true \\ predicted", *content.names], *([name, *counts] for name, counts in rows)])


def _safe(cell: object) -> object:
    if cell is None or isinstance(cell, int | float):
        return cell
    return cell_text(cell if isinstance(cell, str) else spelled(cell))  # type: ignore[arg-type]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
