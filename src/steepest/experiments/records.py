"""Contents of a page as JSON: numbers whole, pictures by their titles and sizes."""

from collections.abc import Callable
from dataclasses import fields
from math import inf, isfinite
from typing import Any

from .content import (
    Content,
    Contours,
    Curves,
    Figure,
    Images,
    Line,
    Matrix,
    Network,
    Panels,
    Table,
    Text,
)


def record_of(content: Content) -> dict[str, Any]:
    """Return a content as JSON.

    >>> from .content import Text
    >>> record_of(Text("Why", ("Because.",)))
    {'kind': 'text', 'title': 'Why', 'paragraphs': ['Because.']}
    """
    return {"kind": content.kind, **WRITERS[content.kind](content)}


def figure_of(record: dict[str, Any]) -> Figure:
    """Return the figure that ``record_of`` made a record of.

    >>> figure = Figure("loss", 0.5, (0.4, float("inf")))
    >>> figure_of(record_of(figure)) == figure
    True
    """
    known = {each.name for each in fields(Figure)}
    values = {key: value for key, value in record.items() if key in known}
    ours = tuple(inf if each is None else each for each in record["ours"])
    return Figure(**{**values, "ours": ours})


def _figure(figure: Figure) -> dict[str, Any]:
    return {key: _plain(value) for key, value in vars(figure).items()}


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": list(table.columns),
        "rows": [[_plain(cell) for cell in row] for row in table.rows],
        "marked": sorted(map(list, table.marked)),
        "note": table.note,
    }


def _panels(panels: Panels) -> dict[str, Any]:
    shown = [_curves(each) for each in panels.panels]
    return {"title": panels.title, "panels": shown, "note": panels.note}


def _contours(contours: Contours) -> dict[str, Any]:
    return {"title": contours.title, "paths": [_line(each) for each in contours.paths]}


def _images(images: Images) -> dict[str, Any]:
    sizes = [list(each.shape) for each in images.images]
    return {"title": images.title, "captions": list(images.captions), "sizes": sizes}


def _matrix(matrix: Matrix) -> dict[str, Any]:
    own = {"values": matrix.values.tolist(), "names": list(matrix.names)}
    return {"title": matrix.title, **own, "note": matrix.note}


def _network(network: Network) -> dict[str, Any]:
    return {"title": network.title, "values": dict(network.row.values), "note": network.note}


def _text(text: Text) -> dict[str, Any]:
    return {"title": text.title, "paragraphs": list(text.paragraphs)}


def _curves(curves: Curves) -> dict[str, Any]:
    return {
        "title": curves.title,
        "x_label": curves.x_label,
        "y_label": curves.y_label,
        "lines": [_line(each) for each in curves.lines],
        "note": curves.note,
    }


def _line(line: Line) -> dict[str, Any]:
    return {"name": line.name, "x": _plain(line.x), "y": _plain(line.y)}


def _plain(value: Any) -> Any:
    """Return a value that JSON can spell: what is no finite number becomes None."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value


WRITERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    Figure.kind: _figure,
    Table.kind: _table,
    Curves.kind: _curves,
    Panels.kind: _panels,
    Contours.kind: _contours,
    Images.kind: _images,
    Matrix.kind: _matrix,
    Network.kind: _network,
    Text.kind: _text,
}
