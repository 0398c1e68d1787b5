"""What carries tasks to workers, and what comes back."""

import errno
import os
import traceback
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import DivergedError, IntegrityError, SteepestError, StoppedError, UserError, trouble
from .job import Job
from .ready import Place

ENGINES = ("local", "dask")
AGAIN = "Start the sweep again: what the file is now makes other runs."
_KINDS = {kind.exit_code: kind for kind in (SteepestError, UserError, IntegrityError, DivergedError, StoppedError)}


@dataclass(frozen=True)
class Task:
    """A job on its way to a worker.

    Args:
        job: what is to be trained, with every path in it absolute.
        key: of the job as it was asked for.
        files: the hashes of the user's own files, as ``hashes_of_files`` gave them in the driver.
        driver: the process that a worker ends with; None where the two may be on different machines.
    """

    job: Job
    key: str
    folder: Path
    place: Place
    files: dict[str, dict[str, str]]
    driver: int | None = None

    @property
    def path(self) -> Path:
        """The job's own folder."""
        return self.folder / self.key


@dataclass(frozen=True)
class Failure:
    """An exception that ended a task, as plain values: not every exception survives the way between processes."""

    line: str
    exit_code: int | None
    disk: tuple[int, str] | None
    trace: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Describe an exception."""
        ours = error.exit_code if isinstance(error, SteepestError) else None
        disk = None
        if trouble(error) is not None:
            number = (error.errno if isinstance(error, OSError) else None) or errno.ENOMEM
            disk = (number, os.strerror(number))
        line = str(error) if ours else f"{type(error).__name__}: {error}, {_place_of(error)}"
        return cls(line, ours, disk, "".join(traceback.format_exception(error)))

    def exception(self, job: Job) -> Exception:
        """Return the exception to raise in the driver; it names the job, and carries the worker's traceback."""
        if self.disk is not None:  # whoever calls knows what to say of what the machine lacks
            error: Exception = OSError(*self.disk)
        else:
            kind = _KINDS.get(self.exit_code or SteepestError.exit_code, SteepestError)
            error = kind(f"The run with {job} failed. {self.line}")
        error.add_note(f"In the worker:\n{self.trace}")
        return error


def _place_of(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"in {last.filename}, line {last.lineno}"


@dataclass(frozen=True)
class Report:
    """A task that ended: done, if it did not fail."""

    key: str
    failure: Failure | None = None


class WorkersLost(Exception):
    """Workers died under their tasks; what was not reported is to be handed out again."""


class Engine(Protocol):
    """What carries tasks to workers."""

    def run(self, tasks: Sequence[Task]) -> Generator[Report]:
        """Yield a report for each task as it ends, in any order.

        Raises:
            WorkersLost: workers died, and some tasks have no report.
        """
