"""What the values of a claim must be, so that nothing that checks it stumbles over them."""

from collections.abc import Mapping
from dataclasses import fields
from math import isnan
from typing import Any

from .comparison import Comparison, place_of
from .results import Result
from .tuning import Trial, TrialResult

EXACT = (str, int, bool)


def check_kinds(claim: Mapping[str, Any], comparison: Comparison) -> None:
    """Refuse values that no claim can have.

    Args:
        claim: as read.
        comparison: built from it; nothing of it is believed yet.

    Raises:
        KeyError: something is missing.
        TypeError: something is of another kind.
        ValueError: a number is none, or names what is not there.
    """
    _need(isinstance(claim["program"], str), "program is no text")
    _need(isinstance(claim["earlier"], list), "earlier is no list")
    _need(all(isinstance(each, dict) for each in claim["verdicts"]), "a verdict is no table")
    files = claim["files"]
    _need(
        all(isinstance(each, str) for pair in files.items() for each in pair), "files hold no text"
    )
    there = comparison.circumstances
    counts = (there.classes, there.train_images, there.test_images)
    _need(all(type(each) is int and each > 0 for each in counts), "a count of images is none")
    _need(bool(there.environments), "there is no environment")
    for each in there.environments:
        _need(isinstance(each["plan"], dict), "a plan is no table")
    for trial in comparison.trials:
        _check(trial.trial)
        _check(trial)
    for result in comparison.results:
        _check(result)
        _need(0 <= result.made < len(there.environments), f"environment {result.made} is missing")
        _ = there.hashes[place_of(result.side, result.unit)]


def _check(record: Trial | TrialResult | Result) -> None:
    """Refuse a field of another kind than it is declared to have."""
    for each in fields(record):
        value = getattr(record, each.name)
        if each.type is float:
            _need(type(value) in (int, float) and not isnan(value), f"{each.name} is {value!r}")
        elif each.type in EXACT:
            _need(type(value) is each.type, f"{each.name} is {value!r}")
    if isinstance(record, Result | TrialResult):
        _need(0 <= record.accuracy <= 1, f"the accuracy is {record.accuracy!r}")
    else:
        numbers = record.settings.values()
        _need(all(type(each) in (int, float) for each in numbers), "a setting is no number")


def _need(holds: bool, said: str) -> None:
    if not holds:
        raise ValueError(said)
