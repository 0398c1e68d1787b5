"""A part's cases, carried out one by one or two at a time; what is done is kept, and a stopped part goes on."""

import json
import os
import pickle
import platform
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

MOST_SEEN = 400  # characters of what was seen, in a fault


@dataclass(frozen=True)
class Fault:
    """Something that went wrong.

    Args:
        what: in a sentence, the same for faults of one kind.
        seen: the input or the command, and what came.
    """

    what: str
    seen: str


@dataclass(frozen=True)
class Tally:
    """What came of a case: how many trials it was, and those that failed."""

    count: int = 1
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()  # what the trials came to, one word each or none


@dataclass(frozen=True)
class Case:
    """Something to try.

    Args:
        key: what the case is known by, and its randomness drawn from.
        group: its row in the table.
        work: tries it.
    """

    key: str
    group: str
    work: Callable[[], Tally]


@dataclass(frozen=True)
class Setting:
    """Where and how much.

    Args:
        folder: of everything that is written meanwhile.
        seed: of every draw.
        count: how many trials, or None for the part's own number.
    """

    folder: Path
    seed: int = 0
    count: int | None = None


@dataclass(frozen=True)
class Part:
    """One kind of torture.

    Args:
        about: what is done and what must hold, for the page.
        cases: the setting -> what to try; called again when a stopped part goes on, it gives the same cases.
        parallel: whether two cases may be tried at a time: those that are processes of their own.
    """

    name: str
    title: str
    about: str
    cases: Callable[[Setting], Iterable[Case]]
    parallel: bool = False


def carry_out(
    part: Part, setting: Setting, results: Path, jobs: int = 1, tell: Callable[[str], Any] = print
) -> int:
    """Try every case that was not yet tried, write the result after each, and return how many faults there are.

    Args:
        results: the folder of ``<part>.json``.
        jobs: how many at a time, where the part allows it.
        tell: takes a line a case.
    """
    setting.folder.mkdir(parents=True, exist_ok=True)
    state = setting.folder / f"{part.name}-{setting.seed}-{setting.count or 'full'}.jsonl"
    done = (
        {each["key"]: each for each in map(json.loads, state.read_text().splitlines())} if state.is_file() else {}
    )
    lock = Lock()

    def one(case: Case) -> None:
        if case.key in done:
            return
        start = time.monotonic()
        try:
            tally = case.work()
        except Exception as error:  # the harness itself; told like a fault, so that nothing is passed over
            trace = "".join(traceback.format_exception(error))
            tally = Tally(1, (Fault(f"the harness failed: {type(error).__name__}", trace[-MOST_SEEN:]),))
        seconds = time.monotonic() - start
        line = {"key": case.key, "group": case.group, "seconds": round(seconds, 2), **asdict(tally)}
        with lock, state.open("a") as file:
            file.write(json.dumps(line) + "\n")
            done[case.key] = line
            _write(results, summed(part, setting, done.values(), complete=False))
        bad = f"  {len(tally.faults)} FAILED: {tally.faults[0].what}" if tally.faults else ""
        tell(f"{part.name} {case.key}: {tally.count} in {seconds:.1f} s{bad}")

    if part.parallel:
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, part.cases(setting)))
    else:
        for case in part.cases(setting):
            one(case)
    record = summed(part, setting, done.values(), complete=True)
    _write(results, record)
    return int(record["failed"])


def _write(results: Path, record: dict[str, Any]) -> None:
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{record['part']}.json").write_text(json.dumps(record, indent=1) + "\n")


@cache
def program() -> str:
    """Return the SHA-256 of the package and of this folder: what was tried is kept for just this program."""
    import steepest

    digest = sha256()
    for folder in (Path(steepest.__file__).parent, Path(__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.name.encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def summed(part: Part, setting: Setting, lines: Iterable[dict[str, Any]], *, complete: bool) -> dict[str, Any]:
    """Return a part's result: trials and faults by group, and every kind of fault with what was seen of one."""
    groups: dict[str, dict[str, Any]] = {}
    kinds: dict[tuple[str, ...], dict[str, Any]] = {}
    seconds = 0.0
    for line in lines:
        row = groups.setdefault(line["group"], {"trials": 0, "failed": 0, "notes": Counter[str]()})
        row["trials"] += line["count"]
        row["failed"] += len(line["faults"])
        row["notes"].update(line["notes"])
        seconds += line["seconds"]
        for fault in line["faults"]:
            kind = {"group": line["group"], "what": fault["what"]}
            first = {**kind, "times": 0, "seen": _without_places(fault["seen"], setting)}
            kinds.setdefault(tuple(kind.values()), first)["times"] += 1
    count = [f" --count {setting.count}"] if setting.count else []
    return {
        "part": part.name,
        "title": part.title,
        "about": part.about,
        "command": f"python -m torture --part {part.name}{''.join(count)} --seed {setting.seed}",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "seed": setting.seed,
        "program": program()[:12],
        "seconds": round(seconds),
        "complete": complete,
        "trials": sum(row["trials"] for row in groups.values()),
        "failed": sum(row["failed"] for row in groups.values()),
        "groups": groups,
        "faults": sorted(kinds.values(), key=lambda each: -each["times"]),
    }


def _without_places(text: str, setting: Setting) -> str:
    """Return text without the folders of this machine: it may be published."""
    import steepest

    places = {str(setting.folder): "FOLDER", str(Path(steepest.__file__).parent.parent): "src", sys.prefix: "VENV"}
    for place, word in places.items():
        text = text.replace(place, word)
    return text


def apart(work: Callable[[], Tally], seconds: float = 600) -> Callable[[], Tally]:
    """Return work that is done in a forked process: a crash or a hang there ends that process alone."""

    def forked() -> Tally:
        inward, outward = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(inward)
            signal.alarm(int(seconds))
            try:
                answer = pickle.dumps(work())
            except BaseException as error:
                trace = "".join(traceback.format_exception(error))
                answer = pickle.dumps(Tally(1, (Fault("the harness failed", trace[-MOST_SEEN:]),)))
            with os.fdopen(outward, "wb") as pipe:
                pipe.write(answer)
            os._exit(0)
        os.close(outward)
        with os.fdopen(inward, "rb") as pipe:
            content = pipe.read()
        _, status = os.waitpid(child, 0)
        if status:
            return Tally(1, (Fault("the process was ended by a signal", f"status {status}"),))
        tally = pickle.loads(content)
        assert isinstance(tally, Tally)
        return tally

    return forked


def chunks(total: int, size: int) -> Iterable[tuple[int, int]]:
    """Yield (number, how many) of the chunks of a total."""
    for number, start in enumerate(range(0, total, size)):
        yield number, min(size, total - start)
