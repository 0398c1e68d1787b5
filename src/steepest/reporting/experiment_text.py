"""A reproduction as plain text for a terminal."""

from collections.abc import Sequence
from textwrap import wrap

from ..experiments.experiment import Experiment
from ..experiments.reproduction import Reproduction
from .columns import aligned
from .experiment_numbers import HEADINGS, figure_cells, summary
from .wording import counted, duration, printable

WIDTH = 100
INDENT = "  "
VERDICT = HEADINGS.index("")  # the column of words


def reproduction_text(done: Reproduction) -> str:
    """Return the main table, the reasons below it, and the notes."""
    rows = [
        figure_cells(figure, found)
        for figure, found in zip(done.figures, done.agreements, strict=True)
    ]
    lines = [f"{done.experiment.name}: {done.experiment.title}", ""]
    lines += _table(rows)
    if reasons := _reasons(done):
        lines += ["", *reasons]
    lines += ["", f"{summary_of(done)}; training took {duration(done.seconds)}"]
    for note in done.notes:
        lines += _paragraph(f"note: {note}")
    return "\n".join(lines)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return ["no figures"]
    shown = (HEADINGS, *rows)
    numbers = aligned([row[:VERDICT] for row in shown], words=1)
    width = max(map(len, numbers))
    # the verdict is words, and is set to the left; behind it the seconds are numbers again
    ends = aligned([(row[VERDICT], row[VERDICT + 1]) for row in shown], words=1)
    return [f"{line:<{width}}  {end}".rstrip() for line, end in zip(numbers, ends, strict=True)]


def _reasons(done: Reproduction) -> list[str]:
    """Return a paragraph for each reason, with the figures that it belongs to."""
    found: dict[str, list[str]] = {}
    for figure in done.figures:
        if figure.why:
            found.setdefault(figure.why, []).append(figure.name)
    lines = []
    for why, names in found.items():
        said = f"{_listed(names)}: {why}"
        lines += _paragraph(said)
    return lines


def _paragraph(text: str) -> list[str]:
    return wrap(printable(text), WIDTH, subsequent_indent=INDENT, break_on_hyphens=False)


def _listed(names: Sequence[str]) -> str:
    """Return names with commas; of many the first, the last and how many.

    >>> _listed(["a", "b", "c", "d", "e"])
    'a ... e (5 figures)'
    """
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]} ... {names[-1]} ({len(names)} figures)"


def summary_of(done: Reproduction) -> str:
    """Return how many of a reproduction's figures agree, in words."""
    return summary([each.verdict for each in done.agreements])


def experiments_table(experiments: Sequence[Experiment]) -> str:
    """Return a line an experiment: its name, what is trained, how many figures are published, its title."""
    rows = [("experiment", "runs", "title")]
    rows += [
        (
            each.name,
            str(sum(case.seeds or each.seeds for case in each.cases)),
            each.title,
        )
        for each in experiments
    ]
    numbers = aligned([row[:-1] for row in rows], words=1)
    return "\n".join(f"{line}  {row[-1]}" for line, row in zip(numbers, rows, strict=True))


def all_text(done: Sequence[Reproduction]) -> str:
    """Return a line a reproduction."""
    rows = [(each.experiment.name, duration(each.seconds), summary_of(each)) for each in done]
    numbers = aligned([row[:-1] for row in rows], words=1)
    lines = [f"{line}  {row[-1]}" for line, row in zip(numbers, rows, strict=True)]
    return "\n".join([*lines, f"{counted(len(done), 'experiment')} reproduced"])
