"""What a run was made with: versions, processor and plan; what ``steepest doctor`` shows of it."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..config import Config
from ..plan import Plan, cores
from ..specification import files_of, placed
from ..storage import sha256

PACKAGES = ("steepest", "torch", "numpy", "scikit-learn", "scipy", "safetensors", "pillow")


def environment(plan: Plan) -> dict[str, Any]:
    """Return the record that a run keeps of where it was made."""
    import torch

    return {
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "plan": plan.to_dict(),
    }


def package_version(name: str) -> str | None:
    """Return an installed package's version, or None where it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """Return the processor's name as the system gives it."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def hashes_of_files(config: Config) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of each file that a config's model and optimizer name, by setting and path."""
    named = {"model": config.model, "optimizer": config.optimizer}
    return {
        setting: {str(path): sha256(placed(path).read_bytes()) for path in files_of(text)}
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
    path = placed(path)
    return sha256(path.read_bytes()) if path.is_file() else None
