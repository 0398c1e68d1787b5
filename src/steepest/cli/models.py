"""`steepest models`: which networks have names, and what any network is made of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from .options import AsJson, print_json

if TYPE_CHECKING:
    from ..models import LayerTable, Row

app = App(name="models", help="List the named models; show any model's layers.")

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
NUMBERS = {"parameters", "receptive field", "multiply-adds", "input", "output"}  # stand to the right
LONGEST_NOTATION = 60  # keeps a line of the list within 100 columns; `show` prints it whole
LONGEST_SUM = 100  # a deep network's sum says nothing that its column does not


@app.command(name="list")
def list_models(*, as_json: AsJson = False) -> None:
    """List the models that have a name.

    Example: `steepest models list`
    """
    from ..models import MODELS

    if as_json:
        print_json("models list", {"models": [vars(each) for each in MODELS.values()]})
        return
    rows = [
        (each.name, f"{each.parameters:,}", _by(each.shape), _shortened(each.notation)) for each in MODELS.values()
    ]
    print(_aligned(LIST_HEADINGS, rows))
    print("\nLook into one with `steepest models show NAME`; write your own as in the last column.")


@app.command
def show(
    model: str,
    *,
    input_: Annotated[str | None, Parameter(name="--input")] = None,
    classes: int | None = None,
    as_json: AsJson = False,
) -> None:
    """Show a model layer by layer: shapes, parameters, receptive fields, multiply-adds and sizes.

    Example: `steepest models show 32C3p1-R-M2-F10 --input 3x32x32`

    Args:
        model: A named model or a notation.
        input_: The images' channels x height x width; without it the model's own, or 1x28x28.
        classes: Adapt a named model to this many classes.
    """
    from ..errors import spelled
    from ..models import MODELS
    from ..models import show as layers_of

    table = layers_of(model, input=input_, classes=classes)
    if as_json:
        print_json("models show", table.as_json())
        return
    if named := spelled(model, MODELS):
        print(f"{named}: {MODELS[named].source}")
    print(f"{table.notation}\non images {_by(table.input_shape)}\n")
    print(_aligned(SHOW_HEADINGS, [_cells(row) for row in table.rows]))
    print(_totals(table))


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
    return f"""
parameters     {parameters}
multiply-adds  {table.multiply_adds:,} an image
MB an image    {sizes}"""


def _aligned(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    from ..content.text import aligned

    first, *others = aligned([headings, *rows], [each not in NUMBERS for each in headings])
    rule = "  ".join("-" * max(map(len, column)) for column in zip(headings, *rows, strict=True))
    return "\n".join([first, rule, *others])


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _shortened(notation: str) -> str:
    if len(notation) <= LONGEST_NOTATION:
        return notation
    return notation[: LONGEST_NOTATION - 1].rpartition("-")[0] + "-…"
