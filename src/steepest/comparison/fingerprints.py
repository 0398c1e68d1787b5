"""Hashes of what a result depends on: the program, the user's files, and the tensors that came out."""

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from ..config import Config
from ..tensor_file import tensors_hash
from ..user_files import hashes_of_files

PACKAGE = Path(__file__).resolve().parent.parent


def weights_hash(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of named tensors: names, types, shapes and bytes, in the names' order."""
    return tensors_hash({name: tensor.detach().cpu() for name, tensor in tensors.items()})


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
