"""Which files of a folder are images, of which class, and for what: by names alone, nothing is opened."""

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..errors import DataError, refuse_trouble
from ..randomness import generator
from ..storage import sha256
from .splitting import stratified_rows

PARTS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
# what operating systems leave behind in a folder
LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"}
TEST_FRACTION = 0.2
DEEPEST = 50  # folders in one another


@dataclass(frozen=True)
class Found:
    """A file that stands for one image.

    Args:
        name: relative to the root, with ``/`` between folders, in Unicode's composed form.
    """

    name: str
    path: Path
    label: int


@dataclass(frozen=True)
class Scan:
    """The files of a folder, sorted by name within each part.

    Args:
        classes: the names of the class folders, sorted as text.
        parts: the files for ``train`` and, where there are any, ``validation`` and ``test``.
        stray: the names of files that lie in no class folder.
        notes: sentences that every run on these images must repeat.
    """

    classes: tuple[str, ...]
    parts: dict[str, tuple[Found, ...]]
    stray: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Found, ...]:
        """The files of all parts, in their order."""
        return tuple(found for part in self.parts.values() for found in part)


def scan(root: Path) -> Scan:
    """Say what a folder holds, in either layout; see ``load_folder`` for the rules.

    Raises:
        DataError: there is no such folder, or its folders make no dataset.
    """
    if not root.is_dir():
        raise DataError(f"There is no folder {root}. Give a folder with one folder of images a class.")
    entries = visible(root)
    folders = [entry for entry in entries if _is_folder(entry)]
    stray = tuple(_composed(entry.name) for entry in entries if not _is_folder(entry))
    if not folders:
        raise DataError(
            f"{root} has no folders. A dataset has one folder of images a class: {root.name}/<class>/..., "
            f"or {root.name}/train/<class>/... with test and val beside it."
        )
    named = {_composed(folder.name).lower(): folder for folder in folders}
    if "train" in named or set(named) <= set(PARTS):
        return _in_parts(root, named, stray)
    return _in_classes(root, folders, stray)


