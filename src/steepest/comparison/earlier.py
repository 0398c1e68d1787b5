"""What was asked of the same sides before: whoever asks again until the answer fits is told of it.

``asked.json`` in a comparison's folder is a list with an entry for each question:

    design, criterion, candidate    of the question
    sides                           each side's config by name
    kinds                           of the verdicts, in the order of the pairs

Older files have neither sides nor candidate: such an entry is another question than any that is asked now.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import IntegrityError
from .comparison import Comparison

ASKED = "asked.json"
TABLES, OF_DESIGN = ("design", "criterion", "sides"), {"tuned", "units", "first_seed"}

Entry = Mapping[str, Any]


def entry_of(comparison: Comparison) -> Entry:
    """Return what is kept of a comparison, as JSON gives it back."""
    question = comparison.question
    entry = {
        "design": question.design.to_dict(),
        "criterion": question.criterion.to_dict(),
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
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text())
    except ValueError as error:
        raise IntegrityError(f"{path} is damaged: {error}. Take it away to go on.") from error
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise IntegrityError(f"{path} is damaged: an entry is none. Take it away to go on.")
    return entries


def _is_entry(each: Any) -> bool:
    """Return whether it has all that is told of an entry; sides may be unknown, but not of another kind."""
    if not isinstance(each, dict) or not isinstance(each.get("kinds"), list):
        return False
    if not all(isinstance({"sides": {}, **each}.get(key), dict) for key in TABLES):
        return False
    return bool(each["design"].keys() >= OF_DESIGN)


def same_question(one: Entry, other: Entry) -> bool:
    """Return whether two entries ask the same: design, criterion, sides and candidate; unknown ones differ."""
    return _what(one) == _what(other) and "sides" in one and "sides" in other


def _what(entry: Entry) -> tuple[Any, ...]:
    return tuple(entry.get(key) for key in ("design", "criterion", "sides", "candidate"))


def earlier_entries(entry: Entry, folder: Path, root: Path) -> list[Entry]:
    """Return the other questions about two or more of the same sides, those of other folders first.

    Args:
        entry: of the question asked now.
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
        except (IntegrityError, OSError):
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
