"""Faults of the system around a command, each with a process of its own: see ``troubles`` for the table.

What a command ends with must be one of the codes, with one line of error where that is not 0, and no traceback.
Where the run can go on afterwards, it is resumed and held against an undisturbed one.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from .casework import Case, Fault, Part, Setting, Tally
from .processes import (
    SECONDS,
    STEEPEST,
    TRACEBACK,
    Ended,
    compared,
    environment,
    finished,
    started,
    traces,
    training,
)
from .troubles import PRESSES, SCRIPTS, Press, Trouble

EPOCHS, LONG = 12, 2000
BEGIN = f"""steepest() {{ {" ".join(STEEPEST)} "$@"; }}
into() {{ steepest "${{TRAIN[@]}}" --data "$DATA" --out "$1"; }}
train() {{ into run; }}
begin() {{ exec {" ".join(STEEPEST)} "${{TRAIN[@]}}" --data "$DATA" --out run; }}
pictures_of() {{ steepest "${{TRAIN[@]}}" --data "$1" --out run; }}
DATA=$1; shift; TRAIN=("$@")
"""
OWN = ("unshare", "--mount")  # a script with mounts of its own
BAD = (TRACEBACK, "Exception ignored", "Fatal Python error")


def cases(setting: Setting) -> Iterator[Case]:
    """Yield the cases; with a count, so many of them spread over the table."""
    root = (setting.folder / "systems").resolve()
    found = [Case(t.name, group, partial(troubled, root, t)) for group, each in SCRIPTS.items() for t in each]
    found += [Case(each.name, "signals", partial(pressed, root, each)) for each in PRESSES]
    found.append(Case("the run's folder is deleted", "signals", partial(deleted, root)))
    yield from found[:: max(1, len(found) // setting.count)] if setting.count else found


PART = Part(
    "systems",
    "Faults of the system",
    "A full disk, a read-only folder, a closed pipe, a clock set back, signals and the like, each with a "
    "process of its own, and in mounts of its own where it mounts something. It must end with the documented "
    "code, with one line of error where that is not 0, without a traceback or a raw escape code; a run that was"
    " stopped must go on to the bytes of an undisturbed one.",
    cases,
    parallel=True,
)


@cache
def _undisturbed(root: Path) -> dict[str, Any]:
    folder = root / "undisturbed"
    if not (folder / "report.html").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        root.mkdir(parents=True, exist_ok=True)
        done = finished(training(root, folder, EPOCHS), root)
        if done.code:
            raise RuntimeError(f"the undisturbed run failed: {done}")
    return traces(folder)


@cache
def _may_mount() -> bool:
    """Say whether mounts of one's own are allowed here, which takes root's rights."""
    call = [*OWN, "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(call, capture_output=True, check=False).returncode == 0
    except OSError:  # there is no such program
        return False


def troubled(root: Path, trouble: Trouble) -> Tally:
    """Try a trouble in a folder of its own."""
    if trouble.needs and not Path(trouble.needs).exists():
        return Tally(0, notes=(f"not tried for lack of {Path(trouble.needs).name}",))
    if trouble.mounts and not _may_mount():
        return Tally(0, notes=("not tried: it mounts something, and that is not allowed here",))
    plain, folder = _undisturbed(root), _place(root)
    words = training(root, folder / "run", EPOCHS)[:-2]  # without its --out
    place = words.index("--data")
    words = [words[place + 1], *words[:place], *words[place + 2 :]]
    call = [*(OWN if trouble.mounts else ()), "bash", "-c", BEGIN + trouble.script, "bash", *words]
    options: dict[str, Any] = {"cwd": folder, "env": environment(folder), "stdin": subprocess.DEVNULL}
    try:
        done = subprocess.run(call, capture_output=True, timeout=SECONDS, check=False, **options)
    except subprocess.TimeoutExpired:
        return _left(folder, [Fault("it hangs", trouble.name)])
    ended = Ended(
        done.returncode, *(each.decode(errors="backslashreplace") for each in (done.stdout, done.stderr))
    )
    faults = _wrong(ended, trouble.codes, trouble.name)
    if "resumed with" in ended.out:
        faults.append(Fault("it does not go on", f"{trouble.name}: {ended.out[-200:]}"))
    if not faults and trouble.after:
        faults += _as_if_nothing(folder, ended, trouble.after, plain, trouble.name)
    return _left(folder, faults)


def pressed(root: Path, press: Press) -> Tally:
    """Send signals to a run, and go on with it."""
    plain, folder = _undisturbed(root), _place(root)
    call = [*press.before, *STEEPEST, *training(root, folder / "run", EPOCHS)]
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = subprocess.Popen(call, cwd=folder, env=environment(folder), **quiet)
    for wait, number in press.signals:
        if wait < 0:
            _await_save(process, folder / "run")
        else:
            time.sleep(wait)
        process.send_signal(number)
    _, said = process.communicate(timeout=SECONDS)
    ended = Ended(process.returncode, "", said.decode(errors="backslashreplace"))
    faults = _wrong(ended, press.codes, press.name)
    if not faults:
        faults += _as_if_nothing(folder, ended, "same", plain, press.name)
    return _left(folder, faults)


def deleted(root: Path) -> Tally:
    """Delete a run's folder while it is trained."""
    _undisturbed(root)
    folder = _place(root)
    words = training(root, folder / "run", LONG)
    process = started(words, folder, env=environment(folder), stderr=subprocess.PIPE)
    _await_save(process, folder / "run")
    while process.poll() is None:
        shutil.rmtree(folder / "run", ignore_errors=True)
        time.sleep(0.01)
    assert process.stderr is not None
    ended = Ended(process.returncode, "", process.stderr.read().decode(errors="replace"))
    return _left(folder, _wrong(ended, (2, 3, 75), "the run's folder is deleted"))


