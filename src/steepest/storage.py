"""Bytes on disk that survive a crash: written whole or not at all, hashed, and locked while fetched."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import IntegrityError

if TYPE_CHECKING:
    from torch import Tensor

KEY = "steepest"  # one metadata key only: safetensors writes several in an order of its own
HEADER_LENGTH_BYTES = 8  # a safetensors file begins with its header's length, little-endian


def sha256(content: bytes | memoryview) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def json_hash(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record as JSON with sorted keys.

    >>> json_hash({"a": 1, "b": 2}) == json_hash({"b": 2, "a": 1})
    True
    """
    return sha256(json.dumps(record, sort_keys=True).encode())


def write_durably(path: Path, content: bytes | memoryview | str) -> None:
    """Replace a file's content so that a crash at any moment leaves the old bytes or the new ones.

    bytes -> temporary file in the same folder -> fsync -> rename -> fsync of the folder.

    Raises:
        OSError: the disk is full or read-only; the previous content is untouched.
    """
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and a rename is journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_tensors(path: Path, tensors: "dict[str, Tensor]", record: dict[str, Any]) -> None:
    """Replace a file durably by these tensors and this record, with a hash over all of it.

    The file's bytes are a function of its content: no clock, no random order.

    Args:
        path: the file; its folder must exist.
        record: anything that JSON holds; ``sha256`` is added.
    """
    from safetensors.torch import save

    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    sealed = {**record, "sha256": _digest(ready, record)}
    write_durably(path, save(ready, metadata={KEY: _json(sealed)}))


def read_tensors(path: Path) -> "tuple[dict[str, Tensor], dict[str, Any]]":
    """Return a file's tensors and its record, once the hash over both agrees.

    Raises:
        IntegrityError: the file is truncated, damaged, or was not written by steepest.
        FileNotFoundError: there is no such file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = path.read_bytes()
    length = int.from_bytes(content[:HEADER_LENGTH_BYTES], "little")
    record = _record(path, content[HEADER_LENGTH_BYTES : HEADER_LENGTH_BYTES + length])
    try:
        claimed = record.pop("sha256")
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise _damaged(path, error) from error
    if _digest(tensors, record) != claimed:
        raise IntegrityError(f"{path} is damaged: its content does not have the hash it was written with.")
    return tensors, record


def read_record(path: Path) -> dict[str, Any]:
    """Return a file's record alone, read from its head: quick, and not checked against the hash.

    Raises:
        IntegrityError: the head is damaged, or was not written by steepest.
        FileNotFoundError: there is no such file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(HEADER_LENGTH_BYTES), "little")
        head = file.read(min(length, path.stat().st_size))  # a damaged length may say anything
    return _record(path, head)


def _record(path: Path, head: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(json.loads(head)["__metadata__"][KEY]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> IntegrityError:
    return IntegrityError(f"{path} is damaged or no file of steepest: {error}")


def _digest(tensors: "dict[str, Tensor]", record: dict[str, Any]) -> str:
    return tensors_hash(tensors, _json(record).encode())


def tensors_hash(tensors: "Mapping[str, Tensor]", before: bytes = b"") -> str:
    """Return the SHA-256 of named tensors: names, types, shapes and bytes, in the names' order.

    Args:
        tensors: by name, on any device.
        before: what is hashed first.
    """
    digest = hashlib.sha256(before)
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def _bytes(tensor: "Tensor") -> memoryview:
    import torch

    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, sort_keys=True)
