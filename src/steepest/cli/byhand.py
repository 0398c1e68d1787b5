"""`steepest byhand`: every number worked out in front of you, and checked against the machine."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ..errors import UserError
from ..verbs import byhand as verbs
from .options import AsJson, command, print_json

if TYPE_CHECKING:
    from ..byhand.answer_key import AnswerKey
    from ..byhand.backpropagation import Backprop
    from ..byhand.cross_entropy import SoftmaxWork
    from ..byhand.grading import Grade
    from ..byhand.sizes import SizeRow
    from ..byhand.stepping import Stepping
    from ..byhand.table import Check, Table
    from ..byhand.windows import Swept
    from ..models import LayerTable

app = App(
    name="byhand",
    help="Work a network, a convolution or an optimizer's step by hand, checked against the machine.",
    help_epilogue="Start with:  steepest byhand backprop   then:  steepest byhand step adam --steps 3",
)
Rates = Annotated[str | None, Parameter(help="Also E in the last row for each of these rates.")]
Columns = Annotated[str | None, Parameter(help="Quantities to show for several rows: E,w1,dE/dw1.")]
Shown = Annotated[int, Parameter(help="How many windows to work out.")]


@app.command
@command(verbs.backprop)
def _backprop(run: "Backprop", *, rates: Rates = None, columns: Columns = None, json: AsJson = False) -> None:
    from ..byhand.backpropagation import backprop, check_backprop
    from ..byhand.dense import DEFAULT

    check = check_backprop(run)
    last = dict[str, float]()
    for rate in verbs.numbers(rates, "rates") if rates else []:
        last[f"{rate:g}"] = backprop(run.network, lr=rate, steps=len(run.rows)).rows[-1].values["E"]
    if json:
        record = {"network": vars(run.network), "lr": run.lr, "rows": [row.values for row in run.rows]}
        print_json("byhand backprop", record | {"check": check.as_json(), "rates": last})
        return
    _print_backprop(run, check, columns, published=run.network == DEFAULT)
    for name, error in last.items():
        print(f"lr {name}: E in row {len(run.rows)} = {error:.6g}")


def _print_backprop(run: "Backprop", check: "Check", columns: str | None, *, published: bool) -> None:
    from ..byhand.backpropagation import MACHINE, autograd_values
    from ..byhand.table import FIRST_ROW, differing
    from ..byhand.table import check as check_table
    from ..pages.byhand.text import given_text, rows_text, table_text

    first = run.rows[0]
    print(f"{run.network}, lr {run.lr:g}\n{given_text(first.given)}")
    machine = check_table(first, autograd_values(run.at(0), run.lr), MACHINE)
    print(table_text(first, machine, FIRST_ROW if published else None))
    if published and (wrong := differing(first.values)):
        names = " and ".join(first[name].label for name in wrong)
        print(f"published {names} are wrong: that sheet took the derivative at h2 from a_h1 instead of a_h2")
    if len(run.rows) > 1:
        print("\n" + rows_text(run, _columns(run, columns)))
    print(check)


def _columns(run: "Backprop", columns: str | None) -> list[str]:
    """Return the quantities to show; they are asked for as the table writes them."""
    from ..byhand.formula import label
    from ..errors import find_name

    if columns is None:
        last = run.network.sizes[-1]
        outputs = [f"a_o{k + 1}" for k in range(last)]
        return ["E", *outputs, *(name for name in run.columns if re.fullmatch(r"[wb]\d+", name))]
    known = {label(name): name for name in run.columns}
    asked = (label(each.strip()) for each in columns.split(","))
    return [known[find_name("quantity", each, known)] for each in asked]


@app.command
@command(verbs.softmax)
def _softmax(done: "SoftmaxWork", *, json: AsJson = False) -> None:
    from ..pages.byhand.text import softmax_text

    if json:
        more = {"finite_differences": done.differences, "autograd": done.machine}
        print_json("byhand softmax", _told(done.table, done.check) | more)
    else:
        print(softmax_text(done))


@app.command
@command(verbs.step)
def _step(done: "Stepping", *, rule: str, json: AsJson = False) -> None:
    from ..pages.byhand.text import stepping_text

    if json:
        more = {"rule": rule, "lr": done.lr, "objective": str(done.bowl)}
        print_json("byhand step", _told(done.table, done.check) | more)
    else:
        print(stepping_text(done))


def _told(table: "Table", check: "Check") -> dict[str, Any]:
    """Return a worked table and its check, for ``--json``."""
    cells = [
        {"name": cell.label, "symbols": cell.symbols, "numbers": cell.numbers, "value": cell.value}
        for cell in table.cells
    ]
    return {"given": table.given, "cells": cells, "check": check.as_json()}


def _refuse_less_than_none(*, windows: int, json: bool) -> None:
    if windows < 0:
        raise UserError(f"--windows must be 0 or more, not {windows}.")


@app.command
@command(verbs.convolution, before=_refuse_less_than_none, kernel=list[str] | None)
def _convolution(done: "Swept", *, windows: Shown = 4, json: AsJson = False) -> None:
    _show_windows("convolution", done, windows, json)


@app.command
@command(verbs.pooling, before=_refuse_less_than_none)
def _pooling(done: "Swept", *, windows: Shown = 4, json: AsJson = False) -> None:
    _show_windows("pooling", done, windows, json)


def _show_windows(verb: str, done: "Swept", most: int, json: bool) -> None:
    from ..byhand.windows import check_windows
    from ..pages.byhand.text import windows_text

    check = check_windows(done)
    if json:
        shown = [str(window.cell) for window in done.telling(most)]
        print_json(f"byhand {verb}", {"result": done.result, "windows": shown, "check": check.as_json()})
    else:
        print(f"{windows_text(done, most)}\n{check}")


@app.command
@command(verbs.count)
def _count(table: "LayerTable", *, json: AsJson = False) -> None:
    if json:
        print_json("byhand count", table.as_json())
        return
    learning = [row for row in table.rows if row.parameters]
    width = max((len(row.token) for row in learning), default=0)
    for row in learning:
        print(f"{row.token:<{width}}  {row.kind}: {row.derivation}")
    print(f"in all: {table.derivation}")


@app.command
@command(verbs.size, first="model")
def _size(rows: "tuple[SizeRow, ...]", *, json: AsJson = False) -> None:
    from ..pages.byhand.text import sizes_text

    if json:
        print_json("byhand size", {"layers": [vars(row) for row in rows]})
    else:
        print(sizes_text(rows))


@app.command
@command(verbs.worksheet)
def _worksheet(key: "AnswerKey", *, out: Path, json: AsJson = False) -> None:
    count = len(key.exercises)
    if json:
        told = {"folder": str(out.absolute()), "files": list(verbs.sheet_files(key)), "students": count}
        print_json("byhand worksheet", told)
        return
    print(
        f"{out}: {count} sheets in worksheets.html; answers.csv to fill in; the key in key.html, key.json, key.csv"
    )


@app.command
@command(verbs.grade)
def _grade(grades: "tuple[Grade, ...]", *, json: AsJson = False) -> None:
    from ..pages.byhand.text import grades_text

    if json:
        print_json("byhand grade", {"grades": [each.as_json() for each in grades]})
    else:
        print(grades_text(grades))
