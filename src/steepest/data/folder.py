"""A folder of image files as a dataset: found by name, decoded once, then read from one cache file."""

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ..errors import DataError, UserError
from ..storage import sha256, write_durably
from .dataset import Dataset, Split
from .decoding import decode, in_channels, size_of
from .folder_scan import Found, Scan, scan
from .source import data_directory

# pictures of one size are kept up to this side; larger ones train for minutes where these take seconds
KEPT_SIDE = 64
STANDARD_SIZE = (32, 32)  # CIFAR's, which the named models for colour expect
MOST_BYTES = 16 * 10**9  # of all pictures together, in colour
NAMED_FILES = 10  # so that a folder full of something else does not fill the screen
FORMAT = 1  # of the cache: raised when decoding or the split changes, so that every folder is decoded anew

Result = TypeVar("Result")


def load_folder(root: Path, *, image_size: tuple[int, int] | None = None, cache: Path | None = None) -> Dataset:
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
        image_size: (height, width), each 1 or more.
        cache: where decoded folders are kept; without it, with the other datasets.

    Raises:
        DataError: the folders make no dataset, or files are no images; each such file is named.
        UserError: the image size is below 1.
    """
    root = Path(root)
    if image_size is not None and min(image_size) < 1:
        raise UserError(f"The image size is {image_size[0]}x{image_size[1]}; both must be 1 or more.")
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
        part: Split(pictures, torch.tensor([each.label for each in files]), tuple(each.name for each in files))
        for (part, files), pictures in zip(found.parts.items(), torch.split(images, counts), strict=True)
    }
    return of_splits(str(root), found.classes, splits, found.notes + size_notes)


def _pictures(root: Path, found: Scan, image_size: tuple[int, int] | None) -> tuple[Tensor, tuple[str, ...]]:
    """Return every file's picture, [N, C, H, W] uint8, and what to say about their size."""
    files, bad = found.files, dict.fromkeys(found.stray, "lies in no class folder")
    notes: tuple[str, ...] = ()
    if image_size is None:
        sizes, unread = _each(size_of, files)
        files = tuple(each for each in files if each.name not in unread)
        bad |= unread
        image_size, notes = _common_size(set(sizes))
    height, width = image_size
    if (size := len(files) * 3 * height * width) > MOST_BYTES:
        raise DataError(
            f"{root} has {len(files):,} pictures: at {height}x{width} they would take {size / 1e9:,.0f} GB, and "
            f"at most {MOST_BYTES / 1e9:.0f} GB are held. Give a smaller image size."
        )
    pictures, unread = _each(lambda path: decode(path, (height, width)), files)
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


def _each(work: Callable[[Path], Result], files: Sequence[Found]) -> tuple[list[Result], dict[str, str]]:
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


def fingerprint(found: Scan, image_size: tuple[int, int] | None) -> str:
    """Return what decides a folder's dataset: each file's name, size and time, the options, the decoder."""
    import PIL

    files = [[each.name, *_state(each.path)] for each in found.files]
    parts = {part: len(files) for part, files in found.parts.items()}
    known = [FORMAT, PIL.__version__, image_size, found.classes, parts, found.stray, files]
    return sha256(json.dumps(known).encode())


def _state(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:  # a link that leads nowhere
        return -1, -1
    return state.st_size, state.st_mtime_ns


def cache_path(folder: Path, root: Path, image_size: tuple[int, int] | None) -> Path:
    """Return where a folder's pictures are cached: one file a root and size, replaced when it is stale."""
    key = sha256(json.dumps([str(root.resolve()), image_size]).encode())[:16]
    # file systems end names at 255 bytes; 40 characters are at most 160
    return folder / f"{root.resolve().name[:40]}-{key}.safetensors"


def write_cache(path: Path, dataset: Dataset, known: str) -> None:
    """Write a dataset with the fingerprint that it is valid for.

    Raises:
        OSError: the folder cannot be made or written.
    """
    from safetensors.torch import save

    names = {part: split.names for part, split in dataset.splits.items()}
    body = json.dumps(
        {
            "fingerprint": known,
            "classes": dataset.classes,
            "notes": dataset.notes,
            "names": names,
            "hashes": dataset.hashes,
        }
    )
    tensors = {}
    for part, split in dataset.splits.items():
        tensors[f"{part} images"], tensors[f"{part} labels"] = split.images, split.labels
    # one key, for safetensors writes several in any order
    record = json.dumps({"body": body, "sha256": sha256(body.encode())})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, save(tensors, {"steepest": record}))


def read_cache(path: Path, name: str, known: str) -> Dataset | None:
    """Return the cached dataset, or None where there is none, it is stale, or it is damaged.

    A damaged cache is no error: the folder itself is the truth, and is decoded again.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads(file.metadata()["steepest"])
            body = json.loads(record["body"])
            if sha256(record["body"].encode()) != record["sha256"] or body["fingerprint"] != known:
                return None
            splits = {
                part: Split(file.get_tensor(f"{part} images"), file.get_tensor(f"{part} labels"), tuple(names))
                for part, names in body["names"].items()
            }
        dataset = of_splits(name, body["classes"], splits, body["notes"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, DataError):
        return None
    return dataset if dataset.hashes == body["hashes"] else None


def of_splits(name: str, classes: Sequence[str], splits: Mapping[str, Split], notes: Sequence[str]) -> Dataset:
    """Return the dataset of splits that go by their names."""
    test, validation = splits.get("test"), splits.get("validation")
    return Dataset(name, tuple(classes), splits["train"], test, validation, notes=tuple(notes))
