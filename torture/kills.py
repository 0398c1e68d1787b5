"""SIGKILL of separately started processes, then ``--resume`` until the end: the bytes of an undisturbed run?"""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from .casework import Case, Fault, Part, Setting, Tally, chunks
from .processes import Ended, compared, finished, started, traces, training

KILLS, EACH = 1000, 4  # in all, and of a case
EPOCHS = 10
TORCH = ("torch.optim.SGD:momentum=0.9", "torch.optim.AdamW", "torch.optim.RMSprop")
WRAPPERS = {"sam": "sam of momentum", "lookahead": "lookahead of adam", "ema": "ema of sgd"}
WHEN = {"at any moment": 9, "in a save": 6, "at the report": 3, "as it starts": 2}  # shares of the kills
GLANCE = 0.0003  # seconds between two looks at the folder
LONGEST = 60.0


def cases(setting: Setting) -> Iterator[Case]:
    """Yield the cases: some kills of runs with one rule, in turn."""
    root = (setting.folder / "kills").resolve()
    root.mkdir(parents=True, exist_ok=True)
    names = rules(root)
    for number, count in chunks(setting.count or KILLS, EACH):
        rule = names[number % len(names)]
        key = f"{number:04} {rule}"
        work = partial(killed, root, rule, count, f"{setting.seed}/{number}")
        yield Case(key, rule.partition(":")[0], work)


PART = Part(
    "kills",
    "SIGKILL",
    "`steepest train` is started as a process of its own and killed by SIGKILL: at a moment drawn uniformly "
    "from the life of its folder, as it starts, while a file is being saved (the folder is watched for "
    "temporary files), or while the report is written. `--resume` goes on, and is killed again; after the kills"
    " it is left alone. The network has batch norm and dropout, the images are augmented; every registered rule"
    " and three classes of torch.optim take turns. It must end with 0, with the SHA-256 of `last.safetensors` "
    "and `best.safetensors`, the metrics (but seconds), the pages and the files of an undisturbed run.",
    cases,
    parallel=True,
)


def rules(root: Path) -> list[str]:
    """Return every registered rule, wrappers with something to wrap, and three classes of torch."""
    listed = json.loads(finished(["optimizers", "list", "--json"], root).out)
    names = [each["name"] for each in listed["optimizers"]]
    return [*(WRAPPERS.get(name, name) for name in names), *TORCH]


@dataclass
class Undisturbed:
    """What an undisturbed run left, and how long its folder was there before the end."""

    traces: dict[str, Any] = field(default_factory=dict)
    seconds: float = 1.0


@cache
def undisturbed(root: Path, rule: str) -> Undisturbed:
    """Return what a rule's run leaves that nobody disturbs; it is kept for a part that goes on."""
    folder = root / "undisturbed" / "".join(c if c.isalnum() else "-" for c in rule)
    kept = folder.with_suffix(".json")
    if not kept.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        process = started(arguments(root, folder, rule), root, stderr=subprocess.PIPE)
        while not folder.is_dir() and process.poll() is None:
            time.sleep(GLANCE)
        begun = time.monotonic()
        _, said = process.communicate(timeout=LONGEST)
        if process.returncode:
            raise RuntimeError(
                f"the undisturbed run of {rule} failed: {Ended(process.returncode, '', said.decode())}"
            )
        kept.write_text(json.dumps({"traces": traces(folder), "seconds": time.monotonic() - begun}))
    return Undisturbed(**json.loads(kept.read_text()))


def arguments(root: Path, out: Path, rule: str) -> list[str]:
    """Return the arguments of a rule's run; its learning rate is the rule's own."""
    words = training(root, out, EPOCHS, optimizer=rule)
    place = words.index("--lr")
    return words[:place] + words[place + 2 :]


