"""What a finished job's folder holds, and the one write that makes it finished.

    config.toml          every value, as trained
    environment.json     versions, processor, plan, data hashes
    metrics.csv          a row per epoch, with its seconds
    weights.safetensors  the network's tensors                          not where training diverged
    logits.safetensors   each split's logits [N, K] and labels [N]      where it diverged the labels alone
    outcome.json         what came out, and the other files' hashes: written last, it commits the job

Nothing but ``metrics.csv`` depends on the clock: a job that was broken off leaves the bytes of one that was not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from torch import Tensor

from ..errors import IntegrityError, refuse_trouble
from ..evaluation import Evaluation
from ..runs.run import BEST, CONFIG, ENVIRONMENT, LAST, LOCK, PREVIOUS, Run
from ..storage import sealed, sha256, unsealed, write_durably, write_tensors
from .engine import Task
from .job import FORMAT

OUTCOME, LOGITS, WEIGHTS = "outcome.json", "logits.safetensors", "weights.safetensors"
ONLY_FOR_RESUMING = (LAST, PREVIOUS, BEST, LOCK)
WORK = ".work"  # in the sweep's folder: a lock for each job in hand, and from which epoch it was begun
GLANCE = 1.0  # seconds between two looks at whether the driver is still there


def is_finished(path: Path) -> bool:
    """Say whether a job's folder holds its outcome."""
    return (path / OUTCOME).is_file()


def write_outcome(
    task: Task, evaluations: dict[str, Evaluation], labels: dict[str, Tensor], diverged: str | None
) -> None:
    """Keep what a run came to, and commit it.

    Args:
        evaluations: of each split; none where training diverged.
        labels: [N] of each split.
        diverged: the line that says where training diverged, or None.
    """
    path, which = task.path, task.job.which
    run, identity = Run(path), {"format": FORMAT, "key": task.key}
    if diverged is None:
        write_tensors(path / WEIGHTS, run.weights(which), identity)
    tensors = {f"labels/{split}": each for split, each in labels.items()}
    tensors |= {f"logits/{split}": each.logits for split, each in evaluations.items()}
    write_tensors(path / LOGITS, tensors, identity)
    files = (CONFIG, ENVIRONMENT, LOGITS, WEIGHTS)
    record = {
        **identity,
        "which": which,
        "diverged": diverged,
        "rows": [{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics],
        "splits": {split: measured(each) for split, each in evaluations.items()},
        "files": {n: sha256((path / n).read_bytes()) for n in files if (path / n).is_file()},
    }
    write_durably(path / OUTCOME, sealed(record))


def measured(evaluation: Evaluation) -> dict[str, float]:
    """Return the numbers of an evaluation that are read most."""
    return {"images": len(evaluation), "accuracy": evaluation.accuracy, "loss": evaluation.loss}


def read_outcome(path: Path) -> dict[str, Any]:
    """Return the record of a finished job's folder, once its seal agrees.

    Raises:
        IntegrityError: the file is damaged or was changed.
    """
    try:
        return unsealed(path / OUTCOME)
    except IntegrityError as error:
        raise IntegrityError(f"{error} {_advice(path)}") from error
    except OSError as error:
        refuse_trouble(error)
        raise IntegrityError(f"{path / OUTCOME} cannot be read: {error.strerror}. {_advice(path)}") from error


def check_file(path: Path, name: str, record: dict[str, Any]) -> None:
    """Refuse a file of a finished job that is not the one it was finished with.

    Raises:
        IntegrityError: names the file.
    """
    file = path / name
    if not file.is_file():
        raise IntegrityError(f"{file} is missing. {_advice(path)}")
    if sha256(file.read_bytes()) != record["files"].get(name):
        raise IntegrityError(
            f"{file} is damaged or was changed: it does not have the hash in {OUTCOME}. {_advice(path)}"
        )


def tidy(path: Path) -> None:
    """Remove what only a run that goes on needs."""
    for name in ONLY_FOR_RESUMING:
        (path / name).unlink(missing_ok=True)
    for leftover in path.glob(".*.part"):
        leftover.unlink(missing_ok=True)


def _advice(path: Path) -> str:
    return f"Take the folder {path.name} away, and the same call trains it again."


@contextmanager
def alone(task: Task) -> Iterator[None]:
    """Wait until no other worker is at the same job, and keep it from every other one meanwhile.

    The lock is the operating system's: it vanishes with the process that holds it.
    """
    lock = FileLock(_file(task, "lock"))
    while True:
        try:
            lock.acquire(timeout=GLANCE)
            break
        except Timeout:
            leave_if_abandoned(task)
    try:
        yield
    finally:
        lock.release()


def leave_if_abandoned(task: Task) -> None:
    """End this worker where its driver is gone: the epochs it would train nobody asks for."""
    if task.driver not in {None, os.getpid(), os.getppid()}:
        os._exit(0)


def mark_begun(task: Task, epochs_done: int) -> None:
    """Note that a job is begun, or gone on with, after so many epochs."""
    _file(task, "begun").write_text(str(epochs_done))


def clear_marks(tasks: list[Task]) -> None:
    """Forget who began what, before tasks are handed out."""
    for task in tasks:
        _file(task, "begun").unlink(missing_ok=True)


def begun_at(task: Task) -> int | None:
    """Return how many epochs there were when the job was begun; None where it was not."""
    try:
        return int(_file(task, "begun").read_text())
    except (FileNotFoundError, ValueError):  # the worker was killed as it wrote
        return None


def forget(task: Task) -> None:
    """Remove the files of a finished job; whoever still waits for its lock finds it finished."""
    for kind in ("begun", "lock"):
        _file(task, kind).unlink(missing_ok=True)


def _file(task: Task, kind: str) -> Path:
    folder = task.folder / WORK
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{task.key}.{kind}"
