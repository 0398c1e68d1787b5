"""How files differ: tensors bit by bit, pictures pixel by pixel, all others by what their names say."""

import io
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from .findings import Findings, Pair
from .text import page_findings, text_findings
from .values import csv_findings, json_findings, toml_findings

HEADER_LENGTH_BYTES = 8  # a safetensors file begins with its header's length, little-endian
FLOATS = {"F64": np.float64, "F32": np.float32, "F16": np.float16}
SETTINGS = (  # of a run, as long as there have been runs: a newer one is no other run
    *("model", "data", "optimizer", "lr", "schedule", "epochs", "batch_size", "val", "stratified"),
    *("split_seed", "augment", "normalize", "image_size", "init", "init_from", "seed"),
    *("label_smoothing", "class_weights", "weight_decay", "clip_norm", "patience", "precision"),
)


@dataclass(frozen=True)
class Stored:
    """A tensor as a file holds it.

    Args:
        kind: such as ``F32``.
        shape: of it.
        content: its bytes, little-endian.
    """

    kind: str
    shape: tuple[int, ...]
    content: bytes


def read_stored(content: bytes) -> tuple[dict[str, Stored], dict[str, Any]]:
    """Return the tensors of a safetensors file by name, and its metadata with JSON in it read."""
    length = int.from_bytes(content[:HEADER_LENGTH_BYTES], "little")
    start = HEADER_LENGTH_BYTES + length
    header = json.loads(content[HEADER_LENGTH_BYTES:start])
    metadata = {key: json.loads(text) for key, text in header.pop("__metadata__", {}).items()}
    metadata.get("steepest", {}).pop("head", None)  # a hash of the header alone: it follows from the rest
    tensors = {}
    for name, each in header.items():
        first, last = (start + offset for offset in each["data_offsets"])
        tensors[name] = Stored(each["dtype"], tuple(each["shape"]), content[first:last])
    return tensors, metadata


def tensor_findings(old: bytes, new: bytes, places: Pair) -> Findings:
    """Return how two safetensors files differ: tensors bit by bit, then what is written beside them."""
    (before, record), (after, record_now) = read_stored(old), read_stored(new)
    found = Findings()
    for name, was in before.items():
        now = after.get(name)
        found.note("tensors", f"tensor {name}: is gone" if now is None else _parted(name, was, now))
    for name in sorted(set(after) - set(before)):
        found.note("tensors", f"tensor {name}: was not there")
    found.take(json_findings(record, record_now, places), "metadata")
    return found


def _parted(name: str, was: Stored, now: Stored) -> str | None:
    """Return in words how two tensors differ, or None where they are the same to the bit."""
    if (was.kind, was.shape) != (now.kind, now.shape):
        shapes = f"{was.kind}{list(was.shape)} → {now.kind}{list(now.shape)}"
        return f"tensor {name}: {shapes}"
    if was.content == now.content:
        return None
    count = max(1, int(np.prod(was.shape)))
    size = len(was.content) // count
    pair = [np.frombuffer(each.content, np.uint8).reshape(count, size) for each in (was, now)]
    differing = int((pair[0] != pair[1]).any(axis=1).sum())
    told = f"tensor {name}: {differing} of {count} numbers differ"
    if was.kind in FLOATS:
        kind = np.dtype(FLOATS[was.kind]).newbyteorder("<")
        values = [np.frombuffer(each.content, kind).astype(np.float64) for each in (was, now)]
        told += f", by {np.abs(values[0] - values[1]).max():.3g} at most"
    return told


def picture_findings(old: bytes, new: bytes, places: Pair) -> Findings:
    """Return whether two pictures show the same pixels."""
    found = Findings()
    if old == new:
        found.note("pictures")
        return found
    before, after = (_pixels(each) for each in (old, new))
    if before.shape != after.shape:
        found.note("pictures", f"{before.shape} pixels → {after.shape}")
    else:
        share = float((before != after).mean())
        found.note("pictures", f"{share:.3%} of the pixels' values differ" if share else None)
    return found


def _pixels(content: bytes) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    from PIL import Image, ImageSequence

    with Image.open(io.BytesIO(content)) as image:
        return np.stack([np.asarray(each.convert("RGBA")) for each in ImageSequence.Iterator(image)])


def _json_text(old: str, new: str, places: Pair) -> Findings:
    return json_findings(json.loads(old), json.loads(new), places)


TEXTS: dict[str, Callable[[str, str, Pair], Findings]] = {
    ".json": _json_text,
    ".csv": csv_findings,
    ".toml": toml_findings,
    ".html": page_findings,
}
BYTES: dict[str, Callable[[bytes, bytes, Pair], Findings]] = {
    ".safetensors": tensor_findings,
    ".png": picture_findings,
    ".gif": picture_findings,
}


def file_findings(name: str, old: bytes, new: bytes, places: Pair) -> Findings:
    """Return how two versions of a file differ, by what its name says it holds."""
    ending = name[name.rfind(".") :]
    try:
        if ending in BYTES:
            found = BYTES[ending](old, new, places)
        else:
            found = TEXTS.get(ending, text_findings)(old.decode(), new.decode(), places)
    except (ValueError, KeyError) as error:  # a file that was damaged on purpose
        found = Findings()
        same = old == new
        found.note("values", None if same else f"cannot be read, and differs: {error}")
    found.compared["files"] += 1
    found.equal += not found.differences
    return found


def job_names(configs: Mapping[str, str]) -> dict[str, str]:
    """Return what to call the folders of a sweep's runs: by what they trained, since their keys are hashes.

    Args:
        configs: the text of config.toml, by folder.

    >>> configs = {"3f": 'optimizer = "adam"', "a0": 'optimizer = "adam"', "b1": "seed = 2"}
    >>> list(job_names(configs).values())
    ['adam dfae2139', 'adam dfae2139 #2', ' seed 2 b105c577']
    """
    told: dict[str, str] = {}
    for folder in sorted(configs):
        values = tomllib.loads(configs[folder])
        known = json.dumps({key: values[key] for key in SETTINGS if key in values})
        words = [str(values.get("optimizer", ""))]
        words += [f"{key} {values[key]}" for key in ("lr", "seed") if key in values]
        name = " ".join([*words, sha256(known.encode()).hexdigest()[:8]])
        count = sum(each.partition(" #")[0] == name for each in told.values())
        told[folder] = f"{name} #{count + 1}" if count else name
    return told
