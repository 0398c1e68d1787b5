"""`steepest models`: which networks have names, and what any network is made of."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..errors import UserError

if TYPE_CHECKING:
    from ..models import LayerTable, Row

app = App(name="models", help="List the named models; show any model's layers.")

Json = Annotated[bool, Parameter(name="--json", negative="")]

LIST_HEADINGS = ("name", "parameters", "input", "notation")
SHOW_HEADINGS = (
    "layer",
    "kind",
    "output",
    "parameters",
    "receptive field",
    "multiply-adds",
    "parameters, worked out",
)
NUMBERS = {
    "parameters",
    "receptive field",
    "multiply-adds",
    "input",
    "output",
}  # stand to the right
LONGEST_NOTATION = 60  # keeps a line of the list within 100 columns; `show` prints it whole
LONGEST_SUM = 100  # a deep network's sum says nothing that its column does not


@app.command(name="list")
def list_models(*, as_json: Json = False) -> None:
    """List the models that have a name.

    Example: `steepest models list`

    Args:
        as_json: Print one JSON object instead of the table.
    """
    from ..models import MODELS

    if as_json:
        print(json.dumps({"models": [vars(each) for each in MODELS.values()]}, indent=2))
        return
    rows = [
        (each.name, f"{each.parameters:,}", _by(each.shape), _shortened(each.notation))
        for each in MODELS.values()
    ]
    print(_aligned(LIST_HEADINGS, rows))
    print("\nLook into one with `steepest models show NAME`; write your own as in the last column.")


@app.command
def show(
    model: str,
    *,
    input_: Annotated[str | None, Parameter(name="--input")] = None,
    classes: int | None = None,
    as_json: Json = False,
) -> None:
    """Show a model layer by layer: shapes, parameters, receptive fields, multiply-adds and sizes.

    Example: `steepest models show 32C3p1-R-M2-F10 --input 3x32x32`

    Args:
        model: A named model or a notation.
        input_: The images' channels x height x width; without it the model's own, or 1x28x28.
        classes: Adapt a named model to this many classes.
        as_json: Print one JSON object instead of the table.
    """
    from ..models import MODELS, layer_table

    if classes is not None and classes < 1:
        raise UserError(f"A model tells at least 1 class; --classes {classes} came.")
    table = layer_table(model, None if input_ is None else _shape(input_), classes)
    if as_json:
        print(json.dumps(table.as_json(), indent=2))
        return
    if model in MODELS:
        print(f"{model}: {MODELS[model].source}")
    print(f"{table.notation}\non images {_by(table.input_shape)}\n")
    print(_aligned(SHOW_HEADINGS, [_cells(row) for row in table.rows]))
    print(_totals(table))


def _shape(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})x([1-9]\d{0,4})", text)
    if not match:
        raise UserError(
            f"--input {text} is no shape of an image. Write channels x height x width, such as 1x28x28."
        )
    channels, height, width = map(int, match.groups())
    return channels, height, width


def _cells(row: "Row") -> tuple[str, ...]:
    height, width = row.receptive_field
    worked_out, _, _ = row.derivation.partition(" = ")
    return (
        "  " * row.depth + row.token,
        row.kind,
        _by(row.output_shape),
        f"{row.parameters:,}" if row.parameters else "",
        str(height) if height == width else f"{height}x{width}",
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
        worked_out,
    )


def _totals(table: "LayerTable") -> str:
    sizes = ", ".join(f"{name} {size:.2f}" for name, size in table.megabytes.items())
    summed = table.derivation
    parameters = summed if len(summed) <= LONGEST_SUM else f"{table.parameters:,}"
    lines = [
        "",
        f"parameters     {parameters}",
        f"multiply-adds  {table.multiply_adds:,} an image",
        f"MB an image    {sizes}",
    ]
    return "\n".join(lines)


def _aligned(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]

    def line(cells: tuple[str, ...]) -> str:
        padded = (
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for heading, cell, width in zip(headings, cells, widths, strict=True)
        )
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(headings), rule, *map(line, rows)])


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _shortened(notation: str) -> str:
    if len(notation) <= LONGEST_NOTATION:
        return notation
    return notation[: LONGEST_NOTATION - 1].rpartition("-")[0] + "-…"
