"""A claim: everything that a comparison rests on in one JSON file, for others to check.

format, made           of the file, and when it was written
question               sides with their configs, pairs, design, criterion
program, files         SHA-256 of this package's code, and of every file of the user's
circumstances          data hashes by side and unit, environments with plans
trials, results        each with its settings, seed, numbers, costs and the SHA-256 of its weights
verdicts               for each pair
earlier                what was asked of the same sides before, in the same folder
sha256                 of all of it
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import IntegrityError, UserError
from ..storage import json_hash, write_durably
from .claim_kinds import check_kinds
from .comparison import Circumstances, Comparison
from .fingerprints import file_hashes, program_hash
from .question import Question
from .results import Result
from .tuning import TrialResult

FORMAT = 2  # raised when an older steepest could not read it
DIGEST = "sha256"


def claim_of(comparison: Comparison, earlier: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return a comparison as a claim.

    Args:
        comparison: complete.
        earlier: what was asked of the same sides before.
    """
    claim = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "question": comparison.question.to_dict(),
        "program": program_hash(),
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
    if kind != FORMAT:
        raise IntegrityError(
            f"{path} has the format {kind}; this steepest reads {FORMAT}. Use the version it was made with."
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
        raise IntegrityError(
            f"The claim is not complete: {type(error).__name__}: {error}."
        ) from error
    return comparison
