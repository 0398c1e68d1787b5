"""Bytes on disk that survive a crash: written whole or not at all, hashed, and locked while fetched."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


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
