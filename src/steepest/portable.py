"""How a process is started so that torch computes alike on every x86 processor with AVX2; nothing heavy is here.

torch, oneDNN and MKL each choose their code for the processor as they are loaded, so this can only be said before.
A process is portable where its environment says so, whoever put it there: ``--portable``, a shell, or a parent.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .errors import UserError

PORTABLE = "torch-portable"  # the arithmetic's name
LIMITS = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "COMPATIBLE"}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# each of these too makes oneDNN, MKL or the C library choose other code
MISLEADING = (
    *("DNNL_MAX_CPU_ISA", "ONEDNN_CPU_ISA_HINTS", "DNNL_CPU_ISA_HINTS"),
    *("ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE"),
    *("MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE", "MKL_VML_MODE", "GLIBC_TUNABLES"),
)
NEEDED = ("avx2", "fma")  # of the processor: torch takes the two together
LARGEST = 32 << 20  # bytes of a record
STARTED = "STEEPEST_STARTED_AGAIN"  # holds the process that was: it stays the same process
SPELLED = " ".join(f"{name}={value}" for name, value in (LIMITS | ONE_THREAD).items())


def asked(environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether an environment asks torch, oneDNN and MKL alike for the code of every processor with AVX2."""
    limited = all(environment.get(name, "").lower() == value.lower() for name, value in LIMITS.items())
    return limited and not any(environment.get(name) for name in MISLEADING)


@cache
def is_asked() -> bool:
    """Say whether this process was started portable; asked in every step, and read once."""
    return asked()


def start_portable() -> None:
    """See that this process is portable: it is, or it begins anew, the same interpreter with the same arguments.

    Raises:
        UserError: torch is loaded already, or this processor or system cannot be portable.
    """
    if asked():
        return
    lacking = lacks()
    if lacking:
        raise UserError(f"The portable arithmetic needs x86-64 with AVX2 and FMA, on Linux; {lacking}.")
    if "torch" in sys.modules:
        raise UserError(f"The portable arithmetic is chosen before torch is loaded: start Python with {SPELLED}")
    if os.environ.get(STARTED) == str(os.getpid()):
        raise UserError(f"Something takes away what the portable arithmetic needs in the environment: {SPELLED}")
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    sys.stdout.flush()
    again = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, again, {**kept, **LIMITS, **ONE_THREAD, STARTED: str(os.getpid())})


def follow_record(path: Path) -> None:
    """Begin anew as ``start_portable`` does where a run, or all of a claim, was made portable, and it can be here.

    Args:
        path: a run's folder or name, or a claim; what cannot be read is left to whoever reads it in earnest.
    """
    if "torch" not in sys.modules and not lacks() and was_portable(path):
        start_portable()


def was_portable(path: Path) -> bool:
    """Say whether what a file records was made portable; of a claim, all of it."""
    try:
        folders = [each for each in (path, Path("runs") / path) if each.is_dir()]
        file = folders[0] / "environment.json" if folders else path
        if not file.is_file() or file.stat().st_size > LARGEST:  # a pipe would be waited for
            return False
        record = json.loads(file.read_text())
        made = [record] if folders else record["circumstances"]["environments"]
        return bool(made) and all(each["arithmetic"]["name"] == PORTABLE for each in made)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def lacks() -> str:
    """Say what of the portable arithmetic's needs is not here; nothing where all is."""
    if sys.platform != "linux" or platform.machine().lower() not in ("x86_64", "amd64"):
        return f"this is {platform.machine()} on {platform.system()}"
    missing = [name for name in NEEDED if name not in cpu_facts().get("flags", "").split()]
    return f"this processor has no {' and no '.join(missing)}" if missing else ""


@cache
def cpu_facts() -> dict[str, str]:
    """Return what the system says of the first processor, by its own names; empty where it says nothing."""
    listing = Path("/proc/cpuinfo")
    if not listing.is_file():
        return {}
    first = listing.read_text(errors="replace").partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
