"""Who is at which job: a lock for each, and a mark that says from which epoch it was begun."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from .engine import Task

WORK = ".work"  # in the sweep's folder
GLANCE = 1.0  # seconds between two looks at whether the driver is still there


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
