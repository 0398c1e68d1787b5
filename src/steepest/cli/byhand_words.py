"""What the verbs under `steepest byhand` share: numbers as they are typed, tables as JSON, files to write."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import UserError

if TYPE_CHECKING:
    from ..byhand.table import Check, Table

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]
Numbers = Annotated[str | None, Parameter(help="Numbers between commas.")]


def table_json(table: "Table", check: "Check", **more: Any) -> str:
    """Return a worked table and its check as one JSON object."""
    cells = [
        {"name": cell.label, "symbols": cell.symbols, "numbers": cell.numbers, "value": cell.value}
        for cell in table.cells
    ]
    return json.dumps({"given": table.given, "cells": cells, "check": check.as_json(), **more})


def numbers(text: str, name: str, *, whole: bool = False) -> list[float]:
    """Return typed numbers.

    Raises:
        UserError: one of them is none.
    """
    parts = re.split(r"[\s,]+", text.strip())
    pattern = r"[+-]?\d+" if whole else r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
    for each in parts:
        if not re.fullmatch(pattern, each):
            kind = "whole number" if whole else "number"
            raise UserError(
                f"`{each}` in {name} is no {kind}. Write them between commas: {name} 1,2."
            )
    return [float(each) for each in parts]


def write(path: Path, text: str) -> None:
    """Write a file the user asked for; its folder must be there."""
    from ..storage import write_durably

    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")
    write_durably(path, text)
