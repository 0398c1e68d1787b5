"""What a run was made with: versions, processor and plan; what ``steepest doctor`` shows of it."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .plan import Plan, cores

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
