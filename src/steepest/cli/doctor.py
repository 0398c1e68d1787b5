"""``steepest doctor``: what this machine has and lacks, each with what to do about it."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Literal

from .options import AsJson, DataDir, print_json

State = Literal["good", "note", "bad"]
ROOM_NEEDED = 2**30  # bytes: CIFAR-10 as fetched and as decoded, and some runs
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # the torch project's own builds without CUDA


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, how it is, and what to do about it; what is bad will not work."""

    what: str
    found: str
    state: State = "good"
    advice: str = ""


def diagnose(data_dir: Path | None = None) -> list[Finding]:
    """Return every finding."""
    return [
        Finding("Python", sys.version.split()[0]),
        *_packages(),
        *_torch(),
        _load(),
        _disk(data_dir),
        _datasets(data_dir),
        _browser(),
    ]


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    from ..runs.environment import package_version

    try:
        needed = [Requirement(line) for line in requires("steepest") or []]
    except PackageNotFoundError:
        yield Finding("steepest", "runs from a folder", "note", "pip install . makes the command `steepest`.")
        return
    for each in needed:
        if each.marker is not None and not each.marker.evaluate({"extra": ""}):
            continue
        found = package_version(each.name)
        if found is None or not each.specifier.contains(found, prereleases=True):
            advice = f"pip install '{each.name}{each.specifier}'"
            yield Finding(each.name, f"{found or 'missing'}; needs {each.specifier}", "bad", advice)
        elif each.name == "torch":
            yield Finding("torch", found)


def _torch() -> Iterator[Finding]:
    import torch

    from ..plan import cores
    from ..runs.environment import processor

    capability = torch.backends.cpu.get_cpu_capability()
    yield Finding("processor", f"{processor()}, {cores()} cores, {capability}")
    yield _arithmetic()
    devices = [name for name in ("cuda", "mps") if getattr(torch, name).is_available()]
    yield Finding("devices", ", ".join(["cpu", *devices]))
    if torch.version.cuda and "cuda" not in devices:
        advice = f"The build without CUDA is gigabytes smaller: pip install torch --index-url {CPU_INDEX}"
        yield Finding("torch build", f"for CUDA {torch.version.cuda}, which is not here", "note", advice)


def _arithmetic() -> Finding:
    from ..portable import lacks
    from ..runs.arithmetic import arithmetic_in_use, instruction_sets

    used, missing = arithmetic_in_use(), lacks()
    sets = ", ".join(f"{name} {what}" for name, what in instruction_sets().items())
    found = f"{used.name}: the same bytes {used.promise} ({sets})"
    if missing:
        return Finding("arithmetic", f"{found}; --portable cannot be here: {missing}", "note")
    return Finding("arithmetic", found)


def _load() -> Finding:
    from ..plan import cores

    if not hasattr(os, "getloadavg"):
        return Finding("load", "unknown on this system", "note")
    busy = os.getloadavg()[0]
    if busy > cores() * 0.75:
        advice = "On a busy machine more than one thread can be far slower than one."
        return Finding("load", f"{busy:.1f} on {cores()} cores", "note", advice)
    return Finding("load", f"{busy:.1f} on {cores()} cores")


def _disk(data_dir: Path | None) -> Finding:
    from ..data.source import data_directory

    directory = data_directory(data_dir)
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{directory}, {free / 2**30:.1f} GiB free"
    if not os.access(existing, os.W_OK):
        return Finding("data folder", f"{found}, read-only", "note", "Give --data-dir or STEEPEST_DATA.")
    if free < ROOM_NEEDED:
        return Finding("data folder", found, "note", "Make room, or give --data-dir or STEEPEST_DATA.")
    return Finding("data folder", found)


def _datasets(data_dir: Path | None) -> Finding:
    from ..data.source import data_directory, state_of
    from ..data.table import TABLE

    directory = data_directory(data_dir)
    here = [name for name, source in TABLE.items() if state_of(source, directory) != "to fetch"]
    return Finding("datasets here", ", ".join(here))


def _browser() -> Finding:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        return Finding("browser", "no Chromium", "note", "Only the browser tests need one.")
    return Finding("browser", path)


def doctor(*, data_dir: DataDir = None, json: AsJson = False) -> None:
    """Say what this machine has and lacks.

    Example:  steepest doctor
    """
    findings = diagnose(data_dir)
    if json:
        print_json("doctor", {"findings": [vars(each) for each in findings]})
    else:
        _show(findings)
    if any(each.state == "bad" for each in findings):
        raise SystemExit(1)


def _show(findings: list[Finding]) -> None:
    width = max(len(each.what) for each in findings)
    marks = {"good": "✓", "note": "·", "bad": "✗"}
    for each in findings:
        print(f"{marks[each.state]} {each.what:<{width}}  {each.found}")
        if each.advice:
            print(f"  {'':<{width}}  → {each.advice}")
