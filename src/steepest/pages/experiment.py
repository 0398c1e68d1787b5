"""An experiment's page, as text for a terminal, and its files: published beside ours, faults and answers.

report.html        everything, in one file
result.json        every number, for other programs and for the documentation
pictures/          each plot and each sheet of images as a PNG file, drawings as SVG
"""

import json
import re
from collections.abc import Iterator, Sequence
from math import floor, isfinite, log10
from pathlib import Path
from textwrap import wrap

from ..content.content import Cell, Content, Figure, Item, Items, Network, Page, Table, Text, Words
from ..content.png import png_of
from ..content.svg import svg_of
from ..content.text import aligned, counted, duration, number, table_lines
from ..errors import printable
from ..experiments.experiment import Experiment
from ..experiments.reproduction import (
    AGREES,
    AGREES_RECOMPUTED,
    DIFFERS,
    DIFFERS_RECOMPUTED,
    QUICK,
    UNPUBLISHED,
    Agreement,
    Reproduction,
)
from .document import document, section, write_files

TABLE, FAULTS, QUESTIONS = "Published and ours", "Faults, and how they are mended", "Questions"
SCIENTIFIC_BELOW = 1e-4
MORE = 1  # digits of ours beyond the published ones, where ours is a mean
SIGNS = {AGREES: "✓", AGREES_RECOMPUTED: "✓", DIFFERS: "✗", DIFFERS_RECOMPUTED: "✗"}
WORDED = (True, False, False, False, False, True, False)  # columns of words
HEADINGS = ("figure", "published", "ours", "sd", "n", "", "seconds")
WIDTH = 100  # columns of prose in a terminal
PAGE, RESULT, PICTURES = "report.html", "result.json", "pictures"
LONGEST = 60  # characters of a file's name
OURS = re.compile(r"\d{2}-[a-z0-9-]*\.(png|svg)")


def experiment_page(done: Reproduction) -> Page:
    """Return what stands on the page."""
    experiment = done.experiment
    about = [" ".join(each.split()) for each in experiment.about.split("\n\n") if each.strip()]
    source = (f"Published in {experiment.source}.",) if experiment.source else ()
    parts = [section(TABLE, _said(done), main_table(done))] if done.figures else []
    parts += [section(each.title, *each.contents) for each in done.sections]
    if experiment.faults:
        faults = tuple(Item(each.what, each.mended) for each in experiment.faults)
        parts.append(section(FAULTS, Items("", faults)))
    if experiment.questions:
        parts.append(section(QUESTIONS, *_questions(experiment)))
    head = (
        Text("", source, "quiet"),
        _facts(done),
        Text("", done.notes, "note"),
        Text("", tuple(about)),
        Text("", (done.command,), "command"),
    )
    return Page(experiment.title, experiment.title, head, tuple(parts))


def _facts(done: Reproduction) -> Items:
    agree, differ = done.counts
    compared = f"{agree} of {agree + differ}" if agree + differ else "none compared"
    facts = {"figures that agree": compared}
    if done.experiment.cases:
        facts |= {"training time": duration(done.seconds), "seeds": str(done.seeds)}
    facts |= {"made on": done.made.get("date", "")}
    return Items("", tuple(Item(said, what) for said, what in facts.items()), "facts")


def _said(done: Reproduction) -> Text:
    said = (
        f"{summary_of(done)}. Ours is the mean over n seeds, with its standard deviation. A published figure "
        "agrees if it lies within 3 sd × √(1 + 1/n) of our mean, within half a unit of its last printed digit, or "
        "within a tolerance that the experiment states."
    )
    return Text("", (said,), "quiet")


def main_table(done: Reproduction, *, why: bool = True) -> Table:
    """Return a row a figure: published, ours, and whether they agree; with signs and reasons if ``why``."""
    rows: list[tuple[Cell, ...]] = []
    for figure, found in zip(done.figures, done.agreements, strict=True):
        *numbers, verdict, seconds = figure_cells(figure, found)
        kind, sign = found.verdict.partition(":")[0].replace(" ", "-"), SIGNS.get(found.verdict, "")
        told = Words(f"{sign} {verdict}".strip(), kind, found.why)
        rows.append((*numbers, told if why else verdict, seconds))
    return Table(TABLE, HEADINGS, tuple(rows), words=WORDED, style="figures", labelled=True)


def _questions(experiment: Experiment) -> Iterator[Content]:
    for each in experiment.questions:
        yield Text(each.asks, (each.answer,))
        if each.command:
            yield Text("", (each.command,), "command")


def spelled_as(value: float, figure: Figure, more: int = 0) -> str:
    """Return a value with as many digits as the figure was published with.

    Args:
        value: in the figure's own unit, such as a fraction in [0, 1].
        figure: whose digits and unit count.
        more: further digits.

    >>> figure = Figure("test accuracy", 0.9826, (0.98301,), unit="%", digits=4)
    >>> spelled_as(0.9826, figure), spelled_as(0.98301, figure, more=1)
    ('98.26%', '98.301%')
    >>> spelled_as(1.279e-13, Figure("loss", 1.279e-13, (1.28e-13,), digits=16))
    '1.279e-13'
    """
    if not isfinite(value):
        return number(value)
    digits = figure.digits + more
    if figure.unit == "%":
        return f"{value:.{max(0, digits - 2)}%}"
    size = abs(figure.published or figure.ours[0] or 1.0)
    if size < SCIENTIFIC_BELOW:
        return f"{value:.{max(0, digits + floor(log10(size)))}e}"
    return f"{value:,.{digits}f}"


