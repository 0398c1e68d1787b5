"""A worked backpropagation as one offline HTML file: every cell tells its formula, in symbols and in numbers."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from ..byhand.backprop import Backprop
from ..byhand.formula import FUNCTIONS, label, spelled, symbols
from ..byhand.table import Cell, Check
from .byhand_drawing import network_drawing
from .byhand_text import DIGITS
from .document import styles
from .markup import Html, element, joined, scrolling
from .wording import counted

MOST_ROWS = 200  # of the page: a browser scrolls 15,000 cells well; the CSV has all rows
TOKEN = re.compile(r"[A-Za-z_]\w*|[^A-Za-z_]+")


def backprop_page(run: Backprop, check: Check) -> str:
    """Return the whole page.

    Hovering over a cell, clicking it or moving to it with the arrow keys shows how it came about, and marks
    the cells that it was made from. Without scripts the first row is still there, worked out.
    """
    script = files(__package__).joinpath("byhand.js").read_text(encoding="utf-8")
    body = element(
        "body",
        element("main", *_parts(run, check)),
        element("output", class_="how", aria_live="polite", hidden=""),
        element("script", Html(_data(run, check)), type="application/json", id="data"),
        element("script", Html(script)),
    )
    return f"<!doctype html>\n{element('html', _head(run, script), body, lang='en')}\n"


def _head(run: Backprop, script: str) -> Html:
    # the page runs the one script that it came with, and fetches nothing
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"By hand: {run.network}"),
        element("style", styles("report.css"), styles("byhand.css")),
    )


def _parts(run: Backprop, check: Check) -> list[Html]:
    many = len(run.rows)
    first, last = run.rows[0].values["E"], run.rows[-1].values["E"]
    fell = f" E goes from {spelled(first)} to {spelled(last)}." if many > 1 else ""
    verdict = element("p", str(check), class_="check" if check.agrees else "check bad", role="note")
    drawing = network_drawing(run.network, run.rows[0])
    hint = (
        "Point at a number, click it, or walk with the arrow keys: below stands how it came about."
    )
    return [
        element(
            "header",
            element("h1", "Backpropagation by hand"),
            element("p", f"{run.network}, lr {run.lr:g}; {counted(many, 'step')}.{fell}"),
        ),
        verdict,
        element(
            "section",
            element("h2", "The network in the first row"),
            scrolling(drawing, "Drawing of the network"),
        ),
        element(
            "section", element("h2", "A row a step"), element("p", hint, class_="quiet"), _grid(run)
        ),
        element("section", element("h2", "The first row, worked out"), _worked(run.rows[0].cells)),
    ]


def _grid(run: Backprop) -> Html:
    groups = _groups(run)
    first = run.rows[0]
    heads = [
        element("th", label(name), scope="col", class_=f"n {group}")
        for group, names in groups
        for name in names
    ]
    spans = (element("th", group, colspan=len(names), scope="colgroup") for group, names in groups)
    columns = [name for _, names in groups for name in names]
    assert set(columns) == set(first.values)
    rows = []
    for number, table in enumerate(run.rows[:MOST_ROWS]):
        cells = (
            element("td", spelled(table.values[name], DIGITS), class_="n", tabindex=-1)
            for name in columns
        )
        rows.append(element("tr", element("th", number + 1, scope="row"), *cells))
    grid = element(
        "table",
        element("caption", "Every quantity of every step", class_="unseen"),
        element(
            "thead",
            element("tr", element("th"), *spans),
            element("tr", element("th", "step", scope="col"), *heads),
        ),
        element("tbody", *rows),
        class_="grid",
    )
    more = len(run.rows) - MOST_ROWS
    note = element("p", f"{counted(more, 'more row')}: see the CSV.") if more > 0 else ""
    return joined(
        [element("div", grid, class_="wide tall", role="region", aria_label="Table of steps"), note]
    )


def _groups(run: Backprop) -> list[tuple[str, list[str]]]:
    """Return the table's parts with their columns; given ones first."""
    groups: dict[str, list[str]] = {"given": list(run.rows[0].given)}
    for cell in run.rows[0].cells:
        groups.setdefault(cell.line.group, []).append(cell.name)
    return list(groups.items())


def _worked(cells: Sequence[Cell]) -> Html:
    rows = [
        element(
            "tr",
            element("th", cell.label, scope="row"),
            element("td", cell.line.chain),
            element("td", cell.symbols),
            element("td", cell.numbers),
            element("td", spelled(cell.value, DIGITS), class_="n"),
        )
        for cell in cells
    ]
    heads = ("quantity", "chain", "in symbols", "in numbers", "value")
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    table = element("table", element("thead", head), element("tbody", *rows))
    return scrolling(table, "The first row, worked out")


def _data(run: Backprop, check: Check) -> str:
    """Return what the script needs: each column's formula in pieces, and every value with all digits."""
    cells = {cell.name: cell for cell in run.rows[0].cells}
    columns = [name for _, names in _groups(run) for name in names]
    index = {name: place for place, name in enumerate(columns)}
    shown = [_column(run, name, cells.get(name), index) for name in columns]
    machine: dict[str, list[float]] = {}
    for each in check.deviations:
        machine.setdefault(each.name, []).append(each.by_machine)
    record = {
        "columns": shown,
        "rows": [[row.values[name] for name in columns] for row in run.rows[:MOST_ROWS]],
        "machine": [machine.get(name, [])[:MOST_ROWS] for name in columns],
    }
    return json.dumps(record, separators=(",", ":")).replace("<", "\\u003c")


def _column(
    run: Backprop, name: str, cell: Cell | None, index: dict[str, int]
) -> dict[str, object]:
    if cell is None:
        given: dict[str, object] = {"label": label(name)}
        return given | ({"before": index[f"{name}_new"]} if f"{name}_new" in index else {})
    record: dict[str, object] = {"label": cell.label, "chain": cell.line.chain}
    record["pieces"] = _pieces(cell.line.formula, index)
    whole = run.rows[0].written_out(name) if cell.line.chain else ""
    if whole and whole != cell.line.formula:
        record["whole"] = _pieces(whole, index)
    return record


def _pieces(formula: str, index: dict[str, int]) -> list[object]:
    """Return a formula as text between column numbers, each of which stands for a name."""
    return [
        index[piece] if piece in index and piece not in FUNCTIONS else symbols_of(piece)
        for piece in TOKEN.findall(formula)
    ]


def symbols_of(piece: str) -> str:
    """Return a piece between two names as one writes it.

    >>> symbols_of(" * "), symbols_of(")**2 / 2")
    (' × ', ')² / 2')
    """
    return symbols(piece)
