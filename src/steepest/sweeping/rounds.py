"""sweep(): hand jobs to an engine, round after round, until every one has its outcome."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from ..errors import SteepestError, UserError
from ..runs import Run
from .checking import tasks_of
from .engine import Engine, Report, Task, WorkersLost
from .finishing import is_finished, tidy
from .job import Job
from .local import LocalEngine
from .marks import begun_at, clear_marks, forget
from .outcome import Outcome
from .ready import Place

SUSPECT = 3  # deaths without an epoch gained after which a job has the workers for itself, to be sure of the blame
GIVEN_UP = 5  # such deaths that end the sweep
NEVER_BEGUN = 10  # pools in a row that died before any job was begun


def sweep(
    jobs: Iterable[Job],
    folder: Path | str,
    *,
    engine: Engine | None = None,
    data_dir: Path | str | None = None,
) -> Iterator[Outcome]:
    """Train and evaluate what is not finished yet, and yield every job's outcome as soon as it is on disk.

    What is on disk already comes first; equal jobs are trained once and yielded once. A worker that is killed
    costs the epochs in hand, a driver that is stopped does too, and the same call goes on. Two sweeps may share
    a folder: a job is done by whoever comes first, and the other one waits for it.

    Args:
        jobs: what is wanted, in the order in which equals are to be done; longer ones are begun first.
        folder: where each job gets a folder of its own, named by its key.
        engine: what does the work; None takes processes on this machine, one a core.
        data_dir: where datasets are.

    Raises:
        UserError: a job asks for what cannot be done. Nothing is trained then.
        IntegrityError: a finished job's outcome is damaged, or the images are not those of before.
        SteepestError: a run failed, or kills its worker again and again; the line names it.
    """
    wanted = {job.key: job for job in jobs}
    folder = _made(Path(folder).absolute())
    done = [Outcome(job, folder / key) for key, job in wanted.items() if is_finished(folder / key)]
    for outcome in done:
        _ = outcome.diverged  # a damaged one is named before any work
        tidy(outcome.path)
    finished = {outcome.key for outcome in done}
    place = Place(None if data_dir is None else Path(data_dir).absolute(), time.time_ns())
    left = [job for key, job in wanted.items() if key not in finished]
    tasks = tasks_of(left, folder, place, done) if left else []
    return _outcomes(wanted, done, tasks, engine or LocalEngine())


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(
            f"{folder} cannot be a folder: there is a file. Give another folder."
        ) from None
    return folder


def _outcomes(
    wanted: dict[str, Job], done: list[Outcome], tasks: list[Task], engine: Engine
) -> Iterator[Outcome]:
    yield from done
    left, deaths = {task.key: task for task in tasks}, _Deaths(wanted)
    while left:
        batch = deaths.next_batch(list(left.values()))
        clear_marks(batch)
        try:
            with closing(engine.run(batch)) as reports:
                for report in reports:
                    task = left.pop(report.key)
                    _refuse_failed(report, wanted[task.key], task.path)
                    yield Outcome(wanted[task.key], task.path)
        except WorkersLost as lost:
            deaths.count(batch, lost)
        for task in [task for task in left.values() if is_finished(task.path)]:  # but not reported
            tidy(task.path)
            forget(left.pop(task.key))
            yield Outcome(wanted[task.key], task.path)


def _refuse_failed(report: Report, job: Job, path: Path) -> None:
    if report.failure is not None:
        raise report.failure.exception(job)
    if not is_finished(path):
        raise UserError(
            f"A worker finished {path}, but it is not there: the workers must share the folder with this process."
        )


class _Deaths:
    """How often workers died at a job without an epoch gained.

    When a pool breaks, every job in hand is broken off, and nobody says which of them did it. So a job that was in
    hand too often is done alone: then it is to blame.
    """

    def __init__(self, wanted: dict[str, Job]) -> None:
        self.wanted = wanted
        self.fruitless: Counter[str] = Counter()
        self.at_start = 0

    def next_batch(self, left: list[Task]) -> list[Task]:
        """Return what to hand out next: a suspect alone, else everything."""
        suspects = [task for task in left if self.fruitless[task.key] >= SUSPECT]
        return suspects[:1] or left

    def count(self, batch: list[Task], lost: WorkersLost) -> None:
        """Note what was in hand when workers died.

        Raises:
            SteepestError: it happened too often.
        """
        in_hand = {task.key: begun_at(task) for task in batch if not is_finished(task.path)}
        begun = {key: epoch for key, epoch in in_hand.items() if epoch is not None}
        self.at_start = 0 if begun else self.at_start + 1
        if self.at_start >= NEVER_BEGUN:
            raise SteepestError(
                f"The workers died {NEVER_BEGUN} times before they began a job. {lost}"
            )
        for task in batch:
            if task.key not in begun:
                continue
            gained = Run(task.path).epochs_done > begun[task.key]
            self.fruitless[task.key] = 0 if gained else self.fruitless[task.key] + 1
            if self.fruitless[task.key] >= GIVEN_UP:
                raise SteepestError(
                    f"The worker at the run with {self.wanted[task.key]} died {GIVEN_UP} times without finishing "
                    "an epoch. Either it takes more memory than there is, or its model or rule ends the process. "
                    f"What is finished is kept. {lost}"
                )
