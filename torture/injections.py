"""System calls on the run's folder fail, one by one: strace lets the n-th of its kind return an error.

A first run under strace lists every call that touches the folder. Then for each of them, and each error, a process
is forked, strace is attached to it, and that one call fails. What goes on afterwards is forked too.
"""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from .casework import Case, Fault, Part, Setting, Tally
from .material import inside, settings
from .processes import TRACEBACK, compared, finished, traces, training
from .warm import forked

CALLS = ("openat", "write", "fsync", "rename", "unlink", "mkdir", "chmod", "flock")
# what a run may end with where a call fails so; 0 only where the run is whole in spite of it
ERRORS = {"ENOSPC": (75,), "EIO": (2, 3, 75), "EACCES": (2, 75), "EMFILE": (2, 75), "EINTR": (2, 75)}
EPOCHS, VAL = 2, 0.05  # nine validation images: few wrong ones, which have a file each
LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)$")


@dataclass(frozen=True)
class Call:
    """The ``number``-th call of a kind, and the file it is on."""

    kind: str
    number: int
    file: str


def cases(setting: Setting) -> Iterator[Case]:
    """Yield the cases: a call and an error each; with a count, so many of them drawn."""
    root = (setting.folder / "injections").resolve()
    root.mkdir(parents=True, exist_ok=True)
    if reason := unable(root):
        yield Case("strace", "strace", lambda: Tally(0, notes=(f"not tried: {reason}",)))
        return
    _load(root)
    wanted = [(call, error) for error in ERRORS for call in calls(root)]
    if setting.count:
        wanted = Random(setting.seed).sample(wanted, min(setting.count, len(wanted)))
    for call, error in wanted:
        key = f"{call.kind} {call.number} {error} ({call.file})"
        yield Case(key, f"{call.kind}: {error}", partial(injected, root, call, error))


PART = Part(
    "injections",
    "System calls that fail",
    "Each open, write, fsync, rename, unlink, mkdir, chmod and lock of `steepest train` on its own folder is made "
    "to fail in turn, with ENOSPC, EIO, EACCES, EMFILE and EINTR, by strace in a forked process. It must end "
    "with the documented code and one line, or whole with 0; going on must give the bytes of an undisturbed run.",
    cases,
)


@cache
def unable(root: Path) -> str:
    """Say why nothing can be injected here; nothing where it can."""
    if shutil.which("strace") is None:
        return "strace is missing"
    probe = ["strace", "-f", "-o", str(root / "probe"), "-e", "inject=fsync:error=EIO:when=99", "true"]
    done = subprocess.run(probe, capture_output=True, check=False)
    return "" if done.returncode == 0 else "strace may not trace here"


@cache
def _undisturbed(root: Path) -> dict[str, Any]:
    folder = root / "undisturbed"
    if not (folder / "report.html").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        done = finished(training(root, folder, EPOCHS, val=VAL), root)
        if done.code:
            raise RuntimeError(f"the undisturbed run failed: {done}")
    return traces(folder)


@cache
def calls(root: Path) -> list[Call]:
    """Return every call of a run on its own folder, in its order."""
    _undisturbed(root)
    forked(training(root, root / "warming", EPOCHS, val=VAL), root)  # decodes the pictures
    folder, log = root / "listed", root / "listed.log"
    shutil.rmtree(folder, ignore_errors=True)
    done = forked(training(root, folder, EPOCHS, val=VAL), root, _strace(log))
    if done.code:
        raise RuntimeError(f"the run that was only watched failed: {done}")
    return list(_on_folder(log, folder))


def _load(root: Path) -> None:
    """Train once in this process, so that every process forked from it has all loaded."""
    import steepest

    folder = root / "loading"
    shutil.rmtree(folder, ignore_errors=True)
    with inside(root):
        steepest.train(**settings(root, 1), out=folder, progress=False)  # type: ignore[arg-type]


def _strace(log: Path, *more: str) -> list[str]:
    return ["strace", "-f", "-y", "-o", str(log), "-e", f"trace={','.join(CALLS)}", *more]


def _on_folder(log: Path, folder: Path) -> Iterator[Call]:
    """Yield the main thread's calls on a folder; strace counts those of each thread by themselves."""
    seen, main = Counter[str](), ""
    for line in log.read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if not found:
            continue
        main = main or found["pid"]
        if found["pid"] != main:
            continue
        seen[found["call"]] += 1
        if name := _name(found["rest"], folder):
            yield Call(found["call"], seen[found["call"]], name)


def _name(rest: str, folder: Path) -> str:
    """Return the file of a folder that a call's arguments name, without what is drawn for temporary files."""
    found = re.search(rf"[\"<]{re.escape(str(folder))}(/[^\">]*)?[\">]", rest)
    if not found:
        return ""
    name = (found[1] or "/.")[1:]
    return re.sub(r"\.[a-z0-9_]{8}\.part$", ".part", name)


def injected(root: Path, call: Call, error: str) -> Tally:
    """Let one call fail, then go on undisturbed."""
    plain = _undisturbed(root)
    name = f"{call.kind}-{call.number}-{error}"
    folder, log = root / name, root / f"{name}.log"
    shutil.rmtree(folder, ignore_errors=True)
    fail = ("-e", f"inject={call.kind}:error={error}:when={call.number}")
    ended = forked(training(root, folder, EPOCHS, val=VAL), root, _strace(log, *fail))
    hits = [line for line in log.read_text(errors="replace").splitlines() if "(INJECTED)" in line]
    seen = f"{name} on {call.file}: {ended}"
    log.unlink()
    if not hits or not all(str(folder) in line for line in hits):
        shutil.rmtree(folder, ignore_errors=True)
        return Tally(0, notes=("missed: the call was another's",))
    faults = list(_wrong(ended.code, ended.err, ended.lines, error, seen))
    whole = ended.code == 0 and (folder / "report.html").is_file()
    again = forked(_go_on(root, folder), root) if not whole else ended
    if again.code:
        faults.append(Fault(f"going on ends with {again.code}, not 0", f"{seen}; then {again}"))
    else:
        faults += compared(folder, plain, seen)
    shutil.rmtree(folder, ignore_errors=True)
    return Tally(1, tuple(faults[:1]), (f"exit {ended.code}",))


def _go_on(root: Path, folder: Path) -> list[str]:
    there = (folder / "config.toml").is_file()
    return ["train", "--resume", str(folder)] if there else training(root, folder, EPOCHS, val=VAL)


def _wrong(code: int, said: str, lines: list[str], error: str, seen: str) -> Iterator[Fault]:
    if TRACEBACK in said or "Exception ignored" in said:
        yield Fault(f"a traceback, exit {code}", seen)
    elif code not in (0, *ERRORS[error]):
        yield Fault(f"exit {code}, not {' or '.join(map(str, ERRORS[error]))}", seen)
    elif code and len(lines) != 1:
        yield Fault(f"{len(lines)} lines of error, not one", seen)
