"""A worked backpropagation, whose cells tell their formulas, and worksheets with their keys: HTML files."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from ...byhand.answer_key import AnswerKey
from ...byhand.backpropagation import Backprop, drawn_network
from ...byhand.exercise import Exercise
from ...byhand.formula import FUNCTIONS, label, spelled, symbols
from ...byhand.maps import Matrix
from ...byhand.table import Cell, Check
from ...content.content import Table
from ...content.html import POLICY, content_html, file_html
from ...content.markup import Html, element, joined, styles
from ...content.text import counted
from .text import DIGITS

MOST_ROWS = 200  # of the page: a browser scrolls 15,000 cells well; the CSV has all rows
FIRST_ROW = "The first row, worked out"
TOKEN = re.compile(r"[A-Za-z_]\w*|[^A-Za-z_]+")


def backprop_page(run: Backprop, check: Check) -> str:
    """Return the whole page.

    Hovering over a cell, clicking it or moving to it with the arrow keys shows how it came about, and marks
    the cells that it was made from. Without scripts the first row is still there, worked out.
    """
    script = styles("byhand.js")
    body = element(
        "body",
        element("main", *_parts(run, check)),
        element("output", class_="how", aria_live="polite", hidden=""),
        element("script", Html(_data(run, check)), type="application/json", id="data"),
        element("script", Html(script)),
    )
    # the page runs the one script that it came with, and fetches nothing
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = POLICY.replace("img-src data:", f"script-src 'sha256-{digest}'")
    return file_html(body, f"By hand: {run.network}", policy, ("page.css", "byhand.css"))


def _parts(run: Backprop, check: Check) -> list[Html]:
    many, first_row = len(run.rows), run.rows[0]
    ends = spelled(first_row.values["E"]), spelled(run.rows[-1].values["E"])
    fell = f" E goes from {ends[0]} to {ends[1]}." if many > 1 else ""
    about = element("p", f"{run.network}, lr {run.lr:g}; {counted(many, 'step')}.{fell}")
    hint = "Point at a number, click it, or walk with the arrow keys: below stands how it came about."
    parts = {
        "The network in the first row": (content_html(drawn_network(run.network, first_row)),),
        "A row a step": (element("p", hint, class_="quiet"), _grid(run)),
        FIRST_ROW: (content_html(worked(first_row.cells), FIRST_ROW),),
    }
    return [
        element("header", element("h1", "Backpropagation by hand"), about),
        element("p", str(check), class_="check" if check.agrees else "check bad", role="note"),
        *(element("section", element("h2", title), *shown) for title, shown in parts.items()),
    ]


def _grid(run: Backprop) -> Html:
    groups = _groups(run)
    first = run.rows[0]
    heads = [
        element("th", label(name), scope="col", class_=f"n {group}") for group, names in groups for name in names
    ]
    spans = (element("th", group, colspan=len(names), scope="colgroup") for group, names in groups)
    columns = [name for _, names in groups for name in names]
    assert set(columns) == set(first.values)
    rows = []
    for number, table in enumerate(run.rows[:MOST_ROWS]):
        cells = (element("td", spelled(table.values[name], DIGITS), class_="n", tabindex=-1) for name in columns)
        rows.append(element("tr", element("th", number + 1, scope="row"), *cells))
    caption = element("caption", "Every quantity of every step", class_="unseen")
    steps = element("tr", element("th", "step", scope="col"), *heads)
    head = element("thead", element("tr", element("th"), *spans), steps)
    grid = element("table", caption, head, element("tbody", *rows), class_="grid")
    more = len(run.rows) - MOST_ROWS
    note = element("p", f"{counted(more, 'more row')}: see the CSV.") if more > 0 else ""
    return joined([element("div", grid, class_="wide tall", role="region", aria_label="Table of steps"), note])


def _groups(run: Backprop) -> list[tuple[str, list[str]]]:
    """Return the table's parts with their columns; given ones first."""
    groups: dict[str, list[str]] = {"given": list(run.rows[0].given)}
    for cell in run.rows[0].cells:
        groups.setdefault(cell.line.group, []).append(cell.name)
    return list(groups.items())


def worked(cells: Sequence[Cell]) -> Table:
    """Return a row a cell: its chain, its formula in symbols and in numbers, and its value."""
    rows = tuple(
        (each.label, each.line.chain, each.symbols, each.numbers, spelled(each.value, DIGITS)) for each in cells
    )
    columns = ("quantity", "chain", "in symbols", "in numbers", "value")
    return Table(FIRST_ROW, columns, rows, words=4)


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


def _column(run: Backprop, name: str, cell: Cell | None, index: dict[str, int]) -> dict[str, object]:
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
        index[piece] if piece in index and piece not in FUNCTIONS else symbols(piece)
        for piece in TOKEN.findall(formula)
    ]


def sheets_page(key: AnswerKey, *, filled: bool = False) -> str:
    """Return all students' worksheets, a page each for the browser's print.

    Args:
        key: the exercises.
        filled: with the right answers in the blanks, for whoever grades.
    """
    sheets = (_sheet(student, each, key, filled) for student, each in key.exercises.items())
    kind = "answers" if filled else "worksheets"
    body = element("body", element("main", *sheets))
    return file_html(body, f"{key.topic}: {kind}", POLICY, ("byhand_sheets.css",))


def _sheet(student: str, exercise: Exercise, key: AnswerKey, filled: bool) -> Html:
    who = f"sheet {student} · seed {key.seed}"
    name = "answers" if filled else "name: ______________________________"
    hint = (
        f"Write every answer with {key.digits} significant digits, and go on with what you wrote. "
        "A wrong number costs you one cell, not all that follow from it."
    )
    return element(
        "article",
        element("header", element("h1", exercise.title), element("span", f"{who} · {name}", class_="who")),
        *(element("p", each) for each in exercise.task),
        _given(exercise),
        element("h2", "Answers"),
        element("p", hint, class_="hint"),
        _blanks(exercise, key.digits, filled),
        class_="sheet",
        id=f"sheet-{student}",
    )


def _given(exercise: Exercise) -> Html:
    in_grids = {
        f"{name}{i + 1}_{j + 1}"
        for name, matrix in exercise.matrices.items()
        for i, row in enumerate(matrix)
        for j, _ in enumerate(row)
    }
    # what a recipe starts from at zero is said by the task's zeros; t_1 = 1 says nothing
    single = {k: v for k, v in exercise.given.items() if k not in in_grids and not k.startswith("t_")}
    items = (element("li", f"{label(name)} = {spelled(value)}") for name, value in single.items())
    grids = (_sheet_grid(name, matrix) for name, matrix in exercise.matrices.items())
    matrices = element("div", *grids, class_="matrices") if exercise.matrices else None
    return element("div", element("ul", *items, class_="given"), matrices)


def _sheet_grid(name: str, matrix: Matrix) -> Html:
    rows = (element("tr", *(element("td", spelled(value)) for value in row)) for row in matrix)
    return element("table", element("caption", name), element("tbody", *rows))


def _blanks(exercise: Exercise, digits: int, filled: bool) -> Html:
    items = []
    for cell, right in exercise.answers.items():
        answer = element("span", spelled(right, digits) if filled else "")
        items.append(element("li", element("b", f"{label(cell)} ="), answer, data_cell=cell))
    return element("ol", *items, class_="blanks")
