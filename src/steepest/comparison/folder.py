"""A comparison's folder: its runs, its record, and what was asked of the same sides before.

comparisons/<data>-<model>-<setting>-<digits>/
    runs/               a folder for each run; runs are shared by all that is asked of the same sides
    comparison.json     the latest answer, which is a claim: see ``claims``
    comparison.html     the same for the eye
    asked.json          what was asked here, and what came out: see ``earlier``
"""

import json
from dataclasses import replace
from pathlib import Path

from ..storage import write_durably
from .claims import claim_of, write_claim
from .comparison import Comparison
from .earlier import (
    ASKED,
    earlier_entries,
    earlier_note,
    entry_of,
    read_entries,
    same_question,
)
from .question import Question

DEFAULT_FOLDER = Path("comparisons")
RECORD, PAGE = "comparison.json", "comparison.html"


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
    entry = entry_of(comparison)
    kept = [each for each in read_entries(folder) if not same_question(each, entry)]
    earlier = earlier_entries(entry, folder, DEFAULT_FOLDER)
    note = earlier_note(earlier, entry)
    if note:
        comparison = replace(comparison, notes=(*comparison.notes, note))
    record = claim_of(comparison, [dict(each) for each in earlier])
    write_claim(record, folder / RECORD)
    if claim is not None:
        write_claim(record, claim)
    write_durably(folder / ASKED, json.dumps([*kept, entry], indent=1) + "\n")
    return replace(comparison, folder=folder)
