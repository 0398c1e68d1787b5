"""``tuning.html``: how much a side's accuracy depends on its settings; the same as plain text and as a record."""

from pathlib import Path
from typing import Any

from ...comparison.tuned import Tuned
from ...comparison.tuning import TrialResult
from ...content.content import Item, Items, Page, Table, Text
from ...content.text import counted, duration, number, percent, table_lines
from ...storage import write_durably
from ..commands import train_command
from ..document import document, section
from .page import EXPLAINED, tuning_panels
from .text import setting_text


def write_page(tuned: Tuned, path: Path) -> None:
    """Write a tuned side's page."""
    write_durably(path, document(tuning_page(tuned)))


def tuning_page(tuned: Tuned) -> Page:
    """Return what stands on the page."""
    config, best = tuned.side.config, tuned.chosen
    about = f"{config.model}, {counted(config.epochs, 'epoch')}, batches of {config.batch_size}."
    said, settings = ("validation accuracy, the best of all trials", setting_text(best.trial.settings))
    trials = trials_table(tuned)
    drawn = tuning_panels({tuned.side.name: tuned.trials}, tuned.by_study)
    return Page(
        f"{tuned.side.name} tuned",
        f"{tuned.side.name} tuned on {config.data}",
        (Text("", (about,)), Items("", (Item(percent(best.accuracy), said, settings),), "headline")),
        (
            section("Sensitivity", EXPLAINED, *drawn.panels),
            section(trials.title, trials),
            section("Train with it", Text("", (train_command(tuned.config),), "command")),
        ),
    )


def tuned_text(tuned: Tuned) -> str:
    """Return the trials, the best first, what was chosen, and the command to train with it."""
    config, trials = tuned.side.config, tuned.trials
    head = (
        f"{tuned.side.name}: {config.model} on {config.data}; {counted(len(trials), 'trial')} in "
        f"{counted(tuned.design.units, 'study', 'studies')}, {duration(sum(t.seconds for t in trials))} of work"
    )
    best = tuned.chosen
    chosen = (
        f"chosen: {setting_text(best.trial.settings)}, validation accuracy {percent(best.accuracy)} (a little too "
        "high: it is the best of all)"
    )
    again = f"train with it: {train_command(tuned.config)}"
    return "\n".join([head, "", *table_lines(trials_table(tuned)), "", *_by_study(tuned), chosen, again])


def trials_table(tuned: Tuned) -> Table:
    """Return a row a trial, the best first: what was tried, and what it came to."""
    names = tuple(each.name for each in tuned.space.dimensions)
    headings = (*names, "val accuracy", "val loss", "forwards", "backwards", "seconds", "study", "")
    ordered = sorted(tuned.trials, key=lambda each: each.rank, reverse=True)
    rows = tuple(_cells(tuned, each, names) for each in ordered)
    return Table(counted(len(rows), "trial"), headings, rows, words=0)


def _cells(tuned: Tuned, each: TrialResult, names: tuple[str, ...]) -> tuple[str, ...]:
    measured = ("diverged", "-") if each.diverged else (percent(each.accuracy), number(each.loss))
    widened = "wider range" if each.trial.widening else ""
    tried = (f"{each.trial.settings[name]:g}" for name in names)
    cost = (f"{each.forwards:,}", f"{each.backwards:,}", f"{each.seconds:.2f}", str(each.trial.study))
    return (*tried, *measured, *cost, "chosen" if each.trial == tuned.chosen.trial else widened)


def _by_study(tuned: Tuned) -> list[str]:
    if tuned.design.units == 1:
        return []
    lines = (
        f"  study {each.trial.study}: {setting_text(each.trial.settings)} ({percent(each.accuracy)})"
        for each in tuned.by_study
    )
    return ["the best of each study:", *lines]


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
