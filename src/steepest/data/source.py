"""What is known of a published dataset: its files, where they are, and how they are recognised.

This file imports nothing slow: the command line shows the table without starting torch.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from platformdirs import user_cache_path

from ..errors import DataError
from ..specification import at_home

if TYPE_CHECKING:
    from .dataset import Style

Form = Literal["idx", "cifar", "bitmaps", "embedded"]
Part = Literal["train", "test"]
State = Literal["embedded", "ready", "files here", "to fetch"]
VARIABLE = "STEEPEST_DATA"
# The first drawings of each class's file, and how many of them, the last ones, are for testing
DRAWINGS, TEST_DRAWINGS = 7_000, 1_000


@dataclass(frozen=True)
class PublishedFile:
    """One file as its publisher made it.

    Args:
        name: its name, uncompressed.
        shape: of the unsigned bytes in it; an image record of CIFAR-10 is one row.
        size: its bytes, uncompressed.
        sha256: of the uncompressed content; the beginning, where only that is published.
        packed_md5: of the compressed file, where nothing better is published.
    """

    name: str
    shape: tuple[int, ...]
    part: Part
    size: int
    sha256: str = ""
    packed_md5: str = ""


@dataclass(frozen=True)
class Archive:
    """One compressed archive that holds every file of a dataset, in one folder."""

    name: str
    folder: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """A dataset of the table.

    Args:
        shape: one image's (C, H, W).
        download_bytes: what fetching it costs.
        mirrors: addresses that a file's name is appended to, tried in this order.
        licence: the publisher's terms, in a few words.
    """

    name: str
    title: str
    form: Form
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: int
    test: int
    style: "Style"
    homepage: str
    licence: str
    download_bytes: int
    mirrors: tuple[str, ...] = ()
    files: tuple[PublishedFile, ...] = ()
    archive: Archive | None = None


def idx_files(
    train: int, test: int, sha256: tuple[str, ...] = ("",) * 4, md5: tuple[str, ...] = ("",) * 4
) -> tuple[PublishedFile, ...]:
    """Return the four files of MNIST and its successors: images and labels to train on and to test on."""
    described: list[tuple[str, tuple[int, ...], Part]] = [
        ("train-images-idx3-ubyte", (train, 28, 28), "train"),
        ("train-labels-idx1-ubyte", (train,), "train"),
        ("t10k-images-idx3-ubyte", (test, 28, 28), "test"),
        ("t10k-labels-idx1-ubyte", (test,), "test"),
    ]
    return tuple(
        # the header: four bytes of magic, then four for each dimension
        PublishedFile(name, shape, part, 4 + 4 * len(shape) + prod(shape), content, packed)
        for (name, shape, part), content, packed in zip(described, sha256, md5, strict=True)
    )


def cifar_files(images: int, hashes: tuple[str, ...]) -> tuple[PublishedFile, ...]:
    """Return the batches of CIFAR-10's binary version; the last hash is the test batch's."""
    names = [f"data_batch_{number}.bin" for number in range(1, len(hashes))] + ["test_batch.bin"]
    record = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes
    return tuple(
        PublishedFile(name, (images, record), "test" if "test" in name else "train", images * record, content)
        for name, content in zip(names, hashes, strict=True)
    )


def doodle_file(label: str) -> PublishedFile:
    """Return the file of one QuickDraw class as steepest keeps it: its first drawings, 28x28 each."""
    return PublishedFile(f"{label}.npy", (DRAWINGS, 28 * 28), "train", DRAWINGS * 28 * 28)


def data_directory(chosen: Path | str | None = None) -> Path:
    """Return the folder of datasets: the one chosen, else ``STEEPEST_DATA``, else the platform's cache.

    >>> data_directory("/data").as_posix()
    '/data'
    """
    path = chosen or os.environ.get(VARIABLE)
    return at_home(path) if path else _platform_directory()


def cache_places(directory: Path, name: str) -> tuple[Path, ...]:
    """Return where a decoded dataset may lie: in its folder of data, or for a folder that cannot be written
    in the platform's cache, under that folder's own key.
    """
    own = directory / "decoded" / f"{name}.safetensors"
    if directory.resolve() == _platform_directory().resolve():
        return (own,)
    key = blake2b(str(directory.resolve()).encode(), digest_size=8).hexdigest()
    return own, _platform_directory() / "decoded" / key / f"{name}.safetensors"


def _platform_directory() -> Path:
    return user_cache_path("steepest", appauthor=False)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make a folder, and explain what is wrong where it cannot be written.

    Raises:
        DataError: names the folder and the way to choose another.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}. Choose another folder with "
            f"--data-dir or {VARIABLE}."
        ) from error


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
            file.name: _newest([folder / (file.name + ending) for ending in endings]) for file in source.files
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
    """Say what asking for a dataset would mean: nothing, decoding its files, or fetching them first."""
    if source.form == "embedded":
        return "embedded"
    if any(place.is_file() for place in cache_places(directory, source.name)):
        return "ready"
    if not is_complete(source, folder_of(source, directory)):
        return "to fetch"
    return "ready" if source.form == "bitmaps" else "files here"  # bitmaps need no decoding
