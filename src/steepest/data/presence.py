"""Which of the publishers' files are on this disk; none of them is read, and nothing slow is imported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from .location import cache_places
from .source import Source

State = Literal["embedded", "ready", "files here", "to fetch"]


def folder_of(source: Source, directory: Path) -> Path:
    """Return the folder for a dataset's files within the folder of data.

    >>> from .table import find
    >>> folder_of(find("quickdraw:cat,dog"), Path("data")).as_posix()
    'data/quickdraw'
    """
    return directory / source.name.partition(":")[0]


def locate(source: Source, folder: Path) -> dict[str, Path]:
    """Return where each published file lies in a folder, for those that are there.

    Where a file is there twice (compressed and not, alone and in the archive) the newer one counts.
    """
    if source.archive is None:
        endings = ["", ".gz"] if source.form == "idx" else [""]
        newest = {
            file.name: _newest([folder / (file.name + ending) for ending in endings])
            for file in source.files
        }
        return {name: path for name, path in newest.items() if path is not None}
    singly = {file.name: folder / source.archive.folder / file.name for file in source.files}
    present = {name: path for name, path in singly.items() if path.is_file()}
    archive = folder / source.archive.name
    incomplete = len(present) < len(singly)
    if archive.is_file() and (incomplete or _newest([archive, *present.values()]) == archive):
        return dict.fromkeys(singly, archive)
    return present


def _newest(paths: Sequence[Path]) -> Path | None:
    there = [path for path in paths if path.is_file()]
    return max(there, key=lambda path: path.stat().st_mtime_ns, default=None)


def is_complete(source: Source, folder: Path) -> bool:
    """Say whether every published file lies in the folder."""
    return len(locate(source, folder)) == len(source.files)


def state_of(source: Source, directory: Path) -> State:
    """Say what asking for a dataset would mean: nothing, decoding its files, or fetching them first.

    Args:
        directory: the folder of data.
    """
    if source.form == "embedded":
        return "embedded"
    if any(place.is_file() for place in cache_places(directory, source.name)):
        return "ready"
    if not is_complete(source, folder_of(source, directory)):
        return "to fetch"
    return "ready" if source.form == "bitmaps" else "files here"  # bitmaps need no decoding
