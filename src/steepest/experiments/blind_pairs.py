"""Runs that share a seed, side by side: what the mended rule gains over momentum SGD, and what it costs."""

from statistics import fmean, stdev
from typing import TYPE_CHECKING

from .content import Content, Table
from .context import Context
from .parts import part

if TYPE_CHECKING:
    from ..sweeping import Outcome


@part("blind-candidates")
def blind_candidates(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what more candidates bring and cost.

    Args:
        context: of the experiment.
        cases: momentum SGD first, then the mended rule with more and more candidates; seeds are pairs.
    """
    baseline = context.outcomes(cases[0])
    rows = tuple(_candidates_row(context, case, baseline) for case in cases)
    columns = (
        "",
        "test accuracy",
        "points over SGD",
        "forwards a step",
        "seconds / SGD's",
        "seeds",
    )
    return [Table("More candidates", columns, rows, _paired_note(baseline))]


def _candidates_row(
    context: Context, case: str, baseline: "list[Outcome]"
) -> tuple[str | int | None, ...]:
    outcomes = context.outcomes(case)
    same = outcomes is baseline
    return (
        context.experiment.case(case).title,
        with_spread(outcomes),
        "" if same else over(outcomes, baseline),
        f"{forwards_a_step(outcomes):g}",
        f"{seconds_ratio(outcomes, baseline):.2f}",
        len(outcomes),
    )


def _paired_note(baseline: "list[Outcome]") -> str:
    first = baseline[0]
    return (
        f"After {first.backwards} steps of {first.config.batch_size} images. Differences are paired by seed: "
        "the mean, and in brackets from the lowest to the highest. A pair shares initial weights and batches."
    )


def over(outcomes: "list[Outcome]", baseline: "list[Outcome]") -> str:
    """Return by how many points of accuracy one side lies above the other: mean (lowest to highest), by seed."""
    found = differences(outcomes, baseline)
    span = f" ({min(found):+.2f} to {max(found):+.2f})" if len(found) > 1 else ""
    return f"{fmean(found):+.2f}{span}"


def differences(outcomes: "list[Outcome]", baseline: "list[Outcome]") -> list[float]:
    """Return the differences of test accuracy, in points, of runs that share a seed."""
    reached = {each.config.seed: each.accuracy("test") for each in baseline}
    return [
        100 * (each.accuracy("test") - reached[each.config.seed])
        for each in outcomes
        if each.config.seed in reached
    ]


def forwards_a_step(outcomes: "list[Outcome]") -> float:
    """Return how many forward passes a step takes, those of the gradient included."""
    return outcomes[0].forwards / outcomes[0].backwards


def seconds_ratio(outcomes: "list[Outcome]", baseline: "list[Outcome]") -> float:
    """Return the mean seconds of a run over those of a run of the baseline."""
    return fmean(each.seconds for each in outcomes) / fmean(each.seconds for each in baseline)


def with_spread(outcomes: "list[Outcome]") -> str:
    """Return the mean test accuracy and, of several runs, its standard deviation, in percent."""
    found = [100 * each.accuracy("test") for each in outcomes]
    spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
    return f"{fmean(found):.2f}{spread} %"
