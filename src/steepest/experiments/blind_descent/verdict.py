"""Is the mended rule any better than momentum SGD? Learning rates chosen on validation, then pairs by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np

from ...content.content import Content, Curves, Line, Table, Text
from ..context import Context

if TYPE_CHECKING:
    from ...judge.verdict import Verdict
    from ...sweeping import Outcome

MARGIN = 0.005  # accuracy: half a point, below which nobody would take another optimizer for it


def blind_rates(
    context: Context, *, cases: list[str], grids: dict[str, list[str]], chosen: dict[str, str]
) -> list[Content]:
    """Return the learning rates that were tried, and whether the best ones are those that the cases use.

    Args:
        cases: all that the grids name.
        grids: a title, and the cases of one rule at each rate.
        chosen: for each grid, the case that is trained at the best rate.
    """
    best = {title: _best(context, names) for title, names in grids.items()}
    words = [told_rate(title, best[title], context.config(chosen[title]).lr) for title in grids]
    lines = tuple(_grid_line(context, title, names) for title, names in grids.items())
    note = "Accuracy on the validation images, one seed; the test images play no part."
    return [
        Curves("Learning rates", "learning rate", "validation accuracy", lines, note, log_x=True),
        Table("Validation accuracy", ("", *_rates(context, grids)), _grid_rows(context, grids)),
        Text("", tuple(words)),
    ]


def _validated(outcome: "Outcome") -> float:
    if outcome.diverged or not outcome.rows:
        return 0.0
    return outcome.rows[-1]["val_accuracy"]


def _best(context: Context, names: list[str]) -> float:
    """Return the rate of the best validation accuracy; the smaller of two that tie."""
    found = [context.outcomes(name)[0] for name in names]
    return float(max(found, key=lambda each: (_validated(each), -float(each.config.lr or 0))).config.lr or 0)


def _grid_line(context: Context, title: str, names: list[str]) -> Line:
    found = [context.outcomes(name)[0] for name in names]
    return Line(title, tuple(float(each.config.lr or 0) for each in found), tuple(map(_validated, found)))


def _rates(context: Context, grids: dict[str, list[str]]) -> tuple[str, ...]:
    names = next(iter(grids.values()), [])
    return tuple(f"{context.config(name).lr:g}" for name in names)


def _grid_rows(context: Context, grids: dict[str, list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (title, *(f"{_validated(context.outcomes(name)[0]):.2%}" for name in names))
        for title, names in grids.items()
    )


def told_rate(title: str, best: float, used: float | None) -> str:
    """Say which rate was best, and whether the experiment's file uses it.

    >>> told_rate("MNIST", 0.03, 0.03)
    'MNIST: best at 0.03, which is the rate that is trained below.'
    """
    if best == used:
        return f"{title}: best at {best:g}, which is the rate that is trained below."
    return (
        f"{title}: best at {best:g} here, while the experiment's file trains at {used:g}, which was best when it "
        "was written."
    )


@dataclass(frozen=True)
class Pair:
    """The mended rule beside momentum SGD in one setting: outcomes that share seeds."""

    title: str
    candidate: "list[Outcome]"
    baseline: "list[Outcome]"

    @property
    def differences(self) -> list[float]:
        """Candidate minus baseline, in points of test accuracy, by seed."""
        return differences(self.candidate, self.baseline)


def blind_verdict(context: Context, *, cases: list[str], pairs: dict[str, list[str]]) -> list[Content]:
    """Return the verdict: in numbers, paired by seed, and in words.

    Args:
        cases: all that the pairs name.
        pairs: a title, and the cases of the mended rule and of momentum SGD that belong together.
    """
    found = [
        Pair(title, context.outcomes(candidate), context.outcomes(baseline))
        for title, (candidate, baseline) in pairs.items()
        if context.has(candidate) and context.has(baseline)
    ]
    columns = ("", "mended rule", "momentum SGD", "points over SGD", "forwards a step", "seconds / SGD's", "seeds")
    judged = _judged(found)
    words = [told_verdict(found, judged)]
    words += [f"{title}: {verdict.sentence}." for title, verdict in judged.items()]
    if context.quick:
        words.insert(0, "This is the quick run: on little data these numbers decide nothing.")
    return [
        Table("The mended rule beside momentum SGD", columns, tuple(map(_pair_row, found))),
        Text("Verdict", tuple(words)),
    ]


def _pair_row(pair: Pair) -> tuple[str | int, ...]:
    return (
        pair.title,
        with_spread(pair.candidate),
        with_spread(pair.baseline),
        over(pair.candidate, pair.baseline),
        f"{forwards_a_step(pair.candidate):g} against {forwards_a_step(pair.baseline):g}",
        f"{seconds_ratio(pair.candidate, pair.baseline):.2f}",
        len(pair.differences),
    )


def _judged(pairs: list[Pair]) -> "dict[str, Verdict]":
    """Return what the judge of ``steepest compare`` says of each pair, their number taken into account."""
    from ...judge.verdict import judge_all

    return judge_all({pair.title: np.array(pair.differences) / 100 for pair in pairs}, margin=MARGIN)


def told_verdict(pairs: list[Pair], judged: "Mapping[str, Verdict]") -> str:
    """Return in words whether the noisy candidate pays, as far as the judge could tell."""
    means = {pair.title: fmean(pair.differences) for pair in pairs}
    price = [seconds_ratio(pair.candidate, pair.baseline) for pair in pairs]
    cost = f"It costs {min(price):.2f} to {max(price):.2f} times the seconds of momentum SGD."
    span = f"from {min(means.values()):+.2f} to {max(means.values()):+.2f} points"
    kinds = [verdict.kind for verdict in judged.values()]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    never = "" if "better" in kinds else " In none of them is it better."
    return (
        f"On average over the seeds the mended rule lies {span} from momentum SGD. The judge says of "
        f"{len(kinds)} settings: {counts}.{never} {cost}"
    )


def blind_candidates(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what more candidates bring and cost.

    Args:
        cases: momentum SGD first, then the mended rule with more and more candidates; seeds are pairs.
    """
    baseline = context.outcomes(cases[0])
    rows = tuple(_candidates_row(context, case, baseline) for case in cases)
    columns = ("", "test accuracy", "points over SGD", "forwards a step", "seconds / SGD's", "seeds")
    return [Table("More candidates", columns, rows, _paired_note(baseline))]


def _candidates_row(context: Context, case: str, baseline: "list[Outcome]") -> tuple[str | int | None, ...]:
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
