"""Training into a run directory: start a run, go on with one, and record every epoch durably."""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ..config import Config
from ..data import Dataset, load
from ..data.table import TABLE
from ..errors import IntegrityError
from ..specification import with_absolute_files
from ..storage import locked
from ..training.history import Checkpoint, Epoch, Progress, is_done
from ..training.loops import steps
from ..training.preparation import Setup, prepare
from ..usercode import require
from .environment import named_files
from .program import program_hashes
from .restoring import put_weights
from .run import CONFIG, DEFAULT_FOLDER, LOCK, Run, make_folder, make_free_folder


def begin(
    config: Config, *, dataset: Dataset | None = None, out: Path | None = None, data_dir: Path | None = None
) -> tuple[Run, Setup]:
    """Check everything, make the run directory, and return both; nothing is trained yet.

    Args:
        dataset: None loads ``config.data``.
        out: the run directory; None takes the next free name under ``runs/``.
    """
    setup = ready(config, dataset=dataset, data_dir=data_dir)
    with created(setup, out, data_dir) as run:
        return run, setup


@contextmanager
def created(setup: Setup, out: Path | None, data_dir: Path | None = None) -> Iterator[Run]:
    """Make the run directory of what is about to be trained, and keep every other process from it meanwhile.

    The lock comes before the first byte: of two processes with one ``out`` one makes the run.

    Args:
        out: the run directory; None takes the next free name under ``runs/``.
        data_dir: where the dataset was found, to find it there again.

    Raises:
        UserError: there is something at the path, or another process is at work there.
    """
    path = make_folder(out) if out else make_free_folder(DEFAULT_FOLDER, setup.config)
    with _held(path):
        yield Run.create(make_folder(path), setup, data_dir)  # looked at again: somebody may have been quicker


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
    """Return what is needed to go on with a run exactly as it was started, or to report on a finished one.

    Where the last checkpoint is damaged the run goes on with the one before, and a warning says so.

    Raises:
        IntegrityError: a file or the data is not what it was.
    """
    program_hashes()  # found while nobody waits for the lock
    checkpoint = last_whole(run)
    if changed := run.changed_files("model", "optimizer"):
        raise IntegrityError(
            f"{', '.join(changed)} was changed since {run.name} was started with it: going on would mix two "
            f"programs. Put it back, or start a new run."
        )
    require(named_files(run.config), run.path / CONFIG)
    if checkpoint is None or not is_done(run.config, checkpoint.history):
        run.note_continuation()
    setup = prepare(run.config, run.source(data_dir), run.plan)
    give_weights(setup, checkpoint, run)
    return setup, checkpoint


def last_whole(run: Run) -> Checkpoint | None:
    """Return where a run goes on, from the newest generation of its checkpoint that is whole.

    Raises:
        IntegrityError: the files do not agree, or what is damaged is nowhere else.
    """
    epoch = run.fall_back()
    if epoch is not None:
        back = f"goes on after epoch {epoch}, the generation before" if epoch else "begins again"
        warnings.warn(f"The last checkpoint of {run.path} is damaged: training {back}.", stacklevel=3)
    checkpoint = run.checkpoint()
    _ = run.metrics  # refused here where they do not agree, not after an epoch's work
    if checkpoint is not None:
        run.mend_best(checkpoint)
        run.mend_table(checkpoint)
    return checkpoint


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


def held(run: Run) -> AbstractContextManager[None]:
    """Keep every other process from training the same run meanwhile.

    Raises:
        UserError: another process is training it.
    """
    return _held(run.path)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with locked(path / LOCK, f"is training {path}"):
        for leftover in path.glob(".*.part"):  # of a process that was killed as it wrote
            leftover.unlink(missing_ok=True)
        yield