def killed(root: Path, rule: str, count: int, seed: str) -> Tally:
    """Kill runs of one rule so many times; each that ends is held against an undisturbed one."""
    draw, plain = Random(seed), undisturbed(root, rule)
    faults, notes = list[Fault](), list[str]()
    folder = root / "".join(c if c.isalnum() else "-" for c in f"run {seed}")
    history: list[str] = []
    while len(notes) < count:
        (when,) = draw.choices(list(WHEN), list(WHEN.values()))
        process = started(_command(root, folder, rule), root)
        code = _kill_one(process, folder, when, plain.seconds, draw)
        history.append(f"{when}: {code}")
        if code == -signal.SIGKILL:
            notes.append(when)
        elif code:
            said = finished(_command(root, folder, rule), root)
            faults.append(Fault(f"exit {code} after a kill, not 0", f"{rule}, {history}: {said}"))
            shutil.rmtree(folder, ignore_errors=True)
        else:
            faults += compared(folder, plain.traces, f"{rule}, {history}")
            shutil.rmtree(folder)
            history = []
    faults += _ended(root, folder, rule, plain, history) if history else []
    if not faults:
        shutil.rmtree(folder, ignore_errors=True)
    return Tally(count, tuple(faults), tuple(notes))


def _command(root: Path, folder: Path, rule: str) -> list[str]:
    """Return the command that goes on: resume where there is a run, else begin again."""
    there = (folder / "config.toml").is_file()
    return ["train", "--resume", str(folder)] if there else arguments(root, folder, rule)


def _ended(root: Path, folder: Path, rule: str, plain: Undisturbed, history: list[str]) -> list[Fault]:
    """Resume undisturbed; return what is wrong with the end."""
    done = finished(_command(root, folder, rule), root)
    if done.code:
        return [Fault(f"--resume ended with {done.code}, not 0", f"{rule}, {history}: {done}")]
    return list(compared(folder, plain.traces, f"{rule}, {history}"))


def _kill_one(process: "subprocess.Popen[bytes]", folder: Path, when: str, seconds: float, draw: Random) -> int:
    """Kill a run that was just started, at its moment, and return its exit code; it may end before."""
    before = _signs(folder)
    end = time.monotonic() + LONGEST
    if when == "as it starts":
        _sleep(process, draw.uniform(0, 3))
    elif when == "at any moment":
        _await(process, end, lambda: _signs(folder) != before)
        _sleep(process, draw.uniform(0, seconds))
    elif when == "in a save":
        for _ in range(draw.randint(1, 8)):  # which of its saves
            _await(process, end, lambda: _writing(folder))
            _await(process, end, lambda: not _writing(folder)) if draw.random() < 0.7 else None
        _await(process, end, lambda: _writing(folder))
        time.sleep(draw.choice((0, 0, 0.0005, 0.001, 0.002)))
    else:
        _await(process, end, lambda: any(_new(folder, before, end=(".html", ".png", ".svg", ".csv.part"))))
        time.sleep(draw.choice((0, 0.0005, 0.002, 0.01, 0.1, 0.3)))
    process.kill()
    return process.wait(LONGEST)


Signs = dict[str, tuple[int, int]]


def _signs(folder: Path) -> Signs:
    """Return size and time of each file of a folder."""
    found: Signs = {}
    try:
        for each in folder.iterdir():
            state = each.stat()
            found[each.name] = state.st_size, state.st_mtime_ns
    except OSError:  # it vanished between two looks
        pass
    return found


def _new(folder: Path, before: Signs, end: tuple[str, ...]) -> Iterator[str]:
    for name, sign in _signs(folder).items():
        shown = name.removesuffix(".part") if name.startswith(".") else name
        if before.get(name) != sign and any(mark in shown for mark in end):
            yield name


def _writing(folder: Path) -> bool:
    """Say whether a temporary file is in the folder."""
    try:
        return any(each.name.endswith(".part") for each in folder.iterdir())
    except OSError:
        return False


def _await(process: "subprocess.Popen[bytes]", end: float, sign: Any) -> None:
    while process.poll() is None and not sign() and time.monotonic() < end:
        time.sleep(GLANCE)


def _sleep(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Sleep, or until the process ends."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
