"""Decoded datasets on disk: one safetensors file each, with a hash over all that it says.

A cached file is as good as what it was made from: it remembers which publisher's files those were, and
whether they had the published hashes.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ..errors import IntegrityError, UserError
from ..storage import locked, read_tensors, write_tensors

FORMAT = "steepest dataset 1"


@dataclass(frozen=True)
class Decoded:
    """A dataset's tensors, all uint8, by name: ``train images``, ``train labels`` and so on.

    Args:
        notes: a sentence for each split that was made from files without the published hash.
    """

    tensors: dict[str, Tensor]
    notes: tuple[str, ...] = ()


def remembered(
    places: Sequence[Path], files: Callable[[], Sequence[Path]], make: Callable[[], Decoded]
) -> tuple[Decoded, bool]:
    """Return the decoded dataset, from the first place that has it or made anew and kept.

    It is made anew when the publisher's files changed since, and when the cached file is damaged while
    they are there.

    Args:
        places: where it may lie; it is kept in the first that can be written, or nowhere.
        files: says which of the publisher's files are there.
        make: decodes them; what it raises is passed on.

    Returns:
        The dataset, and whether a damaged file had to be replaced.

    Raises:
        IntegrityError: the cached file is damaged, and the publisher's files are not there.
    """
    decoded, damaged = _kept(places, files)
    if decoded is None:
        with _alone(places[0]):
            decoded, _ = _kept(places, files)  # somebody may have made it while we waited
            if decoded is None:
                decoded = make()
                _keep(places, decoded, fingerprint(files()))
    return decoded, damaged


def _kept(places: Sequence[Path], files: Callable[[], Sequence[Path]]) -> tuple[Decoded | None, bool]:
    """Return the decoded dataset, if a place has it whole and of these files; and whether one has it damaged."""
    damaged = False
    for place in filter(Path.is_file, places):
        try:
            decoded, origin = read(place)
        except IntegrityError:
            if not files():
                raise
            damaged = True
            continue
        if not files() or origin == fingerprint(files()):
            return decoded, damaged
    return None, damaged


def _alone(place: Path) -> ExitStack:
    """Wait until no other process decodes the same dataset; where nothing can be written each does so itself."""
    stack = ExitStack()
    with suppress(OSError, UserError):
        place.parent.mkdir(parents=True, exist_ok=True)
        doing = f"is decoding {place.stem}"
        stack.enter_context(locked(place.with_name(f".{place.name}.lock"), doing, wait=warnings.warn))
    return stack


def fingerprint(files: Sequence[Path]) -> str:
    """Return what tells unchanged files from changed ones without reading them."""
    known = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return json.dumps(sorted(known))


def read(path: Path) -> tuple[Decoded, str]:
    """Return a cached dataset, and the fingerprint of the files that it was made from.

    Raises:
        IntegrityError: the file is damaged or is no cached dataset.
    """
    try:
        tensors, record = read_tensors(path)
        return Decoded(tensors, tuple(record["notes"])), str(record["origin"])
    except (IntegrityError, OSError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"The decoded dataset {path} is damaged. Remove it and ask again: it is made anew from the "
            f"publisher's files, which are fetched where they are missing."
        ) from error


def write(path: Path, decoded: Decoded, origin: str) -> None:
    """Keep a decoded dataset.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"format": FORMAT, "notes": list(decoded.notes), "origin": origin}
    write_tensors(path, decoded.tensors, record)


def _keep(places: Sequence[Path], decoded: Decoded, origin: str) -> None:
    for place in places:
        try:
            write(place, decoded, origin)
        except OSError:
            continue  # the next place; a dataset that cannot be kept is decoded each time
        return
