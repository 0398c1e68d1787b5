"""A comparison's folder: its runs, its record, and what was asked of the same sides before.

comparisons/<data>-<model>-<setting>-<digits>/
    runs/               a folder for each run; runs are shared by all that is asked of the same sides
    comparison.json     the latest answer, which is a claim: see ``claims``
    comparison.html     the same for the eye
    asked.json          what was asked here, and what came out
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import IntegrityError
from ..storage import write_durably
from .claims import claim_of, write_claim
from .comparison import Comparison
from .question import Question

DEFAULT_FOLDER = Path("comparisons")
RECORD, PAGE, ASKED = "comparison.json", "comparison.html", "asked.json"


def default_folder(question: Question) -> Path:
    """Return where a question is answered: the same sides in the same folder, whatever the number of seeds."""
    config = question.sides[0].config
    parts = [Path(config.data).stem, *(["optimizer"] if question.vary == "optimizer" else [])]
    if question.vary != "model":
        parts.insert(1, config.model.rpartition(".py:")[2])
    if question.vary != "optimizer":
        parts.append(question.vary)
    short = "-".join("".join(c if c.isalnum() else "-" for c in part)[:24] for part in parts)
    return DEFAULT_FOLDER / f"{short.lower()}-{question.subject}"


def conclude(comparison: Comparison, folder: Path, claim: Path | None = None) -> Comparison:
    """Write a comparison's record, and return it with a note on what was asked before.

    Args:
        comparison: complete.
        folder: its own.
        claim: where to write the record too.
    """
    earlier = [each for each in _asked(folder) if _what(each) != _what(_entry(comparison))]
    note = earlier_note(earlier, comparison)
    if note:
        comparison = replace(comparison, notes=(*comparison.notes, note))
    record = claim_of(comparison, earlier)
    write_claim(record, folder / RECORD)
    if claim is not None:
        write_claim(record, claim)
    entries = [*earlier, _entry(comparison)]
    write_durably(folder / ASKED, json.dumps(entries, indent=1) + "\n")
    return replace(comparison, folder=folder)


def earlier_note(earlier: list[dict[str, Any]], comparison: Comparison) -> str:
    """Return what to say of earlier questions about the same sides; nothing where there were none.

    Choosing among several answers, or adding seeds after a look, makes false verdicts likelier than 5 %.
    """
    if not earlier or comparison.question.design.until_decided:
        return ""
    times = "once" if len(earlier) == 1 else f"{len(earlier)} times"
    told = "; ".join(
        f"{_design_words(each['design'])}: {', '.join(each['kinds'])}" for each in earlier
    )
    return (
        f"The same sides were compared {times} before ({told}). Whoever picks among answers, or adds seeds "
        "after a look, errs more often than 5 %; --until-decided may look as often as it likes."
    )


def _design_words(design: Mapping[str, Any]) -> str:
    noun = "studies" if design["tuned"] else "seeds"
    return f"{design['units']} {noun} from seed {design['first_seed']}"


def _entry(comparison: Comparison) -> dict[str, Any]:
    question = comparison.question
    return {
        "design": question.design.to_dict(),
        "criterion": question.criterion.to_dict(),
        "kinds": [verdict.kind for verdict in comparison.verdicts.values()],
    }


def _what(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    return entry["design"], entry["criterion"]


def _asked(folder: Path) -> list[dict[str, Any]]:
    path = folder / ASKED
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text()))
    except ValueError as error:
        raise IntegrityError(f"{path} is damaged: {error}. Take it away to go on.") from error
