"""Making a comparison: the trials, the reporting runs, and no run twice.

    for each round of studies      one round; one after the other where units are added until all is decided
        trials of every side, widened where the best lies at the edge
        reporting runs at the settings chosen, and at those that smaller tuning budgets would have chosen
    every record -> Comparison

Nothing is kept between calls but finished runs: the same call goes on where the last one stopped.
"""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from ..sweeping import Engine
from .comparison import Comparison
from .question import Question, checked
from .reach import out_of_reach
from .work import Made, Work

FIRST_ROUND = 8  # units before the first look: of fewer than 7 none can come out better or worse
NEXT_ROUND = 2  # units between two looks: one a core of the smallest machine

Making = Generator[Made, None, Comparison]


def comparing(
    question: Question,
    folder: Path,
    *,
    engine: Engine | None = None,
    data_dir: Path | None = None,
    curve: bool = True,
) -> Making:
    """Train what is not yet trained, yield each finished run, and return the comparison.

    Args:
        question: what is asked.
        folder: where the runs are kept.
        engine: what does the work; None takes processes on this machine.
        data_dir: where datasets are.
        curve: whether smaller tuning budgets get reporting runs of their own.

    Raises:
        UserError: something asked for cannot be done; nothing is trained then.
    """
    work = Work(checked(question), folder, engine, data_dir, curve)
    work.begin()
    design = work.question.design
    made = 0
    while made < design.units:
        units = _round(made, design.units, design.until_decided)
        if design.tuned:
            yield from work.tune(units)
        yield from work.report(units)
        made = units.stop
        if design.until_decided and work.comparison().decided:
            break
    return _noted(work.comparison())


def _noted(comparison: Comparison) -> Comparison:
    """Return the comparison with a note, where none of its pairs could have come out better or worse."""
    question = comparison.question
    note = out_of_reach(question.design, len(question.pairs))
    return replace(comparison, notes=(*comparison.notes, note)) if note else comparison


def _round(made: int, most: int, until_decided: bool) -> range:
    if not until_decided:
        return range(most)
    return range(made, min(most, made + (NEXT_ROUND if made else FIRST_ROUND)))
