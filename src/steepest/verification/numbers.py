"""Are a claim's numbers such as runs on its data can give? No number is taken on trust that follows from another.

data by name -> images in the table, a validation fraction -> images trained on -> steps of an epoch
right images / images = accuracy        steps = steps of an epoch * epochs        passes >= steps
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

from ..comparison.comparison import Comparison
from ..comparison.results import Result, unpacked
from ..comparison.tuning import TrialResult
from ..config import Config
from ..data.source import Source
from ..data.table import TABLE, find
from ..errors import UserError
from .findings import Refuted

TRIED = 1000  # totals, where the data are in no table and nearly all images are held out
WHOLE = 1e-6  # how near to a whole number a count of right images must lie


@dataclass(frozen=True)
class Sizes:
    """How many images a side can have had: one number each, where the total is known.

    Args:
        train: to train on.
        validation: held out; empty where nobody can say, since the data bring their own.
    """

    train: frozenset[int]
    validation: frozenset[int]


def sizes_of(comparison: Comparison) -> dict[str, Sizes]:
    """Return how many images each side can have had, by what the first side trained on."""
    first = comparison.question.sides[0].config
    source = _source(first)
    totals = [source.train] if source else _totals(comparison.circumstances.train_images, first.val)
    return {side.name: _sizes(totals, side.config.val) for side in comparison.question.sides}


def _source(config: Config) -> Source | None:
    """Return the dataset of the table that a config names; None for a folder, of which nothing is known.

    Raises:
        UserError: it asks for classes that cannot be.
    """
    return find(config.data) if config.data.partition(":")[0] in TABLE else None


@cache
def _totals(train: int, fraction: float) -> tuple[int, ...]:
    """Return the numbers of images of which a fraction held out leaves so many."""
    near = round(train / (1 - fraction))
    reach = min(TRIED, ceil(1 / (1 - fraction)) + 1)
    around = range(max(train, near - reach), near + reach + 1)
    return tuple(total for total in around if total - round(fraction * total) == train)


def _sizes(totals: Iterable[int], fraction: float) -> Sizes:
    held = {total: round(fraction * total) for total in totals}
    validation = frozenset(held.values()) if fraction else frozenset[int]()
    return Sizes(frozenset(total - out for total, out in held.items()), validation)


def check_data(claim: Mapping[str, Any], comparison: Comparison) -> str:
    """Its counts of images are those of its data, and all sides were measured on the same test images."""
    there, sides = comparison.circumstances, comparison.question.sides
    data = sides[0].config.data
    if odd := [side for side in sides if side.config.data != data]:
        raise Refuted(f"{odd[0].name} is measured on {odd[0].config.data}, and {sides[0].name} on {data}.")
    try:
        source = _source(sides[0].config)
    except UserError as error:
        raise Refuted(f"{data} cannot be: {error}") from error
    if source is not None:
        held = round(sides[0].config.val * source.train)
        wanted = {"classes": len(source.classes), "train_images": source.train - held, "test_images": source.test}
        for name, count in wanted.items():
            if getattr(there, name) != count:
                raise Refuted(f"{name} is {getattr(there, name):,}, and {data} has {count:,}.")
    tests = {hashes.get("test", "none") for hashes in there.hashes.values()}
    if len(tests) > 1:
        raise Refuted(f"the test images have several SHA-256, such as {' and '.join(sorted(tests)[:2])}.")
    known = f"as many images as {data} has" if source else "its number of images is in no table"
    return f"{there.train_images:,} to train on and {there.test_images:,} to test: {known}"


def check_numbers(claim: Mapping[str, Any], comparison: Comparison) -> str:
    """Numbers are such as a run can have."""
    sizes = sizes_of(comparison)
    configs = {side.name: side.config for side in comparison.question.sides}
    for trial in comparison.trials:
        if trial.trial.side in sizes:  # of others is told elsewhere
            _check_trial(trial, sizes[trial.trial.side], configs[trial.trial.side])
    for each in comparison.results:
        if each.side not in sizes:
            continue
        name = f"{each.side} with seed {each.seed}"
        _check_result(name, each, comparison)
        _check_work(name, each, sizes[each.side], configs[each.side])
        _check_arrival(name, each, sizes[each.side], comparison)
    if len({each.correct for each in comparison.results if each.diverged}) > 1:
        raise Refuted("runs that diverged have several lists of right images, and all name the first class.")
    return "every accuracy is a number of right images, every run has at least a pass a step"


def _check_trial(each: TrialResult, sizes: Sizes, config: Config) -> None:
    trial = each.trial
    name = f"trial {trial.number} of {trial.side} in study {trial.study}"
    if each.diverged != (each.loss == float("inf")):
        said = "diverged" if each.diverged else "did not diverge"
        raise Refuted(f"{name} {said}, with the loss {each.loss:g}.")
    if each.diverged:
        return
    if sizes.validation and not any(_is_count(each.accuracy, images) for images in sizes.validation):
        counts = " or ".join(f"{count:,}" for count in sorted(sizes.validation)[:3])
        raise Refuted(f"{name} has the accuracy {each.accuracy}, which {counts} validation images cannot give.")
    _check_passes(name, each, min(_steps(sizes, config)))


def _check_result(name: str, each: Result, comparison: Comparison) -> None:
    images, classes = comparison.circumstances.test_images, comparison.circumstances.classes
    possible = each.accuracy == 1 / classes if each.diverged else _is_count(each.accuracy, images)
    if not possible:
        raise Refuted(f"{name} has the accuracy {each.accuracy}, which {images:,} images cannot give.")
    if each.diverged != (not each.weights) or (each.diverged and each.loss != float("inf")):
        said = "diverged" if each.diverged else "did not diverge"
        raise Refuted(f"{name} {said}, with the loss {each.loss:g} and weights `{each.weights}`.")
    if comparison.question.criterion.images:
        count, right = int(unpacked(each.correct, images).sum()), each.accuracy * images
        if not each.diverged and count != round(right):
            raise Refuted(f"{name} has {count} right images one by one, and {right:.0f} by its accuracy.")


def _check_work(name: str, each: Result, sizes: Sizes, config: Config) -> None:
    """Its steps are those of its epochs, and these as many as were asked."""
    steps = {count * each.epochs for count in _steps(sizes, config)}
    if each.steps not in steps:
        counts = " or ".join(f"{count:,}" for count in sorted(steps)[:3])
        raise Refuted(f"{name} has {each.steps:,} steps in {each.epochs:,} epochs, and its images make {counts}.")
    if each.epochs > config.epochs or not (each.diverged or config.patience or each.epochs == config.epochs):
        raise Refuted(f"{name} has {each.epochs:,} epochs, and {config.epochs:,} were asked.")
    if not each.diverged:
        if not each.epochs:
            raise Refuted(f"{name} has no epoch.")
        _check_passes(name, each, each.steps)


def _check_passes(name: str, each: TrialResult | Result, steps: int) -> None:
    if each.forwards < steps or each.backwards > each.forwards:
        raise Refuted(
            f"{name} has {each.forwards:,} forward and {each.backwards:,} backward passes in {steps:,} steps: "
            "fewer forward than steps, or than backward."
        )


def _check_arrival(name: str, each: Result, sizes: Sizes, comparison: Comparison) -> None:
    found, target = each.arrival, comparison.question.criterion.target
    if found is None:
        return
    if target is None:
        raise Refuted(f"{name} arrived at a target, and none was asked.")
    config = comparison.question.side(each.side).config
    if not (0 < found.steps <= each.steps and 0 < found.passes <= each.passes):
        raise Refuted(f"{name} arrived at the target after its training was over.")
    if all(found.steps % count for count in _steps(sizes, config)):
        raise Refuted(f"{name} arrived after {found.steps:,} steps, where no epoch ends.")


def _is_count(accuracy: float, images: int) -> bool:
    right = accuracy * images
    return abs(right - round(right)) < WHOLE


def _steps(sizes: Sizes, config: Config) -> set[int]:
    """Return how many steps an epoch can have had."""
    return {ceil(train / config.batch_size) for train in sizes.train}
