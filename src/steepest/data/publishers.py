"""The publishers' files on this disk: read, compared with the published hashes, and decoded."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import IntegrityError
from ..storage import sha256
from .archives import SLACK, read_archive, read_whole, unpack
from .cache import Decoded
from .source import PublishedFile, Source

PIXELS, CLASSES = (3, 32, 32), 10  # of CIFAR-10: red, green and blue planes, rows from the top
UNSIGNED_BYTE = 8  # IDX's number for it


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
        f"unverified {names[part]} copy: {found[0]}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
        for part, found in differences.items()
        if found
    )


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


def read_batch(content: bytes, images: int, where: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images [N, 3, 32, 32] and labels [N] of one batch file of CIFAR-10's binary version.

    It has records of one label byte and three planes of 32x32, one after another.

    Raises:
        IntegrityError: the length is not that of N records, or a label is no class.

    Source: Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html
    """
    record = 1 + int(np.prod(PIXELS))
    check_length(len(content), images * record, where)
    records = np.frombuffer(content, np.uint8).reshape(images, record)
    labels = records[:, 0]
    check_labels(labels, CLASSES, where)
    return records[:, 1:].reshape(images, *PIXELS), labels


def read_idx(content: bytes, shape: tuple[int, ...], where: Path) -> NDArray[np.uint8]:
    """Return the numbers of an IDX file, as MNIST and its successors have them, that must have exactly this shape.

    Two zero bytes, the type of the numbers (8: unsigned bytes), how many dimensions, then each dimension as four
    bytes, most significant first; then the numbers.

    >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), (2,), Path("labels"))
    array([7, 9], dtype=uint8)

    Raises:
        IntegrityError: names the file, what was expected and what was found.

    Source: LeCun, Cortes and Burges 1998, http://yann.lecun.com/exdb/mnist/
    """
    magic = bytes([0, 0, UNSIGNED_BYTE, len(shape)])
    if content[:4] != magic:
        raise IntegrityError(
            f"{where} is no IDX file of {len(shape)} dimensions: it begins with "
            f"{content[:4].hex(' ') or 'nothing'}, expected {magic.hex(' ')}."
        )
    start = 4 + 4 * len(shape)
    if len(content) < start:
        raise IntegrityError(f"{where} is cut off within its header, after {len(content)} bytes.")
    stated = struct.unpack(f">{len(shape)}I", content[4:start])
    if stated != shape:
        raise IntegrityError(f"{where} says that it holds {list(stated)}; expected {list(shape)}.")
    numbers = np.frombuffer(content, np.uint8, offset=start)
    check_length(len(content), start + int(np.prod(shape)), where)
    return numbers.reshape(shape)


def check_length(found: int, expected: int, where: Path) -> None:
    """Refuse content that is shorter or longer than it must be.

    Raises:
        IntegrityError: names the file and both lengths.
    """
    if found < expected:
        raise IntegrityError(f"{where} is cut off: {found:,} bytes of {expected:,}.")
    if found > expected:
        raise IntegrityError(
            f"{where} has {found - expected:,} bytes after its end: {found:,} instead of {expected:,}."
        )


def check_labels(labels: NDArray[np.uint8], classes: int, where: Path) -> None:
    """Refuse a label that is no class.

    Raises:
        IntegrityError: names the file and the first label that is wrong.
    """
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        raise IntegrityError(
            f"{where} has the label {labels[wrong[0]]} at image {wrong[0]:,}; "
            f"{classes} classes allow 0 to {classes - 1}."
        )
