"""Explanations in sentences, the same on the page and in the terminal, and as plain text."""

from collections.abc import Sequence
from math import prod
from pathlib import Path

from ...content.text import NAME, aligned, counted, percent, shortened
from ...errors import printable
from ...explanation.activations import WeightMaps
from ...explanation.findings import Explanation, Focus, ImageExplanation, Neighbour
from ...explanation.label_errors import LabelRanking
from .tiles import MOST, SIDE

FILE = 48  # columns of a file's name
LEAST = 0.01  # of probability: below a point, no part matters by itself
VERTICAL, HORIZONTAL = ("upper", "middle", "lower"), ("left", "middle", "right")


def answer(image: ImageExplanation) -> str:
    """Return the classes in their order: ``7 99.0%, then 1 0.6%, 3 0.2%``."""
    first, *others = (f"{name} {percent(share, 1)}" for name, share in image.ranking)
    return f"{first}, then {', '.join(others)}" if others else first


def verdict(image: ImageExplanation) -> str:
    """Return what it is and what it was taken for."""
    if image.true is None:
        return f"taken for {image.predicted}"
    return f"{image.true}, {'taken for ' + image.predicted if image.wrong else 'recognised'}"


def reasons(image: ImageExplanation) -> list[str]:
    """Return why the network says so, a sentence each: neighbours, then the part it leans on."""
    said = [votes(image)]
    if image.wrong and image.alike_true and image.alike_predicted:
        said.append(_closeness(image.alike_true, image.alike_predicted))
    if image.focus:
        said.append(leaning(image.focus, image.predicted))
    return [each for each in said if each]


def votes(image: ImageExplanation) -> str:
    """Return of which classes its nearest training images are."""
    if not image.alike:
        return ""
    total = len(image.alike)
    if len(image.votes) == 1:
        return f"All {total} nearest training images are {image.votes[0][0]}."
    said = [f"{count} {'is' if count == 1 else 'are'} {name}" for name, count in image.votes]
    return f"Of the {total} nearest training images {', '.join(said[:-1])} and {said[-1]}."


def _closeness(own: Neighbour, other: Neighbour) -> str:
    comparison = "nearer" if other.cosine > own.cosine else "farther"
    first, second = (f"nearest {each.label}" for each in (other, own))
    return f"The {first} (cosine {other.cosine:.2f}) is {comparison} than the {second} ({own.cosine:.2f})."


def leaning(focus: Focus, predicted: str) -> str:
    """Return which part speaks most for the answer.

    >>> leaning(Focus(0.1, 0.9, 0.314), "7")
    'Covering the upper right takes 31 points of probability from 7.'
    """
    if focus.loss < LEAST:
        return f"No single part decides: covering any takes less than a point from {predicted}."
    points = counted(round(100 * focus.loss), "point")
    return f"Covering the {region(focus)} takes {points} of probability from {predicted}."


def region(focus: Focus) -> str:
    """Return which ninth of the image a place lies in.

    >>> region(Focus(0.5, 0.5, 1.0)), region(Focus(0.9, 0.5, 1.0))
    ('middle', 'lower middle')
    """
    row, column = (min(2, int(3 * share)) for share in (focus.vertical, focus.horizontal))
    words = VERTICAL[row], HORIZONTAL[column]
    return words[0] if words[0] == words[1] else " ".join(words)


def missed(explanation: Explanation) -> str:
    """Return how many images of the split are wrong, and how many of them are shown."""
    count = f"{explanation.wrong_count:,} of {counted(explanation.count, 'image')}"
    said = f"{count} of the {explanation.split} split got another class than their own."
    shown = len(explanation.wrong)
    if shown and shown < explanation.wrong_count:
        said += f" Shown: the {shown} that the network was surest of."
    return said


def maps_caption(name: str, shape: Sequence[int]) -> str:
    """Return what a picture of feature maps shows.

    >>> maps_caption("conv2", (128, 7, 7)), maps_caption("fc1", (10,))
    ('conv2: the first 64 of 128 maps of 7 × 7', 'fc1: 10 units')
    """
    if len(shape) != 3 or shape[1] * shape[2] == 1:
        return f"{name}: {counted(prod(shape), 'unit')}"
    first = f"the first {MOST} of " if shape[0] > MOST else ""
    return f"{name}: {first}{counted(shape[0], 'map')} of {shape[1]} × {shape[2]}"


def weights_caption(maps: WeightMaps) -> str:
    """Return what a picture of weights shows."""
    units, channels, height, width = maps.values.shape
    if maps.kind == "matrix":
        rows, columns = counted(height, "unit"), counted(width, "input")
        return f"{maps.layer}: a row for each of {rows}, a column for each of {columns}"
    noun = "kernel" if maps.kind == "kernels" else "unit"
    said = f"{maps.layer}: {counted(units, noun)}, {height} × {width}"
    if channels == 1:
        return said + (f"; the first {MOST}" if units > MOST else "")
    if channels == 3:
        return f"{said}, the three channels as red, green and blue"
    cut = f" (the first {SIDE} of each)" if max(units, channels) > SIDE else ""
    return f"{said}: a row a {noun}, a column for each of {channels} input channels{cut}"


def explanation_text(explanation: Explanation, written: Sequence[Path]) -> str:
    """Return an explanation for a person to read, and where it was ``written``: the page, last the report."""
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
    """Return the most doubtful labels, at ``most`` so many, for a person to read; their page was written first."""
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
    lines = [*label_errors_summary(ranking), "", *aligned([headings, *rows], words=6), ""]
    lines.append(f"* doubted with confidence. All {len(ranking.labels):,} are ranked in {written[2]}")
    return "\n".join([*lines, f"Look at them: {written[0]}"])


def label_errors_summary(ranking: LabelRanking) -> list[str]:
    """Return what was done and found, a sentence each."""
    doubted = int(ranking.confident.sum())
    return [
        f"{counted(len(ranking.labels), 'training label')}, each judged by a network that never saw its image.",
        f"The networks agree with {percent(ranking.accuracy)} of them, and doubt {doubted:,} with confidence.",
        "Weak networks doubt good labels too: look before you change one. Nothing was changed here.",
    ]
