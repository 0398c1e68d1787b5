"""Networks as tables: their layers, and their parameters counted and held against the published counts."""

from ..models import MODELS, Row, layer_table
from .content import Content, Figure, Table
from .context import Context
from .parts import part

COLUMNS = ("layer", "kind", "output", "parameters", "receptive field", "parameters, worked out")


@part("layer-table")
def layers(context: Context, *, model: str, classes: int | None = None) -> list[Content]:
    """Return a network's layers with their shapes, parameters and receptive fields.

    Args:
        context: of the experiment.
        model: a named model or a notation.
        classes: adapts a named model; None takes its own.
    """
    table = layer_table(model, None, classes)
    source = f" {MODELS[model].source}" if model in MODELS else ""
    return [
        Table(
            model if model in MODELS else f"`{model}`",
            COLUMNS,
            tuple(_cells(row) for row in table.rows),
            f"{table.notation} on images {'x'.join(map(str, table.input_shape))}: "
            f"{table.derivation} parameters, {table.multiply_adds:,} multiply-adds an image.{source}",
        )
    ]


def _cells(row: Row) -> tuple[str | int | None, ...]:
    return (
        row.token,
        row.kind,
        "x".join(map(str, row.output_shape)),
        f"{row.parameters:,}" if row.parameters else None,
        row.receptive_field[0],
        row.derivation,
    )


@part("parameter-counts")
def parameter_counts(context: Context, *, models: dict[str, int]) -> list[Content]:
    """Return how many numbers networks learn, each beside its published count, and how the count comes about.

    Args:
        context: of the experiment.
        models: named models, and the count that was published for each.
    """
    tables = {name: layer_table(name) for name in models}
    figures = [
        Figure(f"{name}: parameters", count, (tables[name].parameters,), digits=0, exact=True)
        for name, count in models.items()
    ]
    rows = tuple((name, each.notation, each.derivation) for name, each in tables.items())
    return [*figures, Table("Parameters, layer by layer", ("model", "notation", "sum"), rows)]
