"""Recipes of one network beside each other: what each changes, what it reaches, and whether that is enough."""

from collections.abc import Iterator
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from ..config import Config
from .content import Content, Table, Text
from .context import Context
from .parts import part

if TYPE_CHECKING:
    from ..sweeping import Outcome

NOT_A_RECIPE = ("seed", "val", "threads", "split_seed", "stratified")


@part("recipes")
def recipes(
    context: Context, *, cases: list[str], target: float, chosen_on: dict[str, str] | None = None
) -> list[Content]:
    """Return what recipes reach on the test split beside a target, and the validation that chose among them.

    Args:
        context: of the experiment.
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
        return [
            table,
            Text("", ("These are a quick run's numbers: they say nothing about the target.",)),
        ]
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
    means = {
        case: fmean(each.accuracy("test") for each in context.outcomes(case)) for case in cases
    }
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
