"""What a worker does with a task: begin or go on with the run, evaluate it, and leave its outcome."""

from ..config import Config
from ..errors import DivergedError, IntegrityError
from ..evaluation import Evaluation, evaluate
from ..plan import keep_freed_memory
from ..runs.environment import changed_files
from ..runs.recording import give_weights, last_whole, record
from ..runs.run import CONFIG, Run, make_folder
from ..specification import Foreign
from ..training.history import Checkpoint, is_done
from ..training.preparation import Setup
from ..usercode import CODE, kept, trust
from .engine import AGAIN, Failure, Report, Task
from .finishing import alone, forget, is_finished, leave_if_abandoned, mark_begun, tidy, write_outcome
from .ready import setup_of

CHANGED = "The user's own file behind this run was changed since the sweep began."


def attempt(task: Task) -> Report:
    """Do a task, and say how it ended; what goes wrong comes back as a value."""
    keep_freed_memory()
    try:
        work(task)
    except Exception as error:  # whatever a user's rule or model raises is to reach the driver
        return Report(task.key, Failure.of(error))
    return Report(task.key)


def work(task: Task) -> None:
    """Leave the task's job finished, whatever state its folder is in."""
    with alone(task):
        if not is_finished(task.path):
            run, setup, start = _opened(task)
            mark_begun(task, start.epoch if start else 0)
            evaluations, diverged = _trained(task, run, setup, start)
            labels = {split: setup.dataset.splits[split].labels for split in task.job.splits}
            write_outcome(task, evaluations, labels, diverged)
        tidy(task.path)
        forget(task)


def _opened(task: Task) -> tuple[Run, Setup, Checkpoint | None]:
    """Return the run, ready to begin or to go on."""
    run, config = Run(task.path), _confirmed(task)
    if not (task.path / CONFIG).is_file():
        setup = setup_of(config, task.place)
        run = Run.create(make_folder(task.path), setup, task.place.directory)
    else:
        setup = setup_of(config, task.place, run.plan)
        _refuse_foreign(run, setup)
    if run.environment["files"] != task.files:
        raise IntegrityError(f"{CHANGED} {AGAIN}")
    checkpoint = last_whole(run)
    run.note_continuation()
    give_weights(setup, checkpoint, run)
    return run, setup, checkpoint


def _confirmed(task: Task) -> Config:
    """Return a task's config, of which this process runs the code that the driver ran, and no other.

    Raises:
        IntegrityError: a file is not what it was.
    """
    config = task.job.config
    for files in task.files.values():
        trust(files.values())
    if changed_files(task.files, *CODE, config=config):
        raise IntegrityError(f"{CHANGED} {AGAIN}")
    marked = {each: Foreign(getattr(config, each), "the sweep", task.files[each]) for each in CODE}
    return config.with_(**marked)


def _refuse_foreign(run: Run, setup: Setup) -> None:
    if run.config != setup.config:
        raise IntegrityError(
            f"{run.path / CONFIG} is not the config that this job asks for: it was changed. "
            f"Take the folder {run.name} away, and the same call trains it again."
        )
    if run.environment["data"]["hashes"] != setup.dataset.hashes:
        raise IntegrityError(
            f"The images of {run.config.data} are not those that {run.path} was begun with. "
            "Put them back, or start a sweep in another folder."
        )


def _trained(
    task: Task, run: Run, setup: Setup, start: Checkpoint | None
) -> tuple[dict[str, Evaluation], str | None]:
    try:
        if start is None or not is_done(setup.config, start.history):
            for _ in record(run, setup, start):
                leave_if_abandoned(task)
        return _evaluated(task, run, setup), None
    except DivergedError as error:
        return {}, str(error)


def _evaluated(task: Task, run: Run, setup: Setup) -> dict[str, Evaluation]:
    dataset = setup.dataset
    with kept():
        network = run.network(task.job.which)
    with setup.plan.applied():
        return {
            split: evaluate(
                network, dataset.splits[split], dataset.classes, kind=split, notes=dataset.notes, plan=setup.plan
            )
            for split in task.job.splits
        }
