"""sweep(): refuse what a user got wrong, then hand jobs to an engine until every one has its outcome."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from ..config import Config
from ..errors import IntegrityError, SteepestError, UserError
from ..models import layer_table
from ..optimizers import choose
from ..runs.environment import hashes_of_files
from ..runs.recording import placed
from ..runs.run import Run
from ..training.preparation import Setup
from ..usercode import keep
from .engine import AGAIN, Engine, Report, Task, WorkersLost
from .finishing import begun_at, clear_marks, forget, is_finished, tidy
from .job import Job
from .local import LocalEngine
from .outcome import Outcome
from .ready import Place, setup_of

SUSPECT = 3  # deaths without an epoch gained after which a job has the workers for itself, to be sure of the blame
GIVEN_UP = 5  # such deaths that end the sweep
NEVER_BEGUN = 10  # pools in a row that died before any job was begun
# What an epoch costs, to put the longest jobs first: seconds of a multiply-add forward and twice backward, and
# of a step of the tiniest network. Measured with F10, mlp, convnet and digits-cnn: right within a factor of two.
SECONDS_A_MULTIPLY_ADD, SECONDS_A_STEP = 1.5e-10, 3e-4


def sweep(
    jobs: Iterable[Job], folder: Path | str, *, engine: Engine | None = None, data_dir: Path | str | None = None
) -> Iterator[Outcome]:
    """Train and evaluate what is not finished yet, and yield every job's outcome as soon as it is on disk.

    What is on disk already comes first; equal jobs are trained once and yielded once. A worker that is killed
    costs the epochs in hand, a driver that is stopped does too, and the same call goes on. Two sweeps may share
    a folder: a job is done by whoever comes first, and the other one waits for it.

    Args:
        jobs: what is wanted, in the order in which equals are to be done; longer ones are begun first.
        folder: where each job gets a folder of its own, named by its key.
        engine: what does the work; None takes processes on this machine, one a core.

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
        raise UserError(f"{folder} cannot be a folder: there is a file. Give another folder.") from None
    return folder


def _outcomes(wanted: dict[str, Job], done: list[Outcome], tasks: list[Task], engine: Engine) -> Iterator[Outcome]:
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
            raise SteepestError(f"The workers died {NEVER_BEGUN} times before they began a job. {lost}")
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


def tasks_of(jobs: Iterable[Job], folder: Path, place: Place, done: Sequence[Outcome]) -> list[Task]:
    """Return a task for each job, the longest first, once all of them can be done.

    Args:
        done: what is finished, and must have seen the same images.

    Raises:
        UserError: a job asks for something that cannot be done.
        IntegrityError: the images are not those that finished jobs saw.
    """
    tasks: list[tuple[float, Task]] = []
    checked: dict[Config, _Checked] = {}
    rules: set[tuple[str, float | None]] = set()
    for job in jobs:
        config = placed(job.config.with_(threads=1))
        if (config.optimizer, config.lr) not in rules:
            choose(config.optimizer, config.lr)
            rules.add((config.optimizer, config.lr))
        rest = config.with_(seed=0, lr=None, optimizer="sgd", epochs=1)
        if rest not in checked:
            checked[rest] = _checked(rest, place, done)
        _check_splits(job, checked[rest].splits)
        absolute = Job(config, job.splits, job.which)
        task = Task(absolute, job.key, folder, place, _hashes(job, config))
        tasks.append((checked[rest].epoch_seconds * config.epochs, task))
    return [task for _, task in sorted(tasks, key=lambda pair: -pair[0])]


def _hashes(job: Job, config: Config) -> dict[str, dict[str, str]]:
    """Return the hashes of the user's own files as they were run here, and confirm them: workers run no others.

    Raises:
        IntegrityError: the job's key was made of other bytes.
    """
    files = hashes_of_files(config)
    if {digest for each in files.values() for digest in each.values()} != {*job.files.values()}:
        raise IntegrityError(f"The user's own file behind {job} was changed as the sweep began. {AGAIN}")
    for each in files.values():
        keep(each)
    return files


@dataclass(frozen=True)
class _Checked:
    """What all configs that differ in rule, learning rate, seed and epochs alone have in common."""

    splits: tuple[str, ...]
    epoch_seconds: float


def _checked(config: Config, place: Place, done: Sequence[Outcome]) -> _Checked:
    setup = setup_of(config, place)
    _check_images(setup, done)
    return _Checked(tuple(setup.dataset.splits), _epoch_seconds(setup))


def _check_splits(job: Job, there: Sequence[str]) -> None:
    lacking = [split for split in job.splits if split not in there]
    if lacking:
        raise UserError(
            f"{job.config.data} has no {' and no '.join(lacking)} split to evaluate the run with {job} on. "
            f"It has: {', '.join(there)}."
        )


def _check_images(setup: Setup, done: Sequence[Outcome]) -> None:
    """Refuse to train on other images than the finished jobs with the same split saw."""
    hashes = setup.dataset.hashes
    for outcome in done:
        if _images_of(outcome.config) != _images_of(setup.config):
            continue
        if outcome.environment["data"]["hashes"] != hashes:
            raise IntegrityError(
                f"The images of {setup.config.data} are not those that the finished runs in "
                f"{outcome.path.parent} saw. Put them back, or start a sweep in another folder."
            )


def _images_of(config: Config) -> tuple[object, ...]:
    return (config.data, config.image_size, config.val, config.split_seed, config.stratified)


def _epoch_seconds(setup: Setup) -> float:
    """Return about what an epoch takes when the rule asks for one gradient a step."""
    config, network, images = setup.config, setup.network, len(setup.dataset.train)
    if network.layers is None:
        multiply_adds = sum(each.numel() for each in network.parameters())
    else:
        classes = len(setup.dataset.classes)
        multiply_adds = layer_table(config.model, setup.dataset.shape, classes).multiply_adds
    steps = ceil(images / config.batch_size)
    return images * multiply_adds * SECONDS_A_MULTIPLY_ADD + steps * SECONDS_A_STEP
