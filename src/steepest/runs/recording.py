"""Training into a run directory: start a run, go on with one, and record every epoch durably."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..config import Config
from ..data import Dataset, load
from ..data.table import TABLE
from ..errors import IntegrityError, UserError
from ..specification import with_absolute_files
from ..training.history import Checkpoint, Epoch, Progress, is_done
from ..training.loops import steps
from ..training.preparation import Setup, prepare
from .restoring import put_weights
from .run import Run


def begin(
    config: Config, *, dataset: Dataset | None = None, out: Path | None = None, data_dir: Path | None = None
) -> tuple[Run, Setup]:
    """Check everything, make the run directory, and return both; nothing is trained yet.

    Args:
        dataset: None loads ``config.data``.
        out: the run directory; None takes the next free name under ``runs/``.
    """
    setup = ready(config, dataset=dataset, data_dir=data_dir)
    return Run.create(out, setup, data_dir), setup


def ready(config: Config, *, dataset: Dataset | None = None, data_dir: Path | None = None) -> Setup:
    """Return a run that is ready to begin, with its initial weights, and no directory yet."""
    if dataset is None:
        dataset = load(config.data, data_dir=data_dir, image_size=config.size, unverified=config.unverified)
    else:
        config = config.with_(data=dataset.name)
    setup = prepare(placed(config), dataset)
    give_weights(setup)
    return setup


def give_weights(setup: Setup, start: Checkpoint | None = None, run: Run | None = None) -> None:
    """Put into the network what it begins with: a checkpoint's weights, or those of the run to start from.

    Args:
        setup: what is to be trained.
        start: where to go on; its weights count also where they are not trained and came from elsewhere.
        run: the checkpoint's.
    """
    if start is not None and run is not None:
        put_weights(setup.network, start.weights, run.name)
    elif setup.config.init_from:
        source = Run.open(setup.config.init_from)
        put_weights(setup.network, source.weights("best"), source.name)


def placed(config: Config) -> Config:
    """Return the config with absolute paths, so that its run can be opened from any folder."""
    return config.with_(
        model=with_absolute_files(config.model),
        optimizer=with_absolute_files(config.optimizer),
        data=str(Path(config.data).resolve()) if _is_folder(config.data) else config.data,
        init_from=str(Run.open(config.init_from).path.resolve()) if config.init_from else "",
    )


def _is_folder(data: str) -> bool:
    """Say whether data is a folder of images, as ``load`` takes it: a name of the table is never one."""
    return data.partition(":")[0] not in TABLE and Path(data).is_dir()


def reopen(run: Run, data_dir: Path | None = None) -> tuple[Setup, Checkpoint | None]:
    """Return what is needed to go on with a run exactly as it was started.

    Raises:
        UserError: the run is finished.
        IntegrityError: a file or the data is not what it was.
    """
    checkpoint = run.checkpoint()
    _ = run.metrics  # refused here where they do not agree, not after an epoch's work
    if checkpoint is not None and is_done(run.config, checkpoint.history):
        raise UserError(
            f"{run.path} is finished: {checkpoint.epoch} of {run.config.epochs} epochs. To train its weights "
            f"further, start a new run with --init-from {run.path}."
        )
    changed = run.changed_files("model", "optimizer")
    if changed:
        raise IntegrityError(
            f"{', '.join(changed)} was changed since {run.name} was started with it: going on would mix two "
            f"programs. Put it back, or start a new run."
        )
    setup = prepare(run.config, run.source(data_dir), run.plan)
    give_weights(setup, checkpoint, run)
    return setup, checkpoint


def record(run: Run, setup: Setup, start: Checkpoint | None = None) -> Iterator[Progress | Epoch]:
    """Train, save every epoch, and pass each event on once it is on disk.

    Raises:
        UserError: another process is training this run.
        DivergedError: the loss became NaN or infinite.
    """
    with held(run):
        for event in steps(setup, start):
            yield saved(run, event)


def saved(run: Run, event: Progress | Epoch) -> Progress | Epoch:
    """Return the loop's event, an epoch's end once it is on disk."""
    if isinstance(event, Epoch):
        run.save(event)
    return event


@contextmanager
def held(run: Run) -> Iterator[None]:
    """Keep every other process from training the same run meanwhile."""
    lock = FileLock(run.path / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"Another process is training {run.path} right now.") from None
    try:
        for leftover in run.path.glob(".*.part"):  # of a process that was killed as it wrote
            leftover.unlink(missing_ok=True)
        yield
    finally:
        lock.release()
