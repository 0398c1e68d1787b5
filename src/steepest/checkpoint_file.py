"""A checkpoint as named tensors and a record, and back, exact to the bit."""

from typing import Any

from torch import Tensor

from .history import Checkpoint
from .optimizers import pack, unpack


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
        history=record["history"],
    )


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
