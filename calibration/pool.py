"""A recorded pool of real studies, from which calibration draws.

    studies.csv     a row a study and seed: workload, rule, study, seed, accuracy, steps, budget
    correct.npz     which test images each was right on; may be missing

``steps`` is the time to the workload's target, empty where it was not reached within ``budget`` steps; both
columns may be empty throughout. In ``correct.npz`` each rule has an array ``workload/rule`` of packed bits [rows,
ceil(images / 8)], its rows in the order of study and seed, and each workload a number ``workload/images``.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steepest.errors import IntegrityError, MissingDataset
from steepest.judge.signflip import Floats

STUDIES, CORRECT = "studies.csv", "correct.npz"
COLUMNS = ("workload", "rule", "study", "seed", "accuracy", "steps", "budget")


@dataclass(frozen=True)
class Recorded:
    """The studies of one rule on one workload, each independent of the others.

    Args:
        workload: data and model.
        rule: the optimizer.
        accuracy: [studies, seeds].
        time: steps to the target, at most the budget, [studies, seeds]; None where no target was set.
        correct: [studies, seeds, images]; None where it was not kept.
    """

    workload: str
    rule: str
    accuracy: Floats
    time: Floats | None = None
    correct: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Line:
    """A row of ``studies.csv``, as it is written."""

    workload: str
    rule: str
    study: int
    seed: int
    accuracy: float
    steps: float | None = None
    budget: float | None = None


def write_pool(
    folder: Path,
    lines: Iterable[Line],
    correct: Mapping[tuple[str, str, int, int], NDArray[np.bool_]] | None = None,
) -> None:
    """Write a pool.

    Args:
        folder: made where it is missing.
        lines: in any order.
        correct: by workload, rule, study and seed, [images]; every line's, or None.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(lines, key=lambda each: (each.workload, each.rule, each.study, each.seed))
    with (folder / STUDIES).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for line in ordered:
            values = (getattr(line, name) for name in COLUMNS)
            writer.writerow("" if value is None else value for value in values)
    if correct is None:
        return
    arrays: dict[str, NDArray[np.generic]] = {}
    for workload, rule in dict.fromkeys((line.workload, line.rule) for line in ordered):
        mine = [line for line in ordered if (line.workload, line.rule) == (workload, rule)]
        table = np.stack([correct[workload, rule, line.study, line.seed] for line in mine])
        arrays[f"{workload}/{rule}"] = np.packbits(table, axis=1)
        arrays[f"{workload}/images"] = np.array([table.shape[1]])
    np.savez_compressed(folder / CORRECT, **arrays)  # type: ignore[arg-type]


def read_pool(folder: Path) -> list[Recorded]:
    """Return every rule's studies.

    Raises:
        MissingDataset: there is no pool in the folder.
        IntegrityError: the files do not fit their format or each other.
    """
    path = folder / STUDIES
    if not path.exists():
        raise MissingDataset(f"{folder} holds no recorded studies: {STUDIES} is not there.")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise IntegrityError(f"{path} must have rows, and the columns {', '.join(COLUMNS)}.")
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault((row["workload"], row["rule"]), []).append(row)
    right = _correct(folder / CORRECT)
    return [_recorded(path, *key, group, right) for key, group in groups.items()]


def _recorded(
    path: Path, workload: str, rule: str, rows: list[dict[str, str]], right: Mapping[str, NDArray[np.uint8]]
) -> Recorded:
    rows = sorted(rows, key=lambda row: (int(row["study"]), int(row["seed"])))
    studies = len({row["study"] for row in rows})
    seeds = len(rows) // studies
    counts = {sum(row["study"] == each["study"] for row in rows) for each in rows}
    if counts != {seeds}:
        raise IntegrityError(f"{path}: the studies of {rule} on {workload} differ in seeds.")
    accuracy = np.array([float(row["accuracy"]) for row in rows]).reshape(studies, seeds)
    time = None
    if all(row["budget"] for row in rows):
        time = np.array([float(row["steps"] or row["budget"]) for row in rows])
        time = time.reshape(studies, seeds)
    return Recorded(workload, rule, accuracy, time, _unpacked(path, workload, rule, (studies, seeds), right))


def _unpacked(
    path: Path, workload: str, rule: str, shape: tuple[int, int], right: Mapping[str, NDArray[np.uint8]]
) -> NDArray[np.bool_] | None:
    if f"{workload}/{rule}" not in right:
        return None
    packed, images = right[f"{workload}/{rule}"], int(right[f"{workload}/images"][0])
    if len(packed) != shape[0] * shape[1]:
        raise IntegrityError(
            f"{path.parent / CORRECT} has {len(packed)} rows for {rule} on {workload}, and {STUDIES} "
            f"has {shape[0] * shape[1]}."
        )
    return np.unpackbits(packed, axis=1, count=images).astype(bool).reshape(*shape, images)


def _correct(path: Path) -> dict[str, NDArray[np.uint8]]:
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
