"""The user's own files that a run depends on: their hashes, and which of them changed since."""

from collections.abc import Mapping
from pathlib import Path

from .config import Config
from .specification import files_of
from .storage import sha256


def hashes_of_files(config: Config) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of each file that a config's model and optimizer name, by setting and path."""
    named = {"model": config.model, "optimizer": config.optimizer}
    return {
        setting: {str(path): sha256(path.read_bytes()) for path in files_of(text)}
        for setting, text in named.items()
    }


def changed_files(recorded: Mapping[str, Mapping[str, str]], *settings: str) -> list[str]:
    """Return the paths whose file is gone, or has another hash than the one recorded.

    Args:
        recorded: what ``hashes_of_files`` gave when the run began.
        settings: ``model``, ``optimizer`` or both.
    """
    return [
        path
        for setting in settings
        for path, hash_then in recorded.get(setting, {}).items()
        if hash_of_file(Path(path)) != hash_then
    ]


def named_files(config: Config) -> list[Path]:
    """Return the user's own files that a config's model and optimizer name, there or not."""
    return files_of(config.model) + files_of(config.optimizer)


def hash_of_file(path: Path) -> str | None:
    """Return a file's SHA-256, or None where there is no file."""
    return sha256(path.read_bytes()) if path.is_file() else None
