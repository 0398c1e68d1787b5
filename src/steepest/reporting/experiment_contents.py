"""What a page about an experiment is made of, as HTML."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..experiments.content import (
    Cell,
    Content,
    Contours,
    Curves,
    Images,
    Matrix,
    Network,
    Panels,
    Table,
    Text,
)
from .byhand_drawing import network_drawing
from .experiment_curves import curves_svg, panels_html
from .experiment_figures import contours_figure, picture_uri, tiles
from .figures import png_of
from .markup import Html, element, joined, scrolling
from .pictures import full_uri
from .wording import counted

FOLDED_FROM = 40  # rows: a longer table is folded away until it is asked for


def content_html(content: Content) -> Html:
    """Return one content with its title and note."""
    return WRITERS[content.kind](content)


def _titled(title: str, *children: object, note: str = "") -> Html:
    return element(
        "div",
        element("h3", title) if title else None,
        *children,
        element("p", prose(note), class_="quiet") if note else None,
        class_="content",
    )


def prose(text: str) -> Html:
    """Return text in which what stands between backticks is set as code.

    >>> prose("What does `backward` do?")
    'What does <code>backward</code> do?'
    """
    pieces = text.split("`")
    return joined(
        element("code", piece) if place % 2 and place + 1 < len(pieces) else piece
        for place, piece in enumerate(pieces)
    )


def table_html(table: Table) -> Html:
    """Return a table, its wrong cells marked; a long one folded."""
    words = _word_columns(table)
    head = element(
        "tr",
        *(
            element("th", name, scope="col", class_=None if words[place] else "n")
            for place, name in enumerate(table.columns)
        ),
    )
    body = (
        element("tr", *_cells(row, number, table, words)) for number, row in enumerate(table.rows)
    )
    whole = scrolling(
        element(
            "table",
            element("caption", table.title, class_="unseen"),
            element("thead", head),
            element("tbody", *body),
        ),
        table.title,
    )
    if len(table.rows) >= FOLDED_FROM:
        whole = element("details", element("summary", counted(len(table.rows), "row")), whole)
    return _titled(table.title, whole, note=table.note)


def _word_columns(table: Table) -> list[bool]:
    """Say of each column whether it holds words: then it is set to the left."""
    columns = zip(*table.rows, strict=True) if table.rows else ([] for _ in table.columns)
    return [
        place == 0 or not all(_is_number(cell) for cell in column if cell not in (None, ""))
        for place, column in enumerate(columns)
    ]


def _is_number(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return True
    plain = cell.replace(",", "").replace("−", "-").rstrip("%").split(" ± ")[0].strip()
    try:
        float(plain)
    except ValueError:
        return plain in ("", "-", "–")
    return True


def _cells(row: tuple[Cell, ...], number: int, table: Table, words: list[bool]) -> list[Html]:
    made = []
    for place, cell in enumerate(row):
        wrong = (number, place) in table.marked
        kinds = " ".join(filter(None, ["" if words[place] else "n", "marked" if wrong else ""]))
        said = _spelled(cell)
        content = element("mark", said, title="wrong as published") if wrong else said
        if place == 0:
            made.append(element("th", content, scope="row", class_=kinds or None))
        else:
            made.append(element("td", content, class_=kinds or None))
    return made


def _spelled(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.6g}" if isinstance(cell, float) else cell


def _curves(curves: Curves) -> Html:
    return _titled("", element("div", curves_svg(curves), class_="single"), note=curves.note)


def _panels(panels: Panels) -> Html:
    return _titled(panels.title, panels_html(panels), note=panels.note)


def _contours(contours: Contours) -> Html:
    uri = picture_uri(png_of(contours_figure(contours)))
    said = f"{contours.title}: {contours.y_label} against {contours.x_label}"
    image = element("img", src=uri, alt=said, class_="plot")
    return _titled(contours.title, image, note=contours.note)


def images_html(images: Images) -> Html:
    """Return pictures in a grid, each above its caption."""
    items = (
        element("li", element("img", src=full_uri(tile), alt=caption or images.title), caption)
        for tile, caption in zip(tiles(images), images.captions, strict=True)
    )
    columns = min(images.columns, max(1, len(images.images)))
    grid = element("ul", *items, class_="tiles", style=f"--columns:{columns}")
    return _titled(images.title, grid, note=images.note)


def matrix_html(matrix: Matrix) -> Html:
    """Return counts as a table: blue where right, red where wrong, deeper for a larger share."""
    shares = matrix.values / np.maximum(matrix.values.sum(axis=1, keepdims=True), 1)
    depths = np.rint(100 * np.sqrt(shares)).astype(int)
    head = element(
        "tr",
        element("th", "true \\ predicted", scope="col", class_="corner"),
        *(element("th", element("span", name), scope="col") for name in matrix.names),
    )
    rows = [
        element("tr", element("th", name, scope="row"), *_counts(place, matrix, depths))
        for place, name in enumerate(matrix.names)
    ]
    upright = " upright" if max(map(len, matrix.names)) > 4 else ""
    whole = element(
        "table",
        element("caption", matrix.title, class_="unseen"),
        element("thead", head),
        element("tbody", *rows),
        class_=f"matrix{upright}",
    )
    return _titled(matrix.title, scrolling(whole, matrix.title), note=matrix.note)


def _counts(row: int, matrix: Matrix, depths: Any) -> list[Html]:
    return [
        element(
            "td",
            f"{count:g}",
            class_="right" if column == row else None,
            style=f"--d:{depths[row, column]}",
        )
        if count
        else Html("<td></td>")
        for column, count in enumerate(matrix.values[row].tolist())
    ]


def _network(content: Network) -> Html:
    drawing = scrolling(network_drawing(content.network, content.row), content.title)
    return _titled(content.title, drawing, note=content.note)


def _text(text: Text) -> Html:
    return _titled(text.title, joined(element("p", prose(each)) for each in text.paragraphs))


WRITERS: dict[str, Callable[[Any], Html]] = {
    Table.kind: table_html,
    Curves.kind: _curves,
    Panels.kind: _panels,
    Contours.kind: _contours,
    Images.kind: images_html,
    Matrix.kind: matrix_html,
    Network.kind: _network,
    Text.kind: _text,
}
