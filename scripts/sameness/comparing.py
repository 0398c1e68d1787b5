"""What a part left on both sides, compared: exit codes, printed text and files."""

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from .calls import Call, Part
from .files import file_findings, job_names
from .findings import Findings, Pair, Places
from .inputs import SOURCES
from .sides import FOLDER, PRINTED, SKIPPED, Side, beginning, calls_of, recorded
from .text import flags_findings
from .values import printed_findings

JOB = re.compile(r"[0-9a-f]{16}")  # a run's folder within a sweep
# The seconds of a baseline stand in a list, without a name.
CLOCK = re.compile(r"mlp-and-convnets/quick/parts/\[\w+\]\.json: value\[\d\]\[3\]: ")
HASHED = re.compile(r"[0-9a-f]{16}\.json")  # a slow result that an experiment remembers


def compared(part: Part, old: Side, new: Side) -> Findings:
    """Return how a part's codes, printed text and files differ."""
    sides = (old, new)
    folders = [side.work / part.name for side in sides]
    records = [recorded(folder) for folder in folders]
    codes = [record["codes"] for record in records]
    places = (Places(records[0]["places"]), Places(records[1]["places"]))
    found = Findings()
    for call in calls_of(part):
        was, now = (each[call.name] for each in codes)
        found.codes[was] += 1
        found.note("exit codes", None if was == now else f"{call.name}, exit code: {was} → {now}")
        if not call.timed:
            found.take(printed(call, folders, places), "")
    found.take(files(part, sides, folders, places), "")
    return found


def printed(call: Call, folders: Sequence[Path], places: Pair) -> Findings:
    """Return how what a call printed differs."""
    found = Findings()
    for stream in ("stdout", "stderr"):
        texts = [(folder / PRINTED / f"{call.name}.{stream}").read_text() for folder in folders]
        compare = flags_findings if call.flags else printed_findings
        found.take(compare(texts[0], texts[1], places), f"{call.name}, {stream}")
    return found


def files(part: Part, sides: Sequence[Side], folders: Sequence[Path], places: Pair) -> Findings:
    """Return how the files that a part left differ, without those it began with and neither side changed."""
    before, after = (left_files(folder / FOLDER, each) for folder, each in zip(folders, places, strict=True))
    kept = set(before) if part.uses else set()
    if part.uses:
        for side, folder, left in zip(sides, folders, (before, after), strict=True):
            start = beginning(part, side, sides[0])
            kept &= {name for name, path in left.items() if is_as_begun(path, folder, start)}
    found = Findings()
    for name, path in before.items():
        if name in kept:
            continue
        if name not in after:
            found.note("files", f"{name}: is not written")
        else:
            contents = path.read_bytes(), after[name].read_bytes()
            found.take(without_clock(file_findings(path.name, *contents, places), name), name)
    found.added += [name for name in after if name not in before]
    return found


def is_as_begun(path: Path, folder: Path, start: Path) -> bool:
    """Return whether a part left a file as it was in the folder that it began with a copy of."""
    origin = start / path.relative_to(folder / FOLDER)
    return origin.is_file() and origin.read_bytes() == path.read_bytes()


def without_clock(found: Findings, name: str) -> Findings:
    """Return findings about a file without those that only a clock made."""
    kept = [each for each in found.differences if not CLOCK.search(f"{name}: {each}")]
    found.compared["values"] -= len(found.differences) - len(kept)
    found.equal += bool(found.differences) and not kept  # the file as a whole
    found.differences = kept
    return found


def left_files(folder: Path, places: Places) -> dict[str, Path]:
    """Return the files of a part's folder by what they are called on both sides.

    Args:
        folder: of a part.
        places: of the side, whose paths some names hide as a hash.
    """
    jobs = names_of_jobs(folder, places)
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or SKIPPED.search(inside.as_posix()) or inside.parts[0] == SOURCES:
            continue
        told = jobs.get(inside.parent, inside.parent.as_posix())
        found[f"{told}/{told_name(path, places)}".removeprefix("./")] = path
    return found


def told_name(path: Path, places: Places) -> str:
    """Return a file's name; a result that is remembered under a hash is named by what the hash is of."""
    if not HASHED.fullmatch(path.name):
        return path.name
    key = places.hidden(json.dumps(json.loads(path.read_text())["key"], sort_keys=True))
    return f"[{sha256(key.encode()).hexdigest()[:8]}].json"


def names_of_jobs(folder: Path, places: Places) -> dict[Path, str]:
    """Return what to call the folder of each run of each sweep, by its path within a part's folder."""
    sweeps: dict[Path, dict[str, str]] = {}
    for path in folder.rglob("config.toml"):
        inside = path.parent.relative_to(folder)
        if JOB.fullmatch(inside.name):
            text = places.hidden(path.read_text())
            sweeps.setdefault(inside.parent, {})[inside.name] = text
    return {
        sweep / key: f"{sweep.as_posix()}/[{name}]"
        for sweep, configs in sweeps.items()
        for key, name in job_names(configs).items()
    }
