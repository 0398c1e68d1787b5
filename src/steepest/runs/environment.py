"""What a run was made with: versions, processor, arithmetic and plan; what ``steepest doctor`` shows of it."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import UserError
from ..plan import Plan, cores
from ..portable import cpu_facts
from ..specification import files_of
from ..usercode import CODE, hashes_of, hashes_run
from .arithmetic import arithmetic_here
from .program import program_hashes

DEVICES = ["cpu", "cuda", "mps"]
PACKAGES = ("steepest", "torch", "numpy", "scikit-learn", "scipy", "safetensors", "pillow")


def environment(plan: Plan) -> dict[str, Any]:
    """Return the record that a run keeps of where it was made."""
    import torch

    return {
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in PACKAGES},
        "program": program_hashes()["runs"],
        "platform": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        **arithmetic_here(plan.threads),
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
    return cpu_facts().get("model name") or platform.processor() or platform.machine()


def hashes_of_files(config: Config) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of each file that a config names and of what it imports, by setting and path.

    Of files that this process ran, they are those of the bytes that it ran.
    """
    return {setting: hashes_run(files_of(getattr(config, setting))) for setting in CODE}


def changed_files(
    recorded: Mapping[str, Mapping[str, str]], *settings: str, config: Config | None = None
) -> list[str]:
    """Return the paths of files that are gone, that came since, or that have another hash than the one recorded.

    Args:
        recorded: what ``hashes_of_files`` gave when the run began; where it has nothing, nobody can tell.
        settings: ``model``, ``optimizer`` or both.
        config: whose files they are; without it what came since is not seen.
    """
    found: list[str] = []
    for setting in settings:
        then, now = recorded.get(setting), dict[str, str]()
        if not then:
            continue
        for path in map(Path, then) if config is None else files_of(getattr(config, setting)):
            try:
                now |= hashes_of([path])
            except UserError:  # it is gone, and so is what it imported
                continue
        seen = then if config is None else {**then, **now}
        found += [path for path in seen if then.get(path) != now.get(path)]
    return list(dict.fromkeys(found))


def named_files(config: Config) -> list[Path]:
    """Return the user's own files that a config's model and optimizer name, there or not."""
    return files_of(config.model) + files_of(config.optimizer)