def visible(folder: Path) -> list[Path]:
    """Return a folder's entries sorted by name, without hidden ones and systems' litter.

    Raises:
        DataError: the folder may not be read.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        refuse_trouble(error)
        raise DataError(f"{folder} cannot be read: {error.strerror}.") from error
    seen = (each for each in entries if not each.name.startswith("."))
    kept = (each for each in seen if each.name.lower() not in LITTER)
    return sorted(kept, key=lambda each: _composed(each.name))


def _in_classes(root: Path, folders: Sequence[Path], stray: tuple[str, ...]) -> Scan:
    """Read ``root/<class>/*``, and set a fifth of each class aside for testing."""
    classes = tuple(_composed(folder.name) for folder in folders)
    _check_classes(root, classes)
    found = tuple(each for label, folder in enumerate(folders) for each in _images(root, folder, label))
    _refuse_empty(root, classes, found)
    return Scan(classes, _divided(root, classes, found), stray)


def _divided(root: Path, classes: Sequence[str], found: Sequence[Found]) -> dict[str, tuple[Found, ...]]:
    found = sorted(found, key=lambda each: each.name)
    # the names and nothing else decide, so that the same files are split alike on every machine
    seed = int(sha256("\n".join(each.name for each in found).encode())[:16], 16)
    count = max(round(TEST_FRACTION * len(found)), len(classes))
    labels = torch.tensor([each.label for each in found])
    try:
        rows = stratified_rows(labels, count, classes, generator(seed, "test split"))
    except DataError as error:
        raise DataError(f"{root} cannot be split into training and test images: {error}") from error
    chosen = set(rows.tolist())
    return {
        "train": tuple(each for row, each in enumerate(found) if row not in chosen),
        "test": tuple(each for row, each in enumerate(found) if row in chosen),
    }


def _in_parts(root: Path, named: Mapping[str, Path], stray: tuple[str, ...]) -> Scan:
    """Read ``root/{train,val,test}/<class>/*`` as it is."""
    folders = _part_folders(root, named)
    inside = {part: visible(folder) for part, folder in folders.items()}
    classes = tuple(_composed(each.name) for each in inside["train"] if _is_folder(each))
    _check_classes(folders["train"], classes)
    label_of = {name: label for label, name in enumerate(classes)}
    result = Scan(classes, {}, stray)
    for part, entries in inside.items():
        loose = tuple(_name(root, each) for each in entries if not _is_folder(each))
        result = replace(result, stray=result.stray + loose)
        present = [each for each in entries if _is_folder(each)]
        unknown = [_composed(each.name) for each in present if _composed(each.name) not in label_of]
        if unknown:
            raise DataError(
                f"{folders[part]} has classes that {folders['train']} has not: {', '.join(unknown)}. "
                f"Its classes are: {', '.join(classes)}."
            )
        result = _with_part(result, root, folders[part], part, present)
    return result


def _with_part(result: Scan, root: Path, folder: Path, part: str, class_folders: Sequence[Path]) -> Scan:
    """Add a part's images; only for training must every class have some."""
    label_of = {name: label for label, name in enumerate(result.classes)}
    found = tuple(
        each
        for class_folder in class_folders
        for each in _images(root, class_folder, label_of[_composed(class_folder.name)])
    )
    if part == "train" or not found:
        _refuse_empty(folder, result.classes, found)
    present = {each.label for each in found}
    absent = [name for label, name in enumerate(result.classes) if label not in present]
    notes = (f"The {part} images have none of: {', '.join(absent)}.",) if absent else ()
    ordered = tuple(sorted(found, key=lambda each: each.name))
    return replace(result, parts=result.parts | {part: ordered}, notes=result.notes + notes)


def _part_folders(root: Path, named: Mapping[str, Path]) -> dict[str, Path]:
    if "train" not in named:
        raise DataError(
            f"{root} has {', '.join(sorted(named))} and no train folder. Add {root.name}/train/<class>/..., "
            "or give one folder a class."
        )
    other = sorted(set(named) - set(PARTS))
    if other:
        raise DataError(
            f"{root} has a train folder, and beside it: {', '.join(other)}. Beside train there may be val and "
            "test; each holds one folder a class."
        )
    folders: dict[str, Path] = {}
    for name, part in PARTS.items():
        if name not in named:
            continue
        if part in folders:
            raise DataError(
                f"{root} has two validation folders: {folders[part].name} and {named[name].name}. Keep one."
            )
        folders[part] = named[name]
    return folders


def _check_classes(folder: Path, classes: Sequence[str]) -> None:
    if len(classes) < 2:
        what = "one class only: " + classes[0] if classes else "no class folders"
        raise DataError(
            f"{folder} has {what}. A classifier needs two or more, each a folder of images in {folder.name}."
        )


def _refuse_empty(folder: Path, classes: Sequence[str], found: Sequence[Found]) -> None:
    present = {each.label for each in found}
    empty = [name for label, name in enumerate(classes) if label not in present]
    if empty:
        raise DataError(f"{folder} has no image of: {', '.join(empty)}. Add images or remove the class.")


def _images(root: Path, folder: Path, label: int) -> Iterator[Found]:
    for path in files_below(folder, {_identity(root)}):
        yield Found(_name(root, path), path, label)


def files_below(folder: Path, seen: set[tuple[int, int]] | None = None, depth: int = 0) -> Iterator[Path]:
    """Yield a folder's visible files at any depth, each folder's sorted by name.

    Links are followed, but no folder is gone through twice: links among a dozen would make as many ways as an
    army has orders of march.

    Args:
        seen: the folders that were gone through already; taken on.
        depth: how many folders stand above.

    Raises:
        DataError: a folder may not be read, or stands in more than ``DEEPEST`` others.
    """
    seen = set() if seen is None else seen
    seen.add(_identity(folder))
    for entry in visible(folder):
        if not _is_folder(entry):
            yield entry
        elif depth == DEEPEST:
            raise DataError(f"{str(folder)[:80]}.. stands in more than {DEEPEST} folders. Move its files up.")
        elif _identity(entry) not in seen:
            yield from files_below(entry, seen, depth + 1)


def _is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        raise DataError(f"{entry} cannot be read: {error.strerror}.") from error


def _identity(folder: Path) -> tuple[int, int]:
    try:
        state = folder.stat()
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}.") from error
    return state.st_dev, state.st_ino


def _name(root: Path, path: Path) -> str:
    return _composed(path.relative_to(root).as_posix())


def _composed(name: str) -> str:
    """Return a name in Unicode's composed form: one disk gives ``ä`` as one character, another as two.

    Bytes that are no UTF-8 are written out, for a name becomes text of files and pages.
    """
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
