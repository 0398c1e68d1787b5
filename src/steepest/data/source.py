"""What is known of a published dataset: its files, where they are, and how they are recognised.

This file imports nothing slow: the command line shows the table without starting torch.
"""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .dataset import Style

Form = Literal["idx", "cifar", "bitmaps", "embedded"]
Part = Literal["train", "test"]


@dataclass(frozen=True)
class PublishedFile:
    """One file as its publisher made it.

    Args:
        name: its name, uncompressed.
        shape: of the unsigned bytes in it; an image record of CIFAR-10 is one row.
        part: the split it belongs to.
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
    """One compressed archive that holds every file of a dataset, in one folder.

    Args:
        size: its bytes as published.
    """

    name: str
    folder: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """A dataset of the table.

    Args:
        name: what users write.
        title: one line for people.
        form: how its files are written.
        classes: in label order.
        shape: one image's (C, H, W).
        train: how many training images there are.
        test: how many test images there are.
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
        PublishedFile(
            name, (images, record), "test" if "test" in name else "train", images * record, content
        )
        for name, content in zip(names, hashes, strict=True)
    )


# The first drawings of each class's file, and how many of them, the last ones, are for testing
DRAWINGS = 7_000
TEST_DRAWINGS = 1_000


def doodle_file(label: str) -> PublishedFile:
    """Return the file of one QuickDraw class as steepest keeps it: its first drawings, 28x28 each."""
    return PublishedFile(f"{label}.npy", (DRAWINGS, 28 * 28), "train", DRAWINGS * 28 * 28)
