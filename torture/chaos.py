"""The public tester ckpt-chaos, which knows nothing of steepest, on train, resume, sweep and compare.

It lets a command run once and counts the file events in its folder; then it ends a new process at each of them, in
each of its modes, calls the command that goes on, and compares what came with the first.
"""

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from .casework import Case, Fault, Part, Setting, Tally
from .material import AUGMENT, NETWORK, SIDE, pictures
from .processes import STEEPEST, environment, started, training

MODES = ("before", "torn", "term", "unsynced")
EPOCHS = 2
ALL = 100_000  # points: every event
GONE_ON = "no crash (control)"
PREPARED = "prepared"  # a run that was killed, for `resume`
SWEEP = f"""import sys
from steepest.config import Config
from steepest.sweeping import Job, sweep
shared = dict(model="{NETWORK}", data=sys.argv[2], image_size="{SIDE}x{SIDE}")
shared |= dict(epochs={EPOCHS}, augment="{AUGMENT}")
jobs = [Job(Config(optimizer=rule, lr=0.01, **shared)) for rule in ("adam", "sgd")]
if __name__ == "__main__":
    for outcome in sweep(jobs, sys.argv[1]):
        print(outcome)
"""
HASHES = {  # what must be as in the run that nobody disturbed
    "train": 'cat "$0"/last.safetensors "$0"/best.safetensors | sha256sum; ls "$0"',
    "sweep": 'cat "$0"/*/outcome.json | sha256sum; ls "$0"',
    "compare": 'cat "$0"/runs/*/outcome.json | sha256sum; ls "$0"',
}


def cases(setting: Setting) -> Iterator[Case]:
    """Yield the cases: a command in a mode each; with a count, so many events of all."""
    root = (setting.folder / "chaos").resolve()
    if find_spec("ckpt_chaos") is None:
        yield Case("ckpt-chaos", "ckpt-chaos", lambda: Tally(0, notes=("not tried: ckpt-chaos is not installed",)))
        return
    points = max(1, setting.count // (4 * len(MODES))) if setting.count else ALL
    for name in ("train", "resume", "sweep", "compare"):
        for mode in MODES:
            yield Case(f"{name} {mode}", f"{name}, {mode}", partial(tested, root, name, mode, points))


PART = Part(
    "chaos",
    "ckpt-chaos",
    "The tester [ckpt-chaos](https://github.com/rkb32/ckpt-chaos) ends `steepest train`, `train --resume`, a "
    "sweep and `compare` at every file event that it finds in their folder, in its four modes: before the "
    "event, with the file cut in half, by SIGTERM, and with all lost that was not yet synchronised. Then the "
    "same work is asked for again: it must end with 0 and the bytes of the run that was not disturbed.",
    cases,
    parallel=True,
)


def commands(root: Path, name: str) -> list[str]:
    """Return the command that begins a work or goes on with it, ``{out}`` standing for its folder."""
    steepest, data = shlex.join(STEEPEST), str(pictures(root / "pictures"))
    if name == "sweep":
        (root / "sweep.py").write_text(SWEEP)
        return [sys.executable, str(root / "sweep.py"), "{out}", data]
    if name == "compare":
        shared = f"--model {NETWORK} --data {data} --epochs 1 --augment {AUGMENT} --fixed --seeds 6"
        return [*STEEPEST, "compare", "adam@lr=0.01", "sgd@lr=0.1", *shlex.split(shared), "--out", "{out}"]
    go_on = f'exec {steepest} train --resume "$0"'
    begin = f"exec {steepest} {shlex.join(training(root, Path('FOLDER'), EPOCHS))}".replace("FOLDER", '"$0"')
    if name == "resume":
        begin = f'mkdir -p "$0"; cp -r {shlex.quote(str(_prepared(root)))}/. "$0"; {go_on}'
    return ["bash", "-c", f'if [ -e "$0/config.toml" ]; then {go_on}; else {begin}; fi', "{out}"]


def _prepared(root: Path) -> Path:
    """Return a run that was killed after its first epoch, made where it is not."""
    folder = root / PREPARED
    while not (folder / "last.safetensors").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        process = started(training(root, folder, EPOCHS), root)
        while process.poll() is None and not (folder / "last.safetensors").is_file():
            time.sleep(0.0005)
        process.kill()
        process.wait()
    return folder


def tested(root: Path, name: str, mode: str, points: int) -> Tally:
    """Let the tester try one command in one mode."""
    work = root / f"{name}-{mode}"
    shutil.rmtree(work, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    result = ["bash", "-c", HASHES.get(name, HASHES["train"]), "{out}"]
    call = [
        *(sys.executable, "-m", "ckpt_chaos", "run", "--modes", mode, "--max-points", str(points)),
        *("--work", str(work), "--timeout", "300", "--grace", "20", "--result-cmd", shlex.join(result)),
        *("--", *commands(root, name)),
    ]
    done = subprocess.run(call, cwd=root, env=environment(root), capture_output=True, check=False)
    records = [json.loads(each.read_text()) for each in sorted(work.glob("pt_*/result.json"))]
    if not records:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        if "offer none" in said:
            return Tally(0, notes=("no such events",))
        return Tally(1, (Fault("ckpt-chaos did not come to an end", f"{name}, {mode}: {said[-300:]}"),))
    faults = tuple(fault for each in records for fault in _wrong(each, f"{name}, {mode}"))
    shutil.rmtree(work, ignore_errors=True)
    return Tally(len(records), faults)


def _wrong(record: dict[str, object], where: str) -> Iterator[Fault]:
    outcome, tail = record["outcome"], str(record.get("resume_tail", ""))
    assert isinstance(outcome, dict)
    seen = f"{where}, {record['label']}: {tail[-240:]}"
    if record["drift"]:
        yield Fault("the event was another one than in the first run", seen)
    elif outcome["raised"]:
        yield Fault(f"going on ends with {outcome['raised']}", seen)
    elif outcome.get("weights_diff"):
        yield Fault("other bytes than an undisturbed run", seen)
