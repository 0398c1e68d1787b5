"""A bit, or the end, of every file that is kept: detected, healed, or of no consequence.

What each verb reads of a folder is one value, its reading. A damaged file must end the reading with an error that
names the file, or leave the reading as it was: because the file is made anew, or because what was damaged says
nothing, such as a space in JSON. Another reading without an error is a silent change: that is looked for.
"""

import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from .casework import Case, Fault, Part, Setting, Tally, apart, chunks
from .material import finished_comparison, finished_run, inside, pictures
from .processes import traces

FLIPS, TRUNCATIONS, CHUNK = 1000, 200, 250
GOING_ON = 20  # that part of them where the reading is a whole `--resume`
UNREAD = (".html", ".png", ".svg", ".lock")  # written for the eye: no number is read from them
IMAGE_BYTES = 3_000  # of the decoded dataset

Reading = Callable[[], Any]


@dataclass(frozen=True)
class Kept:
    """A file that is kept.

    Args:
        group: whose file it is.
        path: the file.
        readings: by the verb, what returns all that it reads.
        fewer: so many times fewer trials, where a reading takes long.
    """

    group: str
    path: Path
    readings: Mapping[str, Reading]
    fewer: int = 1


def cases(setting: Setting) -> Iterator[Case]:
    """Yield the cases: some hundred flips or truncations of one file each."""
    root = (setting.folder / "flips").resolve()
    flips = setting.count or FLIPS
    amounts = {"flip": flips, "cut": max(1, flips * TRUNCATIONS // FLIPS)}
    for each in kept_files(root):
        for kind, total in amounts.items():
            for number, count in chunks(max(1, total // each.fewer), CHUNK):
                key = f"{each.group} {each.path.relative_to(root)} {kind} {number}"
                work = partial(damaged, each, root, kind, count, f"{setting.seed}/{key}")
                yield Case(key, f"{each.group}: {each.path.name}", apart(work))


PART = Part(
    "flips",
    "A flipped bit, a missing end",
    "Of each file that a run, a comparison, its jobs, a claim and a cache leave, a random bit is flipped, or "
    "the end from a random byte on is cut off; then it is read by all that read it. It must be **detected** "
    "(exit 3, with the file's name), **healed** (made anew, with the same reading), or **of no consequence** "
    "(the same reading).",
    cases,
)


def kept_files(root: Path) -> list[Kept]:
    """Return every file of a run, a comparison with its jobs, a claim and two caches, made where they are not."""
    run, comparison, claim = finished_run(root), finished_comparison(root), root / "claim.json"
    job = min(each.parent for each in (comparison / "runs").glob("*/outcome.json"))
    splits = tuple(json.loads((job / "outcome.json").read_text())["splits"])
    found = [Kept("run", each, readings_of_run(run)) for each in _files(run)]
    found += [Kept("run, gone on with", each, {"go on": partial(gone_on, run)}, GOING_ON) for each in _files(run)]
    found += [Kept("job", each, readings_of_job(job, splits)) for each in _files(job)]
    found += [Kept("comparison", each, readings_of_record(each)) for each in _files(comparison)]
    found.append(Kept("claim", claim, readings_of_record(claim)))
    few = pictures(root / "few", {"train": 3, "test": 1})
    with inside(root):
        folder_reading(few)
    (folder,) = (root / "cache/folders").glob("few-*.safetensors")
    found.append(Kept("cache of a folder", folder, {"load": partial(folder_reading, few)}))
    decoded = root / "decoded.safetensors"
    found.append(Kept("cache of a dataset", decoded, readings_of_decoded(decoded)))
    return found


def _files(folder: Path) -> list[Path]:
    files = sorted(each for each in folder.iterdir() if each.is_file())
    return [each for each in files if not each.name.endswith(UNREAD)]


def damaged(kept: Kept, root: Path, kind: str, count: int, seed: str) -> Tally:
    """Damage a file so many times, each time read all there is, and put the file back."""
    draw, whole = Random(seed), kept.path.read_bytes()
    faults, notes = list[Fault](), list[str]()
    warnings.simplefilter("ignore")
    with inside(root):
        before = {verb: told(read) for verb, read in kept.readings.items()}
        for _ in range(count):
            content, where = changed(whole, kind, draw)
            for verb, read in kept.readings.items():
                kept.path.write_bytes(content)
                what = judged(before[verb], told(read), kept.path.name)
                if what in HARMLESS:
                    notes.append("healed" if kept.path.read_bytes() != content else what)
                else:
                    faults.append(Fault(f"{verb}: {what}", where))
            kept.path.write_bytes(whole)
        after = {verb: told(read) for verb, read in kept.readings.items()}
    if after != before:
        faults.append(Fault("the harness failed: what was put back is read otherwise", kept.path.name))
    return Tally(count * len(kept.readings), tuple(faults), tuple(notes))


def changed(whole: bytes, kind: str, draw: Random) -> tuple[bytes, str]:
    """Return a file's content with a bit flipped, or cut off, and where."""
    place = draw.randrange(max(1, len(whole)))
    if kind == "cut":
        return whole[:place], f"cut to {place} of {len(whole)} bytes"
    bit = draw.randrange(8)
    content = bytearray(whole)
    content[place] ^= 1 << bit
    near = whole[max(0, place - 30) : place + 10]
    return bytes(content), f"bit {bit} of byte {place} of {len(whole)}, near {near!r}"


DETECTED, SAME = "detected", "of no consequence"
HARMLESS = (DETECTED, SAME)


def told(read: Reading) -> tuple[str, str]:
    """Return ("", what is read) as text, or the error's kind and message."""
    try:
        return "", json.dumps(read(), default=str, sort_keys=True)
    except Exception as error:
        return type(error).__name__, str(error)


def judged(before: tuple[str, str], now: tuple[str, str], name: str) -> str:
    """Say in words what a reading came to."""
    kind, text = now
    if now == before:
        return SAME
    if not kind:
        return "SILENT: something else is read, and nobody is told"
    if kind != "IntegrityError":
        return f"told as {kind}, which is no damage"
    return DETECTED if name in text else "detected, but the file is not named"


def readings_of_run(path: Path) -> dict[str, Reading]:
    """Return what is read of a run to go on with it, to list it, to measure it, and to report on it."""
    from steepest.runs import Run
    from steepest.runs.run import summary
    from steepest.storage import tensors_hash

    def resumed() -> Any:
        run = Run.open(path)
        point = run.checkpoint()
        assert point is not None
        return [run.config.to_dict(), run.metrics, point.epoch, point.history, tensors_hash(point.weights)]

    def listed() -> Any:
        return {k: v for k, v in summary(Run.open(path)).items() if k != "modified"}

    def measured() -> Any:
        found = Run.open(path).evaluate("test")
        return [tensors_hash({"logits": found.logits}), found.classes, found.accuracy]

    def reported() -> Any:
        run = Run.open(path)
        return [run.config.to_dict(), run.environment, run.metrics, tensors_hash(run.weights("last"))]

    return {"resume": resumed, "list": listed, "evaluate": measured, "report": reported}


def gone_on(path: Path) -> Any:
    """Return what a copy of a run comes to that is gone on with."""
    import steepest

    scratch = path.with_name("scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(path, scratch)
    steepest.train(resume=scratch, progress=False)
    return traces(scratch)


def readings_of_job(path: Path, splits: tuple[str, ...]) -> dict[str, Reading]:
    """Return what is read of a finished job."""
    from steepest.storage import tensors_hash
    from steepest.sweeping import Outcome

    def outcome() -> Any:
        job: Any = SimpleNamespace(key=path.name, splits=splits)
        found = Outcome(job, path)
        tensors = {split: found.logits(split) for split in splits} | found.weights()
        numbers = [[found.accuracy(s), found.loss(s), found.labels(s).tolist()] for s in splits]
        return [found.config.to_dict(), found.environment, found.rows, numbers, tensors_hash(tensors)]

    return {"outcome": outcome}


def readings_of_record(path: Path) -> dict[str, Reading]:
    """Return what is read of a claim by who verifies it, or of what was asked by who asks again."""
    import steepest
    from steepest.comparison.folder import read_entries
    from steepest.errors import IntegrityError

    def verified() -> Any:
        found = steepest.verify(path, sample=0, progress=False).findings
        if bad := [each for each in found if not each.accepted]:
            raise IntegrityError(f"{path}: {bad[0]}")
        return [str(each) for each in found]

    if path.name == "asked.json":
        return {"asked": lambda: read_entries(path.parent)}
    return {"verify": verified}


def folder_reading(folder: Path) -> Any:
    """Return what is read of a folder of pictures, by way of its cache."""
    from steepest.data import load

    dataset = load(str(folder))
    return [dataset.hashes, dataset.classes, dataset.notes, [each.names for each in dataset.splits.values()]]


def readings_of_decoded(path: Path) -> dict[str, Reading]:
    """Return what is read of a decoded dataset, with and without the files that it was made from; write it."""
    import torch

    from steepest.data.cache import Decoded, fingerprint, remembered, write
    from steepest.storage import tensors_hash

    source = path.with_suffix(".raw")
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 255, (IMAGE_BYTES,), dtype=torch.uint8, generator=draw)
    whole = Decoded({"train images": images}, ("made for this",))
    if not path.is_file():
        source.write_bytes(bytes(100))
        write(path, whole, fingerprint([source]))

    def beside() -> Any:
        found, _ = remembered([path], lambda: [source], lambda: whole)
        return [tensors_hash(found.tensors), found.notes]

    def alone() -> Any:
        found, _ = remembered([path], list, lambda: whole)
        return [tensors_hash(found.tensors), found.notes]

    return {"load": beside, "load without its source": alone}
