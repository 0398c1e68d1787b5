"""A dataset is whole tensors in memory: images and labels, split by split."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Self

import torch
from torch import Tensor

from ..errors import DataError
from ..lazy import brief, html_of
from ..storage import sha256

Style = Literal["picture", "digit"]


@dataclass(frozen=True)
class Split:
    """N images with their labels.

    Args:
        images: [N, C, H, W], uint8 in 0..255, or float32 where a user's array has other values.
        labels: [N], int64, each the index of a class.
        names: the file name of each image, where images came from files.
    """

    images: Tensor
    labels: Tensor
    names: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return brief(self)

    def __post_init__(self) -> None:
        if self.images.ndim != 4:
            raise DataError(f"Images must be [N, C, H, W]; these are {list(self.images.shape)}.")
        if len(self.images) != len(self.labels):
            raise DataError(f"{len(self.images)} images came with {len(self.labels)} labels.")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """One image's (C, H, W)."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def take(self, rows: Tensor) -> Self:
        """Return the images at these rows [M], in this order."""
        names = None if self.names is None else tuple(self.names[row] for row in rows.tolist())
        return replace(self, images=self.images[rows], labels=self.labels[rows], names=names)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of shape, pixels and labels: what a run records of the data it saw."""
        shape = repr(tuple(self.images.shape)).encode()
        pixels = self.images.contiguous().numpy().data.cast("B")
        labels = self.labels.contiguous().numpy().data.cast("B")
        return sha256(b"".join([shape, pixels, labels]))


@dataclass(frozen=True)
class Dataset:
    """Named classes, and images for training, for testing and, where it has them, for validation.

    Args:
        name: what it was asked for by: a name of the table, or a path.
        classes: the K names of the classes, in label order.
        train: what a run may learn from; ``hold_out`` takes validation images from here.
        test: touched once, at the end.
        validation: given by the dataset itself, or held out.
        style: ``digit`` for pen strokes that were cropped, scaled and centred by mass as MNIST was.
        notes: sentences that every run on this data must repeat, such as "unverified test copy".
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split | None = None
    validation: Split | None = None
    style: Style = "picture"
    notes: tuple[str, ...] = field(default=())

    def _repr_html_(self) -> str:
        return html_of(self)

    def __post_init__(self) -> None:
        for kind, split in self.splits.items():
            check_split(self.name, kind, split, len(self.classes), self.shape)

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that there are, by name."""
        every = {"train": self.train, "validation": self.validation, "test": self.test}
        return {kind: split for kind, split in every.items() if split is not None}

    @property
    def shape(self) -> tuple[int, int, int]:
        """One image's (C, H, W)."""
        return self.train.shape

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each split."""
        return {kind: split.sha256 for kind, split in self.splits.items()}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(split):,} {kind}" for kind, split in self.splits.items())
        return f"<{self.name}: {sizes}; {list(self.shape)}, {len(self.classes)} classes>"


def check_split(name: str, kind: str, split: Split, classes: int, shape: Sequence[int]) -> None:
    """Refuse a split that is empty, has labels outside the classes, or images of another shape.

    Raises:
        DataError: says which split, and what is wrong with it.
    """
    if len(split) == 0:
        raise DataError(f"The {kind} split of {name} holds no image.")
    if tuple(split.shape) != tuple(shape):
        raise DataError(
            f"The {kind} images of {name} are {list(split.shape)}; its training images are {list(shape)}."
        )
    low, high = int(split.labels.min()), int(split.labels.max())
    if low < 0 or high >= classes:
        raise DataError(
            f"The {kind} labels of {name} run from {low} to {high}; {classes} classes allow 0 to {classes - 1}."
        )
    if split.images.dtype not in (torch.uint8, torch.float32):
        raise DataError(f"Images must be uint8 or float32; those of {name} are {split.images.dtype}.")
    if split.images.is_floating_point() and not bool(split.images.isfinite().all()):
        raise DataError(f"The {kind} images of {name} hold NaN or infinite pixels.")
