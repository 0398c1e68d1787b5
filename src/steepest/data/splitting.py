"""Images held out of the training split: exact in number, fair to every class, the same for a seed."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..errors import DataError, UserError
from ..randomness import generator
from .dataset import Dataset


def hold_out(dataset: Dataset, fraction: float, *, seed: int = 0, stratified: bool = True) -> Dataset:
    """Return the dataset with part of its training images as its validation split.

    Both parts keep the order that the images had: the order of training comes from ``batch_order``.

    Args:
        dataset: one that brings no validation split of its own.
        fraction: of the N training images, above 0 and below 1; ``round(fraction * N)`` are held out.
        seed: the draw is a function of it and of the labels.
        stratified: hold out every class in proportion, rather than any images.

    Raises:
        UserError: the fraction is not between 0 and 1, or leaves one side empty.
        DataError: the dataset has a validation split, or a class has too few images for both sides.
    """
    if not 0 < fraction < 1:
        raise UserError(f"The validation fraction is {fraction:g}; it must lie above 0 and below 1, such as 0.2.")
    total = len(dataset.train)
    count = round(fraction * total)
    if count in (0, total):
        raise UserError(
            f"A fraction of {fraction:g} of {total} training images is {count}: "
            "one side would be empty. Give another fraction, or more images."
        )
    draw = generator(seed, "validation split")
    if stratified:
        rows = stratified_rows(dataset.train.labels, count, dataset.classes, draw)
    else:
        rows = torch.randperm(total, generator=draw)[:count]
    return hold_out_rows(dataset, rows)


def hold_out_rows(dataset: Dataset, rows: Tensor | Sequence[int]) -> Dataset:
    """Return the dataset with these training rows as its validation split, both parts in row order.

    Raises:
        DataError: the dataset has a validation split, or the rows are repeated, outside, or all there are.
    """
    if dataset.validation is not None:
        raise DataError(
            f"{dataset.name} brings its own validation split of {len(dataset.validation):,} images. "
            "Train without holding out more (leave the validation fraction away)."
        )
    total = len(dataset.train)
    chosen = torch.as_tensor(rows, dtype=torch.int64).sort().values
    _check_rows(dataset.name, chosen, total)
    held = torch.zeros(total, dtype=torch.bool)
    held[chosen] = True
    rest = (~held).nonzero().flatten()
    return replace(dataset, train=dataset.train.take(rest), validation=dataset.train.take(chosen))


def _check_rows(name: str, rows: Tensor, total: int) -> None:
    if len(rows) == 0 or len(rows) >= total:
        raise DataError(
            f"{len(rows)} validation rows were given for the {total} training images of {name}; "
            f"give 1 to {total - 1}, each once."
        )
    low, high = int(rows[0]), int(rows[-1])
    if low < 0 or high >= total:
        raise DataError(
            f"The validation rows run from {low} to {high}; {name} has training rows 0 to {total - 1}."
        )
    repeated = rows[1:][rows.diff() == 0]
    if len(repeated):
        raise DataError(f"Validation row {int(repeated[0])} is given more than once.")


def stratified_rows(labels: Tensor, count: int, classes: Sequence[str], draw: torch.Generator) -> Tensor:
    """Return ``count`` rows, ascending, in which every class has its share; see ``class_counts``.

    Args:
        labels: [N] int64, each the index of a class.
        count: how many rows to draw, fewer than N.
        classes: the K names, for the error's sentence.
        draw: one permutation of N is taken from it.

    Raises:
        DataError: a class has too few images to stand on both sides.
    """
    sizes = torch.bincount(labels, minlength=len(classes)).tolist()
    quotas = class_counts(sizes, count, classes)
    shuffled = torch.randperm(len(labels), generator=draw)
    of_class = labels[shuffled]
    parts = [shuffled[of_class == label][:quota] for label, quota in enumerate(quotas)]
    return torch.cat(parts).sort().values


def class_counts(sizes: Sequence[int], count: int, classes: Sequence[str]) -> list[int]:
    """Return how many of each class make up ``count``: shares by largest remainder, at least one a side.

    Each class gets the whole part of ``count * size / N``, and what is missing goes to the largest remainders,
    the first class first among equals. A class that would so vanish from one side keeps one image there.

    Raises:
        DataError: a class has one image only, or ``count`` is too small or too large for one a class.

    >>> class_counts([50, 30, 20], 10, ["a", "b", "c"])
    [5, 3, 2]
    >>> class_counts([97, 3], 10, ["common", "rare"])
    [9, 1]
    """
    lonely = [name for name, size in zip(classes, sizes, strict=True) if size == 1]
    if lonely:
        raise DataError(
            f"One image cannot stand on both sides of a split, and that is all there is of: "
            f"{', '.join(lonely)}. Add images or remove the class."
        )
    total, present = sum(sizes), sum(size > 0 for size in sizes)
    if not present <= count <= total - present:
        raise DataError(
            f"{count} of {total} images cannot hold, and leave, one image of each of {present} classes; "
            f"the number must lie between {present} and {total - present}. Give another fraction, "
            "more images, or a split that is not stratified."
        )
    quotas = [count * size / total for size in sizes]
    counts = [min(max(int(quota), 1), size - 1) if size else 0 for quota, size in zip(quotas, sizes, strict=True)]
    return _settle(counts, quotas, sizes, count)


def _settle(counts: list[int], quotas: list[float], sizes: Sequence[int], count: int) -> list[int]:
    """Add or take one image at a time, where it is owed most or least, until the total is exact."""
    labels = range(len(counts))
    while sum(counts) < count:
        open_labels = [label for label in labels if counts[label] < sizes[label] - 1]
        counts[max(open_labels, key=lambda label: quotas[label] - counts[label])] += 1
    while sum(counts) > count:
        open_labels = [label for label in labels if counts[label] > 1]
        counts[min(open_labels, key=lambda label: quotas[label] - counts[label])] -= 1
    return counts
