"""The decoded pictures of a folder in one file, valid for as long as no file of the folder changes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import DataError
from ..storage import sha256, write_durably
from .dataset import Dataset, Split
from .folder_scan import Scan

# a new number makes every cached folder be decoded anew; raise it when decoding or the split changes
FORMAT = 1


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
                part: Split(
                    file.get_tensor(f"{part} images"),
                    file.get_tensor(f"{part} labels"),
                    tuple(names),
                )
                for part, names in body["names"].items()
            }
        dataset = of_splits(name, body["classes"], splits, body["notes"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, DataError):
        return None
    return dataset if dataset.hashes == body["hashes"] else None


def of_splits(
    name: str, classes: Sequence[str], splits: Mapping[str, Split], notes: Sequence[str]
) -> Dataset:
    """Return the dataset of splits that go by their names."""
    test, validation = splits.get("test"), splits.get("validation")
    return Dataset(name, tuple(classes), splits["train"], test, validation, notes=tuple(notes))
