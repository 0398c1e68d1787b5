"""A claim: everything that a comparison rests on in one JSON file, for others to check.

format, made           of the file, and when it was written
question               sides with their configs, pairs, design, criterion
program, files         SHA-256 of the code that decides runs and verdicts, and of every file of the user's
circumstances          data hashes by side and unit, environments with plans
trials, results        each with its settings, seed, numbers, costs and the SHA-256 of its weights
tunings                of each side that is tuned: its search space, and its trials in a study
verdicts               for each pair
earlier                what was asked of the same sides before, in the same folder
sha256                 of all of it
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import IntegrityError, UserError
from ..runs.program import program_hashes
from ..storage import json_hash, write_durably
from ..storage.schema import read_json
from .comparison import Circumstances, Comparison
from .kinds import CLAIMS, check_claim_kinds
from .question import Question
from .results import Result
from .space import Dimension, Space
from .tuning import SideTuning, TrialResult

# Raised when an older steepest could not read it. Until 2, program was one hash of every file of the package;
# until 3, only the rules knew their search spaces.
FORMAT = max(CLAIMS)
DIGEST = "sha256"


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
        "tunings": {name: _laid_down(each) for name, each in comparison.question.tunings().items()},
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
    """Return what a claim's file holds, of which every field is of its kind; no number of it is believed yet.

    Raises:
        UserError: there is no such file.
        IntegrityError: it is no claim.
    """
    claim: dict[str, Any] = read_json(path, check_claim_kinds, "claim")
    if claim["format"] not in CLAIMS:
        formats = ", ".join(map(str, CLAIMS))
        raise IntegrityError(
            f"{path} has the format {claim['format']}; this steepest reads {formats}. "
            "Use the version it was made with."
        )
    return claim


def comparison_of(claim: Mapping[str, Any], where: Path | str = "the claim") -> Comparison:
    """Return the comparison that a claim tells of, its verdicts to be found anew.

    The code that it names is foreign: it is run once it is confirmed.

    Args:
        where: it stands.

    Raises:
        IntegrityError: it asks for what steepest refuses.
    """
    try:
        question = Question.of(claim["question"], where)
    except UserError as error:
        raise IntegrityError(f"{where} asks for what steepest refuses: {error}") from error
    if "tunings" in claim:
        tunings = {name: _laid_out(question, name, each) for name, each in claim["tunings"].items()}
        question = replace(question, claimed=tunings)
    return Comparison(
        question=question,
        trials=tuple(TrialResult.of(each) for each in claim["trials"]),
        results=tuple(Result.of(each) for each in claim["results"]),
        circumstances=Circumstances(**claim["circumstances"]),
        notes=tuple(claim["notes"]),
    )


def _laid_down(tuning: SideTuning) -> dict[str, Any]:
    """Return how a side is tuned, as JSON holds it."""
    return {"trials": tuning.trials, "space": [asdict(each) for each in tuning.space.dimensions]}


def _laid_out(question: Question, side: str, written: Mapping[str, Any]) -> SideTuning:
    """Return what ``_laid_down`` wrote."""
    space = Space(tuple(Dimension(**each) for each in written["space"]))
    return SideTuning(side, space, written["trials"], question.design)


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
    from ..runs.environment import hashes_of_files

    found: dict[str, str] = {}
    for config in configs:
        for files in hashes_of_files(config).values():
            found |= files
    return found
