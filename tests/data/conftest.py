"""Tiny published datasets that the tests make themselves, and a cache folder of each test's own."""

import gzip
import hashlib
import io
import struct
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from folder_fakes import fill
from steepest.data import table
from steepest.data.folder import load_folder
from steepest.data.source import Archive, PublishedFile, Source, cifar_files, idx_files

TRAIN, TEST = 30, 20


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))
    monkeypatch.setattr("steepest.data.source._platform_directory", lambda: tmp_path / "platform")
    monkeypatch.delenv("STEEPEST_DATA", raising=False)


@dataclass
class Published:
    """A dataset's record, and the uncompressed bytes of its files."""

    source: Source
    files: dict[str, bytes]

    def place(self, folder: Path, *, packed: bool = True) -> None:
        """Write the files as their publisher lays them out."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            ending = ".gz" if packed else ""
            (folder / (name + ending)).write_bytes(gzip.compress(content) if packed else content)


def idx(numbers: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, numbers.ndim]) + struct.pack(f">{numbers.ndim}I", *numbers.shape)
    return header + numbers.astype(np.uint8).tobytes()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> Published:
    """MNIST with 30 and 20 images, in the table as `mnist`; no mirror has it."""
    random = np.random.default_rng(0)
    numbers = [
        random.integers(0, 256, (TRAIN, 28, 28)),
        np.arange(TRAIN) % 10,
        random.integers(0, 256, (TEST, 28, 28)),
        np.arange(TEST) % 10,
    ]
    contents = [idx(each) for each in numbers]
    files = idx_files(TRAIN, TEST, sha256=tuple(sha(each) for each in contents))
    source = replace(table.TABLE["mnist"], train=TRAIN, test=TEST, mirrors=(), files=files)
    monkeypatch.setitem(table.TABLE, "mnist", source)
    return Published(source, {file.name: each for file, each in zip(files, contents, strict=True)})


@pytest.fixture
def photos(monkeypatch: pytest.MonkeyPatch) -> Published:
    """CIFAR-10 with 4 images in each batch, in the table as `cifar10`; no mirror has it."""
    random = np.random.default_rng(1)
    contents = []
    for _ in range(6):
        records = random.integers(0, 256, (4, 3073)).astype(np.uint8)
        records[:, 0] = random.integers(0, 10, 4)
        contents.append(records.tobytes())
    hashes = [sha(each) for each in contents]
    files = cifar_files(4, (*hashes[:5], hashes[5][:8]))
    names = [file.name for file in files]
    archive = Archive("cifar-10-binary.tar.gz", "cifar-10-batches-bin", 0, "")
    source = replace(table.TABLE["cifar10"], train=20, test=4, mirrors=(), files=files, archive=archive)
    published = Published(source, dict(zip(names, contents, strict=True)))
    whole = sha(tar_of({f"{archive.folder}/{name}": data for name, data in published.files.items()}))
    published.source = replace(source, archive=replace(archive, sha256=whole))
    monkeypatch.setitem(table.TABLE, "cifar10", published.source)
    return published


def tar_of(members: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    """Return a .tar.gz of these members, with the same bytes each time."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def pack() -> Callable[[dict[str, bytes | tarfile.TarInfo]], bytes]:
    """Make a .tar.gz."""
    return tar_of


@pytest.fixture
def doodles(monkeypatch: pytest.MonkeyPatch) -> Source:
    """QuickDraw with 5 drawings of each of two classes, 2 of them for testing; no mirror has it."""
    files = tuple(PublishedFile(f"{name}.npy", (5, 784), "train", 5 * 784) for name in ("cat", "dog"))
    source = replace(table.TABLE["quickdraw"], classes=("cat", "dog"), train=6, test=4, mirrors=(), files=files)
    monkeypatch.setitem(table.TABLE, "quickdraw", source)
    return source


@pytest.fixture
def root(tmp_path):
    return fill(tmp_path / "pets", {"cat": 10, "dog": 20})


@pytest.fixture
def load(tmp_path):
    """Load with a cache of the test's own."""
    return lambda root, **options: load_folder(root, cache=tmp_path / "cache", **options)
