"""A comparison's folder: its runs, its record, and what was asked of the same sides before.

comparisons/<data>-<model>-<setting>-<digits>/
    runs/               a folder for each run; runs are shared by all that is asked of the same sides
    comparison.json     the latest answer, which is a claim: see ``claims``
    comparison.html     the same for the eye
    asked.json          what was asked here, and what came out: whoever asks again is told of it
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..errors import IntegrityError, UserError
from ..storage import SEAL, locked, sealed, unsealed, write_durably
from ..storage.schema import read_json, rows
from .claims import claim_of, write_claim
from .comparison import Comparison
from .kinds import ENTRY
from .question import Question

DEFAULT_FOLDER = Path("comparisons")
RECORD, PAGE, ASKED, LOCK = "comparison.json", "comparison.html", "asked.json", ".lock"

Entry = Mapping[str, Any]


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
        claim: where to write the record too.
    """
    entry = entry_of(comparison)
    with locked(folder / LOCK, f"is writing into {folder}", wait=lambda line: None):  # for a moment
        kept = [each for each in read_entries(folder) if not same_question(each, entry)]
        earlier = earlier_entries(entry, folder, DEFAULT_FOLDER)
        note = earlier_note(earlier, entry)
        if note:
            comparison = replace(comparison, notes=(*comparison.notes, note))
        record = claim_of(comparison, [dict(each) for each in earlier])
        write_claim(record, folder / RECORD)
        if claim is not None:
            write_claim(record, claim)
        write_durably(folder / ASKED, sealed({"asked": [*kept, entry]}))
    return replace(comparison, folder=folder)


def entry_of(comparison: Comparison) -> Entry:
    """Return what ``asked.json`` keeps of a comparison, as JSON gives it back.

    Older files have neither sides nor candidate: such an entry is another question than any that is asked now.
    """
    question = comparison.question
    entry = {
        "design": question.design.to_dict(),
        "criterion": asdict(question.criterion),
        "candidate": question.candidate,
        "sides": {side.name: side.config.to_dict() for side in question.sides},
        "kinds": [verdict.kind for verdict in comparison.verdicts.values()],
    }
    plain: Entry = json.loads(json.dumps(entry))
    return plain


def read_entries(folder: Path) -> list[Entry]:
    """Return what was asked in a folder, the oldest first.

    Raises:
        IntegrityError: the file is damaged.
    """
    path = folder / ASKED
    if not path.exists():
        return []
    try:
        entries: list[Entry] | dict[str, Any] = read_json(path, _asked, "list of what was asked")
        if isinstance(entries, dict):
            entries = list(unsealed(path)["asked"])
    except IntegrityError as error:
        raise IntegrityError(f"{error} Take it away to go on.") from error
    return entries


def _asked(value: Any, where: str) -> None:
    """Check the kind of a list of entries; an older steepest left it alone, without a seal."""
    rows(ENTRY)(value["asked"] if type(value) is dict and value.keys() == {"asked", SEAL} else value, where)


def same_question(one: Entry, other: Entry) -> bool:
    """Return whether two entries ask the same: design, criterion, sides and candidate; unknown ones differ."""
    return _what(one) == _what(other) and "sides" in one and "sides" in other


def _what(entry: Entry) -> tuple[Any, ...]:
    return tuple(entry.get(key) for key in ("design", "criterion", "sides", "candidate"))


def earlier_entries(entry: Entry, folder: Path, root: Path) -> list[Entry]:
    """Return the other questions about two or more of the same sides, those of other folders first.

    Args:
        folder: where it is answered; what is unknown of an older entry there is taken to be the same.
        root: whose folders are looked through too. A damaged one is passed over: it is not this question's own.
    """
    own = [each for each in read_entries(folder) if "sides" not in each or _share(each, entry)]
    found = [each for each in _elsewhere(folder, root) if _share(each, entry)]
    return [each for each in (*found, *own) if not same_question(each, entry)]


def _elsewhere(folder: Path, root: Path) -> list[Entry]:
    found: list[Entry] = []
    for path in sorted(root.glob(f"*/{ASKED}")):
        if path.parent.resolve() == folder.resolve():
            continue
        try:
            found += [{**each, "folder": str(path.parent)} for each in read_entries(path.parent)]
        except (IntegrityError, UserError, OSError):
            continue
    return found


def _share(one: Entry, other: Entry) -> bool:
    """Return whether two questions have a pair of sides in common, by their configs."""
    mine = list(other["sides"].values())
    return sum(config in mine for config in one.get("sides", {}).values()) >= 2


def earlier_note(earlier: Sequence[Entry], entry: Entry) -> str:
    """Return what to say of earlier questions about the same sides; nothing where there were none.

    Choosing among several answers, or adding seeds after a look, makes false verdicts likelier than 5 %. One
    stream of ``until decided`` may be looked at again: its verdicts hold at all times together.
    """
    told = [each for each in earlier if not _same_stream(each, entry)]
    if not told:
        return ""
    same = all(each.get("sides", entry["sides"]) == entry["sides"] for each in told)
    return (
        f"{'The same' if same else 'Some of these'} sides were compared "
        f"{'once' if len(told) == 1 else f'{len(told)} times'} before ({'; '.join(map(_told, told))}). "
        "Whoever picks among answers, or adds seeds after a look, errs more often than 5 %; only --until-decided, "
        "from one and the same first seed, may look as often as it likes."
    )


def _same_stream(one: Entry, other: Entry) -> bool:
    """Return whether both look at one stream of units that are added until decided, and ask the same of it."""
    looks = [{**each, "design": {**each["design"], "units": 0}} for each in (one, other)]
    return bool(one["design"].get("until_decided")) and same_question(*looks)


def _told(entry: Entry) -> str:
    design = entry["design"]
    kinds: list[str] = entry["kinds"]
    noun = "studies" if design["tuned"] else "seeds"
    most = "up to " if design.get("until_decided") else ""
    counted = [f"{count} {kind}" for kind, count in Counter(kinds).items()]
    where = f" in {entry['folder']}" if "folder" in entry else ""
    return (
        f"{most}{design['units']} {noun} from seed {design['first_seed']}{where}: "
        f"{', '.join(kinds if len(kinds) == 1 else counted)}"
    )
