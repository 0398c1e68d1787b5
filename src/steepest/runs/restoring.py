"""What a run keeps, and what is made of it again: network, checkpoint, and the table of epochs.

A checkpoint is named tensors and a record, exact to the bit; ``metrics.csv`` has a row per epoch, with the seconds
that no checkpoint holds. Its last column is a hash: the first digits of the SHA-256 of all that stands before.
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from ..config import Config
from ..data import Dataset
from ..errors import IntegrityError, ShapeError
from ..models import Network, build
from ..optimizers import pack, unpack
from ..storage import SEAL, read_bytes, write_durably
from ..training.history import COLUMNS, Checkpoint, Row

DIGITS = 16  # of each row's hash


def described(dataset: Dataset) -> dict[str, Any]:
    """Return what a run keeps of its dataset: enough to use the network without it."""
    return {
        "classes": list(dataset.classes),
        "shape": list(dataset.shape),
        "style": dataset.style,
        "notes": list(dataset.notes),
        "hashes": dataset.hashes,
    }


def untrained(config: Config, data: Mapping[str, Any]) -> Network:
    """Return a config's network with its initial weights.

    Args:
        config: as trained, with every default replaced by what was chosen.
        data: what ``described`` says of the dataset.
    """
    return build(
        config.model,
        tuple(data["shape"]),
        len(data["classes"]),
        init=config.init,
        seed=config.seed,
        normalize=config.normalize,
    )


def put_weights(network: Network, weights: dict[str, Tensor], source: str) -> None:
    """Put a run's weights into a network.

    Args:
        weights: by the names of its tensors.
        source: the run's name, for the error.

    Raises:
        ShapeError: the network is another one; a user's class may have changed since.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ShapeError(f"The weights of {source} do not fit this network: {reason}") from error


def read_table(path: Path) -> list[Row]:
    """Return the rows of a table, or none where there is no file.

    Raises:
        IntegrityError: the file is not as it was written. A table of an older steepest has no hashes; of that
            only what cannot be read is found.
    """
    if not path.is_file():
        return []
    try:
        text = read_bytes(path).decode()
        rows = [_numbers(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise IntegrityError(f"{path} is not as it was written: {error}.") from error
    head, *lines = text.splitlines() or [""]
    plain = [line.rpartition(",")[0] for line in (head, *lines)]
    older = head.endswith(",seconds")
    if not lines or not (older or (head.endswith(f",{SEAL}") and _with_hashes(plain) == text)):
        raise IntegrityError(f"{path} is not as it was written: it was changed or cut off.")
    return rows


def write_table(path: Path, history: Sequence[Row], seconds: Mapping[int, float]) -> None:
    """Write a row per epoch of a history.

    Args:
        history: what the checkpoint holds.
        seconds: by epoch; an epoch without them has an empty cell.
    """
    rows = [{**row, "seconds": seconds.get(int(row["epoch"]))} for row in history]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_durably(path, _with_hashes(text.getvalue().splitlines()))


def _with_hashes(lines: Sequence[str]) -> str:
    """Return a table's lines, its headings first, each with one cell more: the hash of all that stands before."""
    before, done = hashlib.sha256(), list[str]()
    for line in lines:
        before.update(f"{line},".encode())
        done.append(f"{line},{before.hexdigest()[:DIGITS] if done else SEAL}\n")
        before.update(b"\n")
    return "".join(done)


def in_order(row: Row) -> Row:
    """Return a row with its columns as training gives them; a checkpoint's JSON sorts them."""
    return {key: row[key] for key in (*(c for c in COLUMNS if c in row), *(k for k in row if k not in COLUMNS))}


def _numbers(row: dict[str, str]) -> Row:
    return {key: float(value) for key, value in row.items() if value and key != SEAL}


def taken_apart(checkpoint: Checkpoint) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return a checkpoint's tensors by name, and the rest of it, which JSON can hold."""
    state, skeleton = pack(checkpoint.state)
    tensors = {
        "params": checkpoint.params,
        **_prefixed("buffers", checkpoint.buffers),
        **_prefixed("weights", checkpoint.weights),
        **_prefixed("state", state),
    }
    record = {"epoch": checkpoint.epoch, "history": checkpoint.history, "state": skeleton}
    return tensors, record


def put_together(tensors: dict[str, Tensor], record: dict[str, Any]) -> Checkpoint:
    """Return the checkpoint that ``taken_apart`` took apart."""
    return Checkpoint(
        epoch=record["epoch"],
        params=tensors["params"],
        buffers=_unprefixed("buffers", tensors),
        state=unpack(_unprefixed("state", tensors), record["state"]),
        weights=_unprefixed("weights", tensors),
        history=[in_order(row) for row in record["history"]],
    )


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