def figure_cells(figure: Figure, found: Agreement) -> tuple[str, ...]:
    """Return the cells of a figure's row: see ``HEADINGS``; the reason is left to the caller."""
    averaged = found.seeds > 1 and not figure.exact
    more = MORE if averaged else 0
    return (
        figure.name,
        _published(figure),
        spelled_as(found.mean, figure, more),
        "" if found.deviation is None or not averaged else spelled_as(found.deviation, figure, 1),
        str(found.seeds),
        found.verdict,
        "" if figure.seconds is None else duration(figure.seconds),
    )


def _published(figure: Figure) -> str:
    if figure.published is None:
        return ""
    said = spelled_as(figure.published, figure)
    return f"recomputed {said}" if figure.recomputed else said


def summary(verdicts: Sequence[str]) -> str:
    """Return how many figures agree, in words; what was recomputed is counted apart.

    >>> summary(["agrees"] * 3 + ["differs"] + ["not published"] * 2)
    '3 agree, 1 differs, 2 not published'
    >>> summary(["agrees", "differs", "differs", "agrees with the recomputed"])
    '1 agrees, 2 differ, 1 agrees with a recomputed value'
    """
    agree, differ = verdicts.count(AGREES), verdicts.count(DIFFERS)
    same, other = verdicts.count(AGREES_RECOMPUTED), verdicts.count(DIFFERS_RECOMPUTED)
    unpublished, incomparable = verdicts.count(UNPUBLISHED), verdicts.count(QUICK)
    parts = [f"{agree} agree{'s' * (agree == 1)}", f"{differ} differ{'s' * (differ == 1)}"]
    for verb, joint, count in (("agree", "with", same), ("differ", "from", other)):
        if count:
            one = f"1 {verb}s {joint} a recomputed value"
            parts.append(one if count == 1 else f"{count} {verb} {joint} recomputed values")
    parts += [f"{unpublished} not published"] * bool(unpublished)
    parts += [f"{incomparable} not comparable"] * bool(incomparable)
    return ", ".join(parts)


def reproduction_text(done: Reproduction) -> str:
    """Return the main table, the reasons below it, and the notes."""
    lines = [f"{done.experiment.name}: {done.experiment.title}", ""]
    lines += table_lines(main_table(done, why=False)) if done.figures else ["no figures"]
    if reasons := _reasons(done):
        lines += ["", *reasons]
    lines += ["", f"{summary_of(done)}; training took {duration(done.seconds)}"]
    for note in done.notes:
        lines += _paragraph(f"note: {note}")
    return "\n".join(lines)


def _reasons(done: Reproduction) -> list[str]:
    """Return a paragraph for each reason, with the figures that it belongs to."""
    found: dict[str, list[str]] = {}
    for figure in done.figures:
        if figure.why:
            found.setdefault(figure.why, []).append(figure.name)
    return [line for why, names in found.items() for line in _paragraph(f"{_listed(names)}: {why}")]


def _paragraph(text: str) -> list[str]:
    return wrap(printable(text), WIDTH, subsequent_indent="  ", break_on_hyphens=False)


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
        (each.name, str(sum(case.seeds or each.seeds for case in each.cases)), each.title) for each in experiments
    ]
    return "\n".join(aligned(rows, [True, False, True]))


def all_text(done: Sequence[Reproduction]) -> str:
    """Return a line a reproduction."""
    rows = [(each.experiment.name, duration(each.seconds), summary_of(each)) for each in done]
    return "\n".join([*aligned(rows, [True, False, True]), f"{counted(len(done), 'experiment')} reproduced"])


def write_reproduction(done: Reproduction, folder: Path) -> list[Path]:
    """Write the page, the pictures and the numbers; return their paths, the page first.

    Pictures that an earlier reproduction left are taken away.

    Raises:
        OSError: the disk is full or read-only.
    """
    pages: list[tuple[str, str | bytes]] = [
        (PAGE, document(experiment_page(done))),
        (RESULT, json.dumps(done.to_dict(), indent=1) + "\n"),
    ]
    contents = (content for section in done.sections for content in section.contents)
    drawn = enumerate((each for content in contents for each in _pictures(content)), start=1)
    pictures = ((f"{number:02d}-{name}", made) for number, (name, made) in drawn)
    return [
        *write_files(folder, pages, re.compile(f"{PAGE}|{RESULT}")),
        *write_files(folder / PICTURES, pictures, OURS),
    ]


def _pictures(content: Content) -> Iterator[tuple[str, str | bytes]]:
    name = plain(getattr(content, "title", ""))
    if isinstance(content, Network):
        yield f"{name}.svg", f"{svg_of(content)}\n"
    elif (picture := png_of(content)) is not None:
        yield f"{name}.png", picture


def plain(title: str) -> str:
    """Return a title as part of a file's name.

    >>> plain("The ten columns of w, heavy ball 0.9")
    'the-ten-columns-of-w-heavy-ball-0-9'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower())[:LONGEST].strip("-")
