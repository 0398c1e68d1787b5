"""Recipes of one network beside each other: what each changes, what it reaches, and whether that is enough."""

from collections.abc import Iterator, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from ...config import Config
from ...content.content import Content, Figure, Table, Text
from ...models import LayerTable, Row, layer_table
from ..context import Context

if TYPE_CHECKING:
    from ...sweeping import Outcome

NOT_A_RECIPE = ("seed", "val", "threads", "split_seed", "stratified")


def recipes(
    context: Context, *, cases: list[str], target: float, chosen_on: dict[str, str] | None = None
) -> list[Content]:
    """Return what recipes reach on the test split beside a target, and the validation that chose among them.

    Args:
        cases: the published recipe first; all are trained on all training images.
        target: the test accuracy asked for, in [0, 1].
        chosen_on: for each case, the case that trains the same recipe with a validation split.
    """
    chosen_on = chosen_on or {}
    published = context.config(cases[0])
    rows = [
        (
            context.experiment.case(case).title,
            changes(published, context.config(case)) or "nothing",
            validation_of(context, chosen_on.get(case)),
            *_reached([each.accuracy("test") for each in context.outcomes(case)], target),
        )
        for case in cases
    ]
    columns = ("recipe", "changes", "validation", "test, mean and sd", "each seed", f"{target:.2%}")
    note = "Validation: the same recipe with part of the training images held out, the last epoch's weights."
    table = Table("Is it enough?", columns, tuple(rows), note)
    if not context.comparable():
        return [table, Text("", ("These are a quick run's numbers: they say nothing about the target.",))]
    return [table, Text("", tuple(_words(context, cases, target)))]


def changes(before: Config, after: Config) -> str:
    """Return in which settings one recipe differs from another.

    >>> changes(Config(lr=0.01), Config(lr=0.1, seed=3))
    'lr 0.1 for 0.01'
    """
    old, new = before.to_dict(), after.to_dict()
    named = [key for key in new if new[key] != old[key] and key not in NOT_A_RECIPE]
    return ", ".join(f"{key} {_plain(new[key])} for {_plain(old[key])}" for key in named)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def validation_of(context: Context, case: str | None) -> str:
    """Return a case's validation accuracy after its last epoch, the mean over its seeds."""
    if case is None:
        return ""
    reached = [_last(each) for each in context.outcomes(case)]
    return f"{fmean(reached):.2%} (n = {len(reached)})"


def _last(outcome: "Outcome") -> float:
    return 0.0 if outcome.diverged else outcome.rows[-1]["val_accuracy"]


def _reached(accuracies: list[float], target: float) -> tuple[str, str, str]:
    spread = f" ± {stdev(accuracies):.2%}" if len(accuracies) > 1 else ""
    each = ", ".join(f"{one:.2%}" for one in accuracies)
    return f"{fmean(accuracies):.2%}{spread}", each, "yes" if reaches(accuracies, target) else "no"


def reaches(accuracies: list[float], target: float) -> bool:
    """Say whether the mean over the seeds is at least the target, whatever rounding did to its last bits."""
    return fmean(accuracies) >= target - 1e-9


def _words(context: Context, cases: list[str], target: float) -> Iterator[str]:
    first, *others = cases
    means = {case: fmean(each.accuracy("test") for each in context.outcomes(case)) for case in cases}
    title = context.experiment.case(first).title
    title = title[0].upper() + title[1:]
    yes = [case for case in cases if reaches([means[case]], target)]
    if first in yes:
        yield f"{title}, as published and mended, reaches {target:.1%}: {means[first]:.2%} on average."
        return
    short = f"{100 * (target - means[first]):.2f} points below {target:.1%}"
    yield f"{title} reaches {means[first]:.2%} on average, {short}."
    for case in others:
        what = changes(context.config(first), context.config(case))
        verb = "reaches" if case in yes else "does not reach"
        yield f"With {what} it {verb} {target:.1%}: {means[case]:.2%} on average."


WINDOWS = ("convolution", "max-pool", "average-pool")
COLUMNS = ("kind", "layer", "output shape", "parameters", "receptive field", "published")
FIELD = COLUMNS.index("published")


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


def _size_figures(model: str, table: LayerTable, published: dict[str, float | str]) -> Iterator[Figure]:
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
