"""The faults of the published loop removed: each alone, and one after another."""

from statistics import fmean
from typing import TYPE_CHECKING

from .content import Content, Table, Text
from .context import Context
from .parts import part

if TYPE_CHECKING:
    from ..sweeping import Outcome

CHANCE_AND_A_HALF = (
    1.5  # times chance: a network that names one class for all images never gets there
)


@part("blind-faults")
def blind_faults(
    context: Context, *, cases: list[str], alone: list[str], readings: list[str]
) -> list[Content]:
    """Return what mending each fault brings.

    Args:
        context: of the experiment.
        cases: the published loop, then with one more fault mended each time.
        alone: the published loop with one fault mended.
        readings: the published loop where its text can be read otherwise.
    """
    names = ("", "test accuracy", "test loss", "training loss", "seeds")
    broken, *_ = cases
    one = tuple(_row(context, case) for case in (broken, *alone))
    all_together = tuple(_row(context, case) for case in cases)
    read = tuple(_row(context, case) for case in (broken, *readings))
    return [
        Table("One fault mended, the others left in", names, one, _steps(context, broken)),
        Table("One more fault mended each time", names, all_together),
        Text("", (told_mending(context, broken, alone, cases),)),
        Table("Nothing mended, read otherwise", names, read),
    ]


def _row(context: Context, case: str) -> tuple[str | int, ...]:
    outcomes = context.outcomes(case)
    return (
        _short_title(context, case),
        _accuracies(outcomes),
        f"{fmean(each.loss('test') for each in outcomes):.3g}",
        f"{fmean(_training_loss(each) for each in outcomes):.3g}",
        len(outcomes),
    )


def _short_title(context: Context, case: str) -> str:
    """Return what tells a case from the others: its title behind the first comma."""
    title = context.experiment.case(case).title
    return title.partition(", ")[2] or title


def _training_loss(outcome: "Outcome") -> float:
    return outcome.rows[-1]["train_loss"] if outcome.rows else float("inf")


def _accuracies(outcomes: "list[Outcome]") -> str:
    found = [each.accuracy("test") for each in outcomes]
    diverged = sum(each.diverged is not None for each in outcomes)
    return f"{fmean(found):.1%}" + f", {diverged} diverged" * bool(diverged)


def _steps(context: Context, case: str) -> str:
    outcome = context.outcomes(case)[0]
    return (
        f"After {outcome.backwards} steps of {outcome.config.batch_size} images. The momentum is made anew "
        "several times within them, as at the ends of epochs, so that this fault too can act."
    )


def told_mending(context: Context, broken: str, alone: list[str], cases: list[str]) -> str:
    """Return in words which single fault keeps the published loop at chance.

    Args:
        context: of the experiment.
        broken: the published loop.
        alone: with one fault mended.
        cases: with one more fault mended each time.
    """
    kinds = len(context.source(context.config(broken)).classes)
    reached = {case: _mean(context, case) for case in alone}
    learns = [case for case, found in reached.items() if found > CHANCE_AND_A_HALF / kinds]
    rest = [found for case, found in reached.items() if case not in learns]
    titles = {case: _short_title(context, case) for case in alone}
    words = f"The published loop ends at {_mean(context, broken):.1%}; chance is {1 / kinds:.0%}. "
    if learns:
        told = " and ".join(f"{titles[case]} ({reached[case]:.1%})" for case in learns)
        words += f"Of the faults mended alone, what makes it learn is: {told}. "
    else:
        words += "None of the faults mended alone makes it learn in these steps. "
    if rest:
        span = f"{min(rest):.1%} to {max(rest):.1%}" if max(rest) > min(rest) else f"{rest[0]:.1%}"
        words += f"The others stay at {span}. "
    return f"{words}With every fault mended it reaches {_mean(context, cases[-1]):.1%}."


def _mean(context: Context, case: str) -> float:
    return fmean(each.accuracy("test") for each in context.outcomes(case))
