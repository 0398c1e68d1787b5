"""A folder of image files as a dataset: found by name, decoded once, then read from one cache file."""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ..errors import DataError, UserError
from .dataset import Dataset, Split
from .decoding import decode, size_of
from .folder_cache import cache_path, fingerprint, of_splits, read_cache, write_cache
from .folder_scan import Found, Scan, scan
from .location import data_directory
from .pictures import fit_picture, in_channels

# pictures of one size are kept up to this side; larger ones train for minutes where these take seconds
KEPT_SIDE = 64
# CIFAR's, which the named models for colour expect
STANDARD_SIZE = (32, 32)
# so that a folder full of something else does not fill the screen
NAMED_FILES = 10

Result = TypeVar("Result")


def load_folder(
    root: Path, *, image_size: tuple[int, int] | None = None, cache: Path | None = None
) -> Dataset:
    """Return the images of a folder, from its cache if no file changed since they were decoded.

    **Layout.** ``root/<class>/*``: a fifth of each class is set aside for testing; the sorted file names alone
    decide which, so the same files are split alike everywhere. ``root/{train,val,test}/<class>/*`` is taken
    as it is; ``val`` (also ``valid``, ``validation``) and ``test`` may be missing. Folders within a class folder
    belong to the class. Hidden files and what operating systems leave behind are skipped; every other
    file must be an image.

    **Size.** With ``image_size`` every picture is scaled to cover it and cut to it around its centre. Without,
    pictures that all have one size of at most 64 pixels a side keep it; all others become 32x32 in that
    same way, and the dataset's notes say so.

    **Colour.** One channel if every pixel of every picture is grey, else three.

    Args:
        root: the folder.
        image_size: (height, width), each 1 or more.
        cache: where decoded folders are kept; without it, with the other datasets.

    Raises:
        DataError: the folders make no dataset, or files are no images; each such file is named.
        UserError: the image size is below 1.
    """
    root = Path(root)
    if image_size is not None and min(image_size) < 1:
        raise UserError(
            f"The image size is {image_size[0]}x{image_size[1]}; both must be 1 or more."
        )
    found = scan(root)
    known = fingerprint(found, image_size)
    place = cache_path(cache or data_directory() / "folders", root, image_size)
    kept = read_cache(place, str(root), known)
    if kept is not None:
        return kept
    dataset = _decoded(root, found, image_size)
    try:
        write_cache(place, dataset, known)
    except OSError as error:
        warnings.warn(
            f"The decoded pictures of {root} could not be kept in {place.parent} ({error.strerror}); "
            "they will be decoded again next time.",
            stacklevel=2,
        )
    return dataset


def _decoded(root: Path, found: Scan, image_size: tuple[int, int] | None) -> Dataset:
    images, size_notes = _pictures(root, found, image_size)
    counts = [len(files) for files in found.parts.values()]
    splits = {
        part: Split(
            pictures,
            torch.tensor([each.label for each in files]),
            tuple(each.name for each in files),
        )
        for (part, files), pictures in zip(
            found.parts.items(), torch.split(images, counts), strict=True
        )
    }
    return of_splits(str(root), found.classes, splits, found.notes + size_notes)


def _pictures(
    root: Path, found: Scan, image_size: tuple[int, int] | None
) -> tuple[Tensor, tuple[str, ...]]:
    """Return every file's picture, [N, C, H, W] uint8, and what to say about their size."""
    files, bad = found.files, dict.fromkeys(found.stray, "lies in no class folder")
    notes: tuple[str, ...] = ()
    if image_size is None:
        sizes, unread = _each(size_of, files)
        files = tuple(each for each in files if each.name not in unread)
        bad |= unread
        image_size, notes = _common_size(set(sizes))
    height, width = image_size
    pictures, unread = _each(lambda path: fit_picture(decode(path), height, width), files)
    bad |= unread
    if bad:
        raise DataError(_refusal(root, bad))
    channels = max(len(each) for each in pictures)
    return torch.stack([in_channels(each, channels) for each in pictures]), notes


def _common_size(sizes: set[tuple[int, int]]) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Return the size that pictures of these sizes are brought to, and what to say about it."""
    if len(sizes) == 1 and max(max(size) for size in sizes) <= KEPT_SIDE:
        return next(iter(sizes)), ()
    height, width = STANDARD_SIZE
    came = "of several sizes" if len(sizes) > 1 else "larger than that"
    return STANDARD_SIZE, (
        f"Its pictures, {came}, were scaled and cut to {height}x{width}; an image size keeps more of them.",
    )


def _each(
    work: Callable[[Path], Result], files: Sequence[Found]
) -> tuple[list[Result], dict[str, str]]:
    """Return the results for the files that can be read, in order, and what is wrong with the others."""

    def attempt(found: Found) -> Result | DataError:
        try:
            return work(found.path)
        except DataError as error:
            return error

    # decoders work outside Python's lock; beyond eight threads the disk is the limit
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        outcomes = list(pool.map(attempt, files))
    named = zip(files, outcomes, strict=True)
    wrong = {found.name: str(what) for found, what in named if isinstance(what, DataError)}
    return [each for each in outcomes if not isinstance(each, DataError)], wrong


def _refusal(root: Path, bad: dict[str, str]) -> str:
    lines = [f"{name} {what}" for name, what in sorted(bad.items())]
    rest = len(lines) - NAMED_FILES
    listed = "; ".join(lines[:NAMED_FILES]) + (f"; and {rest} more" if rest > 0 else "")
    what = "1 file" if len(lines) == 1 else f"{len(lines)} files"
    return f"{what} of {root} cannot be used: {listed}. Remove or move such files, then try again."
