"""Explanations and likely label errors as plain text for a terminal."""

from collections.abc import Sequence
from pathlib import Path

from ..explanation.findings import Explanation, ImageExplanation
from ..explanation.label_errors import LabelRanking
from .columns import aligned, shortened
from .explanation_words import answer, maps_caption, missed, reasons, verdict
from .wording import counted, percent, printable

NAME = 24  # columns of a class's name
FILE = 48  # columns of a file's name


def explanation_text(explanation: Explanation, written: Sequence[Path]) -> str:
    """Return an explanation for a person to read.

    Args:
        explanation: of a run.
        written: its files, the page first; the report that shows it, where there is one.
    """
    notes = [f"note: {each}" for each in explanation.notes]
    parts = [
        [f"{explanation.title}, {explanation.split} split", *notes],
        *([*_about(each), *_layers(each)] for each in explanation.images),
        [missed(explanation)],
        *(_about(each) for each in explanation.wrong),
        _files(written),
    ]
    return "\n\n".join("\n".join(map(printable, lines)) for lines in parts)


def _files(written: Sequence[Path]) -> list[str]:
    count = sum(path.suffix == ".png" for path in written)
    page, *others = (path for path in written if path.suffix == ".html")
    shown = [f"The chief ones are also in {report}" for report in others]
    return [f"{counted(count, 'picture')} beside {page}", *shown]


def _about(image: ImageExplanation) -> list[str]:
    name = shortened(printable(image.subject.name), FILE)
    lines = [f"{name}: {verdict(image)}  ({answer(image)})"]
    return [*lines, *(f"    {reason}" for reason in reasons(image))]


def _layers(image: ImageExplanation) -> list[str]:
    """Return how active each layer is: the maps themselves are in the pictures."""
    rows = []
    for name, values in image.maps.items():
        words = maps_caption(name, tuple(values.shape)).removeprefix(f"{name}: ")
        low, high = float(values.min()), float(values.max())
        rows.append((name, words, f"{low:.2f}", f"to {high:.2f}"))
    return [f"    {line}" for line in aligned(rows, words=2)] if rows else []


def label_errors_text(ranking: LabelRanking, most: int, written: Sequence[Path]) -> str:
    """Return the most doubtful labels for a person to read.

    Args:
        ranking: of the training images.
        most: how many to name.
        written: its files, the page first; the report that shows it, where there is one.
    """
    headings = ("rank", "image", "label", "", "looks like", "")
    rows = [
        (
            f"{rank}",
            shortened(printable(each.name or f"row {each.row}"), FILE),
            shortened(printable(each.given), NAME),
            percent(each.probability_given, 1),
            shortened(printable(each.suggested), NAME),
            percent(each.probability_suggested, 1) + (" *" if each.confident else "  "),
        )
        for rank, each in enumerate(ranking.suspects(most), start=1)
    ]
    return "\n".join(
        [
            *label_errors_summary(ranking),
            "",
            *aligned([headings, *rows], words=6),
            "",
            f"* doubted with confidence. All {len(ranking.labels):,} are ranked in {written[2]}",
            f"Look at them: {written[0]}",
        ]
    )


def label_errors_summary(ranking: LabelRanking) -> list[str]:
    """Return what was done and found, a sentence each."""
    doubted = int(ranking.confident.sum())
    return [
        f"{counted(len(ranking.labels), 'training label')}, each judged by a network that never saw its image.",
        f"The networks agree with {percent(ranking.accuracy)} of them, and doubt {doubted:,} with confidence.",
        "Weak networks doubt good labels too: look before you change one. Nothing was changed here.",
    ]
