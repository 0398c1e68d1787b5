"""Hashes of what a result depends on: the program, the user's files, and the tensors that came out."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..config import Config
from ..user_files import hashes_of_files

PACKAGE = Path(__file__).resolve().parent.parent


def weights_hash(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of named tensors: names, types, shapes and bytes, in the names' order."""
    digest = sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu()
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


@cache
def program_hash() -> str:
    """Return the SHA-256 of this package's Python files: each path, and its bytes."""
    digest = sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def file_hashes(configs: Iterable[Config]) -> dict[str, str]:
    """Return the SHA-256 of every file of the user's that configs name, by path."""
    found: dict[str, str] = {}
    for config in configs:
        for files in hashes_of_files(config).values():
            found |= files
    return found


def json_hash(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record as JSON with sorted keys.

    >>> json_hash({"a": 1, "b": 2}) == json_hash({"b": 2, "a": 1})
    True
    """
    return sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
