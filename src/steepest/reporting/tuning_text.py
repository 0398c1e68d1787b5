"""A tuned optimizer as plain text and as a record."""

from typing import Any

from ..comparison.tuned import Tuned
from ..comparison.tuning import TrialResult
from .columns import aligned
from .commands import train_command
from .comparison_words import setting_text
from .wording import counted, duration, number, percent


def tuned_text(tuned: Tuned) -> str:
    """Return the trials, the best first, what was chosen, and the command to train with it."""
    config, trials = tuned.side.config, tuned.trials
    head = (
        f"{tuned.side.name}: {config.model} on {config.data}; {counted(len(trials), 'trial')} in "
        f"{counted(tuned.design.units, 'study', 'studies')}, {duration(sum(t.seconds for t in trials))} of work"
    )
    names = [each.name for each in tuned.space.dimensions]
    headings = (*names, "val accuracy", "val loss", "forwards", "backwards", "seconds", "study", "")
    rows = [
        _cells(tuned, each, names) for each in sorted(trials, key=lambda t: t.rank, reverse=True)
    ]
    return "\n".join(
        [
            head,
            "",
            *aligned([headings, *rows], words=0),
            "",
            *_by_study(tuned),
            _chosen(tuned),
            command(tuned),
        ]
    )


def _cells(tuned: Tuned, each: TrialResult, names: list[str]) -> tuple[str, ...]:
    measured = ("diverged", "-") if each.diverged else (percent(each.accuracy), number(each.loss))
    widened = "wider range" if each.trial.widening else ""
    return (
        *(f"{each.trial.settings[name]:g}" for name in names),
        *measured,
        f"{each.forwards:,}",
        f"{each.backwards:,}",
        f"{each.seconds:.2f}",
        str(each.trial.study),
        "chosen" if each.trial == tuned.chosen.trial else widened,
    )


def _by_study(tuned: Tuned) -> list[str]:
    if tuned.design.units == 1:
        return []
    lines = (
        f"  study {each.trial.study}: {setting_text(each.trial.settings)} ({percent(each.accuracy)})"
        for each in tuned.by_study
    )
    return ["the best of each study:", *lines]


def _chosen(tuned: Tuned) -> str:
    best = tuned.chosen
    return (
        f"chosen: {setting_text(best.trial.settings)}, validation accuracy {percent(best.accuracy)} (a little too "
        "high: it is the best of all)"
    )


def command(tuned: Tuned) -> str:
    """Return the command that trains at the chosen setting."""
    return f"train with it: {train_command(tuned.config)}"


def tuned_record(tuned: Tuned) -> dict[str, Any]:
    """Return everything for ``--json``."""
    return {
        "folder": str(tuned.folder),
        "design": tuned.design.to_dict(),
        "trials": [each.to_dict() for each in tuned.trials],
        "chosen": tuned.chosen.to_dict(),
        "config": tuned.config.to_dict(),
        "command": train_command(tuned.config),
    }
