"""A claim: everything that a comparison rests on in one JSON file, for others to check.

format, made           of the file, and when it was written
question               sides with their configs, pairs, design, criterion
program, files         SHA-256 of the code that decides runs and verdicts, and of every file of the user's
circumstances          data hashes by side and unit, environments with plans
trials, results        each with its settings, seed, numbers, costs and the SHA-256 of its weights
verdicts               for each pair
earlier                what was asked of the same sides before, in the same folder
sha256                 of all of it
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import IntegrityError, UserError
from ..runs.environment import hashes_of_files
from ..storage import json_hash, write_durably
from .comparison import Circumstances, Comparison, place_of
from .program import program_hashes
from .question import Question
from .results import Result
from .tuning import Trial, TrialResult

FORMAT = 3  # raised when an older steepest could not read it
READ = (2, FORMAT)  # until 2, program was one hash of every file of the package
DIGEST = "sha256"
EXACT = (str, int, bool)  # kinds of which a claim's values must be, and no other that equals them


def claim_of(comparison: Comparison, earlier: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a comparison as a claim.

    Args:
        earlier: what was asked of the same sides before.
    """
    claim = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "question": comparison.question.to_dict(),
        "program": program_hashes(),
        "files": file_hashes(side.config for side in comparison.question.sides),
        "circumstances": asdict(comparison.circumstances),
        "notes": list(comparison.notes),
        "trials": [each.to_dict() for each in comparison.trials],
        "results": [each.to_dict() for each in comparison.results],
        "verdicts": verdict_rows(comparison),
        "earlier": earlier or [],
    }
    return sealed(claim)


def sealed(claim: Mapping[str, Any]) -> dict[str, Any]:
    """Return a claim with the hash of all that is in it."""
    content = {key: value for key, value in claim.items() if key != DIGEST}
    plain = json.loads(json.dumps(content))  # as it will be read back
    return {**plain, DIGEST: json_hash(plain)}


def verdict_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Return each pair's verdict with its numbers."""
    return [
        {
            "candidate": candidate,
            "reference": reference,
            **verdict.to_dict(),
            "correlation": comparison.correlations[candidate, reference],
        }
        for (candidate, reference), verdict in comparison.verdicts.items()
    ]


def write_claim(claim: Mapping[str, Any], path: Path) -> None:
    """Write a claim durably.

    Raises:
        UserError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent} to write {path.name} into.")
    write_durably(path, json.dumps(claim, indent=1) + "\n")


def read_claim(path: Path) -> dict[str, Any]:
    """Return what a claim's file holds; nothing of it is believed yet.

    Raises:
        UserError: there is no such file.
        IntegrityError: it is no claim.
    """
    try:
        claim = json.loads(path.read_text())
        kind = claim["format"]
    except FileNotFoundError:
        raise UserError(f"There is no claim {path}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{path} is no claim: it is no JSON with a format.") from error
    if kind not in READ:
        formats = " and ".join(map(str, READ))
        raise IntegrityError(
            f"{path} has the format {kind}; this steepest reads {formats}. Use the version it was made with."
        )
    return dict(claim)


def comparison_of(claim: Mapping[str, Any]) -> Comparison:
    """Return the comparison that a claim tells of, its verdicts to be found anew.

    Raises:
        IntegrityError: something is missing in it, or is not what it must be.
    """
    try:
        comparison = Comparison(
            question=Question.of(claim["question"]),
            trials=tuple(TrialResult.of(each) for each in claim["trials"]),
            results=tuple(Result.of(each) for each in claim["results"]),
            circumstances=Circumstances(**claim["circumstances"]),
            notes=tuple(claim["notes"]),
        )
        check_kinds(claim, comparison)
    except UserError as error:
        raise IntegrityError(f"The claim asks for what steepest refuses: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"The claim is not complete: {type(error).__name__}: {error}.") from error
    return comparison


def check_kinds(claim: Mapping[str, Any], comparison: Comparison) -> None:
    """Refuse values that no claim can have, so that nothing that checks it stumbles over them.

    Args:
        claim: as read.
        comparison: built from it; nothing of it is believed yet.

    Raises:
        KeyError: something is missing.
        TypeError: something is of another kind.
        ValueError: a number is none, or names what is not there.
    """
    program = claim["program"]
    whole = program if isinstance(program, str) else program["runs"] + program["verdicts"]
    _need(isinstance(whole, str), "program is no text")
    _need(isinstance(claim["earlier"], list), "earlier is no list")
    _need(all(isinstance(each, dict) for each in claim["verdicts"]), "a verdict is no table")
    files = claim["files"]
    _need(all(isinstance(each, str) for pair in files.items() for each in pair), "files hold no text")
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


def same_program(claim: Mapping[str, Any], part: str) -> bool:
    """Return whether this steepest decides as the one that made a claim did.

    Args:
        claim: of a known format; the one hash of format 2 is never that of a part.
        part: ``runs`` or ``verdicts``.
    """
    program = claim["program"]
    return isinstance(program, Mapping) and program[part] == program_hashes()[part]


def file_hashes(configs: Iterable[Config]) -> dict[str, str]:
    """Return the SHA-256 of every file of the user's that configs name, by path."""
    found: dict[str, str] = {}
    for config in configs:
        for files in hashes_of_files(config).values():
            found |= files
    return found
