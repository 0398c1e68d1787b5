"""The publishers' files on this disk: read, compared with the published hashes, and decoded."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..errors import IntegrityError
from ..storage import sha256
from .archives import SLACK, read_archive, read_whole, unpack
from .cache import Decoded
from .cifar import read_batch
from .idx import check_labels, read_idx
from .source import PublishedFile, Source


@dataclass(frozen=True)
class Content:
    """A published file's uncompressed bytes.

    Args:
        path: where they were read: the file, or the archive that holds it.
        difference: empty, or how the file differs from the published one.
    """

    file: PublishedFile
    path: Path
    data: bytes
    difference: str = ""


def read_contents(source: Source, located: dict[str, Path]) -> list[Content]:
    """Return the content of located files, in the table's order.

    Args:
        located: by the file's name, its path; where the dataset has an archive, that may be it.

    Raises:
        IntegrityError: one is damaged in its compression, or is larger than it can be.
        DataError: one cannot be read.
    """
    files = [file for file in source.files if file.name in located]
    if source.archive is not None and files and located[files[0].name].name != files[0].name:
        return _from_archive(source, located[files[0].name])
    return [_from_file(file, located[file.name]) for file in files]


def _from_file(file: PublishedFile, path: Path) -> Content:
    packed = read_whole(path, file.size + SLACK)
    data = unpack(packed, file.size, path)
    return Content(file, path, data, _difference(file, data, packed))


def _from_archive(source: Source, path: Path) -> list[Content]:
    archive = source.archive
    assert archive is not None  # the caller looked
    with path.open("rb") as opened:
        whole = hashlib.file_digest(opened, "sha256").hexdigest() == archive.sha256
    members = read_archive(path, archive.folder, {file.name: file.size for file in source.files})
    return [
        Content(file, path, data, "" if whole else _difference(file, data, b""))
        for file, data in zip(source.files, members.values(), strict=True)
    ]


def _difference(file: PublishedFile, data: bytes, packed: bytes) -> str:
    if file.sha256:
        found = sha256(data)
        if found.startswith(file.sha256):
            return ""
        return f"the SHA-256 of its {file.name} begins {found[:8]}, the published one {file.sha256[:8]}"
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if found == file.packed_md5:
        return ""
    return (
        f"of its {file.name} only the compressed file's MD5 is published, {file.packed_md5[:8]}...; "
        f"this one has {found[:8]}..."
    )


def decode(source: Source, contents: Sequence[Content]) -> Decoded:
    """Return the tensors of a dataset from the content of all of its files.

    Raises:
        IntegrityError: a header, a length or a label is not what it must be.
    """
    reader = {"idx": _decode_idx, "cifar": _decode_cifar}[source.form]
    parts: dict[str, list[np.ndarray]] = {}
    for content in contents:
        for name, numbers in reader(source, content).items():
            parts.setdefault(f"{content.file.part} {name}", []).append(numbers)
    tensors = {name: torch.from_numpy(np.concatenate(each)) for name, each in parts.items()}
    return Decoded(tensors, notes_of(contents))


def _decode_idx(source: Source, content: Content) -> dict[str, np.ndarray]:
    numbers = read_idx(content.data, content.file.shape, content.path)
    if numbers.ndim == 1:
        check_labels(numbers, len(source.classes), content.path)
        return {"labels": numbers}
    return {"images": numbers.reshape(-1, *source.shape)}


def _decode_cifar(source: Source, content: Content) -> dict[str, np.ndarray]:
    images, labels = read_batch(content.data, content.file.shape[0], content.path)
    return {"images": images, "labels": labels}


def notes_of(contents: Sequence[Content]) -> tuple[str, ...]:
    """Return a sentence for each split that has a file unlike the published one."""
    names = {"train": "training", "test": "test"}
    differences = {
        part: [each.difference for each in contents if each.file.part == part and each.difference]
        for part in names
    }
    return tuple(
        f"unverified {names[part]} copy: {found[0]}" + _others(len(found) - 1)
        for part, found in differences.items()
        if found
    )


def _others(count: int) -> str:
    return f" (and {count} more)" if count else ""


def refuse_unverified(source: Source, notes: Sequence[str], folder: Path, *, allowed: bool) -> None:
    """Refuse a dataset made from files that do not have the published hashes, unless that is allowed.

    Raises:
        IntegrityError: says which file differs and what can be done.
    """
    if notes and not allowed:
        raise IntegrityError(
            f"{source.name} in {folder} is refused as an {'; '.join(notes)}. Get the published "
            f"files with `steepest data fetch {source.name}`, or take these with --unverified (in "
            f"Python: unverified=True): every run on them will say so."
        )
