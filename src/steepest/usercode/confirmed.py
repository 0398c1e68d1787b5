"""Which code may run although a file names it: a list of SHA-256 in the user's cache, a line for each.

    3f5a...9c 2026-11-26 "/home/me/my_rule.py"

The list is the user's own: it lies neither in a data folder, which may be shared, nor in a run. Without a line, or
without the file, the code is not confirmed any more.
"""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from ..storage import write_durably

NAME = "confirmed-code.txt"
LARGEST = 20_000_000  # bytes: 100,000 lines
SECONDS = 10.0  # to wait for another process that writes the list
_LINE = re.compile(r"([0-9a-f]{64}) \S+ .*")
_MEMORY: set[str] = set()  # confirmed in this process; in a worker, by its task
_NOTED: list[str] = []


def list_place() -> Path:
    """Return where the list lies.

    Raises:
        OSError: there is no home to keep it in.
    """
    from platformdirs import user_cache_path

    folder = user_cache_path("steepest")
    if not folder.is_absolute():  # the home is not known, and no folder of that name is to be made here
        raise FileNotFoundError("the user's home folder is not known")
    return folder / NAME


def confirmed_hashes() -> set[str]:
    """Return the SHA-256 of all code that this machine recorded, or that the user allowed."""
    try:
        return _MEMORY | {line[:64] for line in _lines(list_place())}
    except (OSError, RuntimeError):  # `keep` says so
        return set(_MEMORY)


def trust(hashes: Iterable[str]) -> None:
    """Confirm for this process alone, as a worker does what its task brings."""
    _MEMORY.update(hashes)


def keep(hashes: Mapping[str, str], note: Callable[[str], None] | None = None) -> None:
    """Confirm files for this machine; where the list cannot be written, for this process, with one note.

    Args:
        hashes: SHA-256 by path.
        note: takes the line; None warns.
    """
    known = confirmed_hashes()
    new = {path: digest for path, digest in hashes.items() if digest not in known}
    trust(hashes.values())
    if not new:
        return
    try:
        place = list_place()
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_suffix(".lock"), timeout=SECONDS):
            today = datetime.now(UTC).date().isoformat()
            lines = [f"{digest} {today} {json.dumps(str(Path(path).absolute()))}" for path, digest in new.items()]
            write_durably(place, "\n".join([*_lines(place), *lines]) + "\n")
    except (OSError, RuntimeError) as error:  # a lock that is held too long is an OSError too
        said = f"The list of confirmed code cannot be written ({error}): it holds for this process alone."
        if not _NOTED:
            _NOTED.append(said)
            note(said) if note else warnings.warn(said, stacklevel=3)


def _lines(place: Path) -> list[str]:
    """Return the lines that are whole; a damaged one confirms nothing, and goes when the list is next written."""
    if not place.is_file():
        return []
    with place.open("rb") as file:
        text = file.read(LARGEST).decode(errors="replace")
    return [line for line in text.split("\n") if _LINE.fullmatch(line)]
