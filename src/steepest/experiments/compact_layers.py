"""A published summary of a network, layer by layer, beside our own count."""

from collections.abc import Iterator, Sequence

from ..models import LayerTable, Row, layer_table
from .content import Content, Figure, Table
from .context import Context
from .parts import part

WINDOWS = ("convolution", "max-pool", "average-pool")
COLUMNS = ("kind", "layer", "output shape", "parameters", "receptive field", "published")
FIELD = COLUMNS.index("published")


@part("published-summary")
def published_summary(
    context: Context,
    *,
    model: str,
    parameters: int,
    receptive_fields: list[int],
    megabytes: dict[str, float | str],
) -> list[Content]:
    """Return a network's summary, and each of its published numbers as a figure.

    Args:
        context: of the experiment.
        model: a named model or a notation.
        parameters: as published.
        receptive_fields: published behind each convolution and each pooling, in order.
        megabytes: the sizes at the published summary's end by name; as text they keep their last zero.
    """
    table = layer_table(model)
    fields = [row.receptive_field[0] for row in table.rows if row.kind in WINDOWS]
    figures = [
        Figure(f"{model}: parameters", parameters, (table.parameters,), digits=0, exact=True),
        *_field_figures(model, fields, receptive_fields),
        *_size_figures(model, table, megabytes),
    ]
    rows = list(_rows(table.rows, receptive_fields))
    wrong = frozenset(
        (number, FIELD)
        for number, row in enumerate(rows)
        if row[FIELD] is not None and row[FIELD] != row[FIELD - 1]
    )
    note = (
        f"{table.notation}: {table.derivation}. The receptive field is published behind convolutions and "
        "poolings; no other layer changes it. Sizes are MB of 1024 x 1024 bytes for one image."
    )
    return [*figures, Table(model, COLUMNS, tuple(rows), note, wrong)]


def _field_figures(model: str, ours: Sequence[int], published: Sequence[int]) -> Iterator[Figure]:
    """Yield one figure for all fields: how many of the published ones come out the same."""
    same = sum(a == b for a, b in zip(ours, published, strict=False))
    yield Figure(
        f"{model}: receptive fields that are as published",
        float(max(len(published), len(ours))),
        (float(same),),
        digits=0,
        exact=True,
        why=" ".join(map(str, ours)),
    )


def _size_figures(
    model: str, table: LayerTable, published: dict[str, float | str]
) -> Iterator[Figure]:
    for name, value in published.items():
        digits = len(str(value).partition(".")[2])
        size = table.megabytes[name]
        yield Figure(f"{model}: MB, {name}", float(value), (size,), digits=digits, exact=True)


def _rows(
    layers: Sequence[Row], published: Sequence[int]
) -> Iterator[tuple[str, str, str, str | None, int, int | None]]:
    said = iter(published)
    for row in layers:
        yield (
            row.kind,
            row.token,
            "x".join(map(str, row.output_shape)),
            f"{row.parameters:,}" if row.parameters else None,
            row.receptive_field[0],
            next(said, None) if row.kind in WINDOWS else None,
        )
