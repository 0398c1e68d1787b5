"""load(): a name of the table, or a path to a folder of images, becomes a dataset in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shlex import quote

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, IntegrityError, UserError
from .cache import Decoded, remembered
from .dataset import Dataset, Split
from .digits5k import load_digits
from .fetching import fetch
from .location import cache_places, data_directory
from .presence import folder_of, is_complete, locate
from .publishers import decode, read_contents, refuse_unverified
from .quickdraw import read_drawings
from .source import Source
from .table import TABLE, find


def load(
    name: str | Path,
    *,
    data_dir: Path | str | None = None,
    image_size: tuple[int, int] | None = None,
    unverified: bool = False,
) -> Dataset:
    """Return a dataset as whole tensors, from the cache where it is there, else fetched and decoded once.

    >>> load("mnist5k")
    <mnist5k: 4,000 train, 1,000 test; [1, 28, 28], 10 classes>

    Args:
        name: a name of the table, ``quickdraw:cat,dog`` for a choice of classes, or a path to a folder
            of images.
        data_dir: the folder of data; without it ``STEEPEST_DATA``, else the platform's cache folder.
        image_size: (height, width) that a folder's images are brought to.
        unverified: take files that do not have the published hash; the dataset's notes then say so.

    Raises:
        UnknownName: the table has no such name, and there is no such folder.
        MissingDataset: it is not on this machine and cannot be fetched; says the ways out.
        IntegrityError: a file is damaged, or is not the published one.
        DataError: a folder of images, or the folder of data, cannot be used.
    """
    directory = data_directory(data_dir)
    if str(name).partition(":")[0] not in TABLE and is_path(name):
        return _load_folder(Path(name).expanduser(), image_size, directory)
    source = find(str(name))
    if image_size is not None:
        shape = f"{source.shape[1]}x{source.shape[2]}"
        raise UserError(
            f"An image size is for folders of images; those of {source.name} are {shape}."
        )
    if source.form == "embedded":
        return load_digits(source)
    if source.form == "bitmaps":
        return _load_doodles(source, directory)
    return _load_published(source, directory, unverified)


def is_path(name: str | Path) -> bool:
    """Say whether this is meant as a path rather than as a name.

    >>> is_path("./digits"), is_path("mnits")
    (True, False)
    """
    text = os.fspath(name)
    separators = {os.sep, "/"} & set(text)
    return (
        isinstance(name, Path) or bool(separators) or text[:1] in {".", "~"} or Path(text).exists()
    )


def _load_folder(path: Path, image_size: tuple[int, int] | None, directory: Path) -> Dataset:
    if not path.exists():
        raise DataError(
            f"There is no folder {path}. Give a folder of images, one folder for each class, or a name: "
            f"{', '.join(TABLE)}."
        )
    if not path.is_dir():
        raise DataError(f"{path} is a file; a dataset is a folder with a folder for each class.")
    from .folder import load_folder

    return load_folder(path, image_size=image_size, cache=directory / "folders")


def _load_published(source: Source, directory: Path, unverified: bool) -> Dataset:
    folder = folder_of(source, directory)
    decoded, replaced = remembered(
        cache_places(directory, source.name),
        partial(_files, source, folder),
        partial(_make, source, directory, unverified),
    )
    refuse_unverified(source, decoded.notes, folder, allowed=unverified)
    notes = decoded.notes
    if replaced:
        notes += (
            f"The decoded copy of {source.name} was damaged; it was made anew from its files.",
        )
    tensors = decoded.tensors
    train, test = (
        Split(tensors[f"{part} images"], tensors[f"{part} labels"].long())
        for part in ("train", "test")
    )
    return Dataset(source.name, source.classes, train, test, style=source.style, notes=notes)


def _files(source: Source, folder: Path) -> list[Path]:
    return sorted(set(locate(source, folder).values())) if is_complete(source, folder) else []


def _make(source: Source, directory: Path, unverified: bool) -> Decoded:
    folder = folder_of(source, directory)
    if not is_complete(source, folder):
        fetch(source, directory)
    with _advice(source):
        decoded = decode(source, read_contents(source, locate(source, folder)))
    refuse_unverified(source, decoded.notes, folder, allowed=unverified)
    return decoded


@contextmanager
def _advice(source: Source) -> Iterator[None]:
    """Add to what is wrong with a file how to get a right one."""
    try:
        yield
    except IntegrityError as error:
        advice = f"`steepest data fetch {quote(source.name)}` brings the published file."
        raise IntegrityError(f"{error} {advice}") from error


def _load_doodles(source: Source, directory: Path) -> Dataset:
    folder = folder_of(source, directory)
    if not is_complete(source, folder):
        fetch(source, directory)
    with _advice(source):
        each = [read_drawings(folder / file.name, file.shape[0]) for file in source.files]
    drawings = np.stack(each)
    images = torch.from_numpy(drawings).view(*drawings.shape[:2], *source.shape)
    learned = source.train // len(source.classes)
    train, test = _labelled(images[:, :learned]), _labelled(images[:, learned:])
    return Dataset(source.name, source.classes, train, test, style=source.style)


def _labelled(images: Tensor) -> Split:
    """Return the images [K, N, C, H, W] of K classes as one split."""
    classes, count = images.shape[:2]
    return Split(images.flatten(0, 1), torch.arange(classes).repeat_interleave(count))
