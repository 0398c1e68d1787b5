"""steepest as a process of its own, and what is read of the folder that it left."""

import csv
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from .casework import Fault
from .material import SIDE, settings

STEEPEST = (sys.executable, "-m", "steepest")
SECONDS = 300  # after which a process hangs
HASHED = ("last.safetensors", "best.safetensors")
PAGES = ("report.html", "curves.png")
OF_THE_CLOCK = ("seconds", "sha256")  # columns of the metrics
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Ended:
    """A process that ended: its code (below 0 the signal), and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines on standard error that are errors, and no notes or what a run says of itself as it begins."""
        return [
            each for each in self.err.splitlines() if each.startswith("steepest: ") and "note:" not in each[:16]
        ]

    def __str__(self) -> str:
        return f"exit {self.code}: {self.err.strip()[-240:]}"


def environment(root: Path) -> dict[str, str]:
    """Return the environment of a process whose decoded pictures are kept in a folder."""
    return {**os.environ, **ONE_THREAD, "STEEPEST_DATA": str(root / "cache")}


def started(arguments: Sequence[str], root: Path, **more: Any) -> "subprocess.Popen[bytes]":
    """Start steepest as a new process, with its output thrown away unless something else is said."""
    options: dict[str, Any] = {"cwd": root, "env": environment(root), "stdin": subprocess.DEVNULL}
    options |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more}
    return subprocess.Popen([*STEEPEST, *arguments], **options)


def finished(arguments: Sequence[str], root: Path, **more: Any) -> Ended:
    """Run steepest as a new process, and wait for its end.

    Args:
        more: as of ``subprocess.run``.

    Raises:
        TimeoutExpired: it hangs.
    """
    options = {"cwd": root, "env": environment(root), "stdin": subprocess.DEVNULL, "timeout": SECONDS, **more}
    done = subprocess.run([*STEEPEST, *arguments], capture_output=True, check=False, **options)
    return Ended(done.returncode, *(each.decode(errors="replace") for each in (done.stdout, done.stderr)))


def training(root: Path, out: Path, epochs: int = 3, **changes: Any) -> list[str]:
    """Return the arguments of a run with batch norm, dropout and augmentation into a folder."""
    asked = {**settings(root, epochs), "image_size": f"{SIDE}x{SIDE}", **changes}
    flags = [word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    return ["train", *flags, "--out", str(out)]


def traces(run: Path) -> dict[str, Any]:
    """Return what runs of one config must have alike: hashes of weights, numbers but seconds, pages, files."""
    with (run / "metrics.csv").open(newline="") as file:
        rows = [{k: v for k, v in row.items() if k not in OF_THE_CLOCK} for row in csv.DictReader(file)]
    hashes = {name: sha256((run / name).read_bytes()).hexdigest() for name in HASHED}
    names = [each.name for each in run.iterdir()]
    files = sorted(each for each in names if not each.startswith(".") or each.endswith(".part"))
    return {**hashes, "metrics": rows, "pages": [(run / each).is_file() for each in PAGES], "files": files}


def differing(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    """Return the names of what differs."""
    return [name for name in then if now.get(name) != then[name]]


def compared(run: Path, then: Mapping[str, Any], seen: str) -> tuple[Fault, ...]:
    """Return a fault for a finished run that is not what an undisturbed one was."""
    try:
        odd = differing(traces(run), then)
    except OSError as error:
        return (Fault(f"a file is missing after the end: {Path(error.filename or '').name}", seen),)
    return (Fault(f"other {', '.join(odd)} than an undisturbed run", seen),) if odd else ()