def _place(root: Path) -> Path:
    """Return a new folder with a link to the pictures and a cache of its own."""
    folder = Path(tempfile.mkdtemp(dir=root, prefix="case-"))
    (folder / "pictures").symlink_to(root / "pictures")
    return folder


def _left(folder: Path, faults: list[Fault]) -> Tally:
    shutil.rmtree(folder, ignore_errors=True)
    return Tally(1, tuple(faults[:1]))


def _await_save(process: "subprocess.Popen[bytes]", run: Path) -> None:
    while process.poll() is None and not (run / "last.safetensors").exists():
        time.sleep(0.001)


def _wrong(ended: Ended, codes: tuple[int, ...], name: str) -> list[Fault]:
    """Return what is wrong with an end, the worst first."""
    faults, seen = [], f"{name}: {ended}"
    if any(mark in ended.err for mark in BAD):
        faults.append(Fault(f"a traceback, exit {ended.code}", seen))
    if ended.code not in codes:
        faults.append(Fault(f"exit {ended.code}, not {' or '.join(map(str, codes))}", seen))
    said = ended.lines or [each for each in ended.err.splitlines() if each.startswith("Stopped")]
    if ended.code > 0 and len(said) > 1:
        faults.append(Fault(f"{len(said)} lines of error, not one", seen))
    if any(mark in ended.err + ended.out for mark in ("\x1b", "\x07")):
        faults.append(Fault("a raw escape code on the terminal", seen))
    return faults


def _as_if_nothing(folder: Path, ended: Ended, after: str, plain: dict[str, Any], name: str) -> list[Fault]:
    """Return what is wrong with the run once it has gone on; ``whole`` means that it needs not."""
    run = folder / "run"
    if after == "same" and (run / "config.toml").is_file():
        again = finished(["train", "--resume", str(run)], folder, env=environment(folder))
        if again.code:
            return [Fault(f"--resume ends with {again.code}, not 0", f"{name}: {again}")]
    elif after == "same" or ended.code == 2:
        return []  # nothing was begun
    return list(compared(run, plain, name))
