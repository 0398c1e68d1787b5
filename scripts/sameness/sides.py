"""The two sides, and their calls: each part is run once for the same code, and its results are kept."""

import json
import os
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .calls import DATA, PARTS, Call, Part, inputs_of
from .findings import TREE

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("src/steepest")
VARIABLE = "STEEPEST_DATA"
RECORD, FOLDER, PRINTED = "record.json", "folder", "printed"
BENCH = "bench"  # both sides work at one path: runs record paths, and pages and pictures show them
LIBRARIES = ("torch", "numpy", "scikit-learn", "scipy", "pillow", "matplotlib", "safetensors")
SKIPPED = re.compile(r"(^|/)(\.[^/]+|__pycache__)(/|$)|\.(lock|pyc)$")
LONGEST_SECONDS = 900  # of one call
GLANCE_SECONDS = 0.02


@dataclass(frozen=True)
class Side:
    """A version of steepest.

    Args:
        role: ``old`` or ``new``.
        tree: the checkout.
        commit: its name in git, for the reader.
        code: SHA-256 of every file of the package.
        work: where its results are kept.
    """

    role: str
    tree: Path
    commit: str
    code: str
    work: Path


@contextmanager
def side_of(given: str, role: str, work: Path) -> Iterator[Side]:
    """Give a checkout, or a git revision that is checked out meanwhile."""
    path = Path(given)
    if (path / PACKAGE).is_dir():
        yield described(path.resolve(), role, work)
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder).resolve() / "tree"
        git(ROOT, "worktree", "add", "--quiet", "--detach", str(tree), given)
        try:
            yield described(tree, role, work)
        finally:
            git(ROOT, "worktree", "remove", "--force", str(tree))


def described(tree: Path, role: str, work: Path) -> Side:
    """Return the side of a checkout, once Python takes steepest from there."""
    commit = git(tree, "rev-parse", "--short", "HEAD") if (tree / ".git").exists() else "no commit"
    if commit != "no commit" and git(tree, "status", "--porcelain", "--", str(PACKAGE)):
        commit += " with changes"
    digest = sha256()
    for path in sorted((tree / PACKAGE).rglob("*")):
        inside = path.relative_to(tree).as_posix()
        if path.is_file() and not SKIPPED.search(inside):
            digest.update(f"{inside}\n".encode())
            digest.update(sha256(path.read_bytes()).digest())
    side = Side(role, tree, commit, digest.hexdigest(), work / role)
    taken = python(side, ROOT, "-c", "import steepest; print(steepest.__file__)").strip()
    if not Path(taken).is_relative_to(tree):
        raise SystemExit(f"Python takes steepest from {taken}, not from {tree}.")
    return side


def git(tree: Path, *words: str) -> str:
    """Return what git prints."""
    done = subprocess.run(["git", "-C", str(tree), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


def python(side: Side, folder: Path, *words: str) -> str:
    """Return what Python prints with a side's steepest."""
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=surroundings(side), capture_output=True, text=True, check=True
    ).stdout


def surroundings(side: Side) -> dict[str, str]:
    """Return the environment of a call: one thread, no terminal, and no more of the user's wishes than that."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("STEEPEST_")}
    if data := data_folder():
        kept[VARIABLE] = str(data)
    fixed = {"OMP_NUM_THREADS": "1", "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    return {**kept, **fixed, "PYTHONPATH": str(side.tree / "src")}


def data_folder() -> Path | None:
    """Return the folder of datasets, where the environment names one."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser().resolve() if given else None


def run_part(part: Part, side: Side, old: Side) -> float:
    """Make a part's calls, unless that is done already; return the seconds of processor time they took."""
    if part.uses:
        used = next(each for each in PARTS if each.name == part.uses)
        run_part(used, old if part.of_old else side, old)
    place = side.work / part.name
    asked = identity(part, side, old)
    if (record := recorded(place)).get("asked") == asked:
        return float(record["seconds"])
    print(f"{side.role} ({side.commit}): {part.name}", file=sys.stderr, flush=True)
    bench = side.work.parent / BENCH
    for leftover in (place, bench):
        shutil.rmtree(leftover, ignore_errors=True)
    (place / PRINTED).mkdir(parents=True)
    if part.uses:
        shutil.copytree(beginning(part, side, old), bench, symlinks=True)
    else:
        bench.mkdir()
    began = processor_seconds()
    codes = {each.name: made(each, side, bench, place / PRINTED) for each in calls_of(part)}
    seconds = processor_seconds() - began
    bench.rename(place / FOLDER)
    names = places_of(side, bench)
    record = {"asked": asked, "commit": side.commit, "codes": codes, "places": names}
    record["seconds"] = seconds
    (place / RECORD).write_text(json.dumps(record, indent=1) + "\n")
    return seconds


def processor_seconds() -> float:
    """Return what all calls took up to now, which does not depend on what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def beginning(part: Part, side: Side, old: Side) -> Path:
    """Return the folder that a part begins with a copy of."""
    return (old if part.of_old else side).work / part.uses / FOLDER


def recorded(place: Path) -> dict[str, Any]:
    """Return a finished part's record: what was asked, exit codes, what paths are called; empty before."""
    path = place / RECORD
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def places_of(side: Side, bench: Path) -> dict[str, str]:
    """Return what the paths of a side are called."""
    data = data_folder()
    names = {str(bench): "", str(side.tree): TREE}
    return names | ({str(data): "DATA"} if data else {})


def identity(part: Part, side: Side, old: Side) -> dict[str, Any]:
    """Return all that a part's results depend on."""
    calls = [(each.name, each.words, each.stop, each.once) for each in calls_of(part)]
    used = next((each for each in PARTS if each.name == part.uses), None)
    return {
        "code": side.code,
        "calls": sha256((repr(calls) + inputs_of(part)).encode()).hexdigest(),
        "data": str(data_folder()),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "uses": identity(used, old if part.of_old else side, old) if used else None,
    }


def calls_of(part: Part) -> list[Call]:
    """Return a part's calls, without those that need a folder of datasets where there is none."""
    return [each for each in part.calls if data_folder() or not each.needs_data]


def made(call: Call, side: Side, folder: Path, printed: Path) -> int:
    """Make a call in a folder, keep what it prints in another, and return its exit code."""
    if call.before is not None:
        call.before(folder)
    words = [word.replace(DATA, str(data_folder())) for word in call.words]
    streams = [printed / f"{call.name}.{stream}" for stream in ("stdout", "stderr")]
    with streams[0].open("w") as out, streams[1].open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "steepest", *words],
            cwd=folder,
            env=surroundings(side),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            if call.stop:
                stop(process, call, folder)
            return process.wait(LONGEST_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def stop(process: "subprocess.Popen[bytes]", call: Call, folder: Path) -> None:
    """Send a call its signal as soon as its file is there."""
    end = time.monotonic() + LONGEST_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if (folder / call.once).is_file():
            process.send_signal(signal.Signals[call.stop])
            return
        time.sleep(GLANCE_SECONDS)
