"""``train``: a run from its first check to its pages; the command line shows it, the Python name drains it."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from ..config import Config
from ..data import Dataset
from ..errors import IntegrityError, StoppedError, UnknownName, UserError, trouble
from ..evaluation import Evaluation
from ..pages.commands import verb_command
from ..pages.run.page import is_reported, write_report
from ..runs.arithmetic import check_portable
from ..runs.recording import created, held, last_whole, ready, reopen, saved
from ..runs.run import CONFIG, Run, is_unbegun
from ..training.history import Checkpoint, Epoch, Progress, is_done
from ..training.loops import steps
from ..training.preparation import Setup
from ..usercode import allow_foreign, kept
from .progress import RunBar
from .settings import SETTINGS, config_from, path_or_none, takes_no_setting

OWN = ("config", "resume", "dataset", "out", "data_dir", "allow_code", "portable", "progress")  # and no settings


@dataclass(frozen=True)
class Begun:
    """A run is made, or opened again; the next thing is its first step, or that after ``start``."""

    run: Run
    setup: Setup
    start: Checkpoint | None


@dataclass(frozen=True)
class Trained:
    """A run is finished and has its pages; the evaluation is of the validation split, if it has one.

    Where a run to go on with had all of that ``before``, this is the only event, and nothing was evaluated.
    """

    run: Run
    evaluation: Evaluation | None
    before: bool = False


Event = Begun | Progress | Epoch | Trained


def events(
    config: Config | None,
    *,
    resume: Path | str | None = None,
    dataset: Dataset | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    allow_code: bool = False,
    portable: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> Generator[Event]:
    """Train into a run directory, and yield what happens; each epoch once it is on disk.

    Without a config it goes on with ``resume``; what else is given, and what is raised, is described at ``train``.
    """
    if portable:
        check_portable(config or Config())
    opened: AbstractContextManager[Begun | Trained]
    if config is None:
        opened = _opened(Path(str(resume)), data_dir, allow_code, note)
    else:
        opened = _made(config, dataset, out, data_dir)
    with opened as first:
        yield first
        if isinstance(first, Trained):
            return
        run, setup, start = first.run, first.setup, first.start
        history = start.history if start else []
        try:
            for event in [] if is_done(setup.config, history) else steps(setup, start):
                yield saved(run, event)
                history = event.checkpoint.history if isinstance(event, Epoch) else history
        except (OSError, MemoryError, RuntimeError) as error:
            why = _why(error, run)
            if why is None:
                raise
            if not (run.path / CONFIG).is_file():
                raise IntegrityError(f"{run.path} was taken away while it was trained.") from error
            done = f"epoch {len(history)} of {setup.config.epochs} is safe"
            raise StoppedError(f"{why} What is done is kept: {done}. {how_to_go_on(run)}") from error
        with kept():
            evaluation = _reported(run, setup)
        yield Trained(run, evaluation)


@contextmanager
def _made(config: Config, dataset: Dataset | None, out: Path | None, data_dir: Path | None) -> Iterator[Begun]:
    """Make a run, and keep its lock from before its first byte until its pages are written."""
    setup = ready(config, dataset=dataset, data_dir=data_dir)
    with created(setup, out, data_dir) as run:
        yield Begun(run, setup, None)


@contextmanager
def _opened(
    folder: Path, data_dir: Path | None, allow_code: bool, note: Callable[[str], None]
) -> Iterator[Begun | Trained]:
    """Open a run again, and keep its lock until its pages are written."""
    if folder.is_dir() and is_unbegun(folder):
        raise UserError(
            f"{folder} was stopped before its run began: there is nothing to go on with. Give the command that it "
            f"was begun with again, with --out {quote(str(folder))}."
        )
    run = Run.open(folder, allow_code=allow_code, note=note)
    with held(run):
        yield Trained(run, None, before=True) if _is_complete(run) else Begun(run, *reopen(run, data_dir))


def _is_complete(run: Run) -> bool:
    checkpoint = last_whole(run)
    return checkpoint is not None and is_done(run.config, checkpoint.history) and is_reported(run)


def _why(error: Exception, run: Run) -> str | None:
    """Return what the machine lacked, or what is wrong with the run's folder; None for other errors."""
    why = trouble(error)
    if why is None and isinstance(error, OSError) and str(error.filename).startswith(str(run.path)):
        return f"{error.filename}: {error.strerror}."
    return why


def _reported(run: Run, setup: Setup) -> Evaluation | None:
    """Write a finished run's pages, and return the evaluation that stands on them."""
    validation = setup.dataset.validation
    try:
        evaluation = run.evaluate("validation", dataset=setup.dataset) if validation else None
        write_report(run, evaluation, validation)
    except (OSError, MemoryError, RuntimeError) as error:
        why = _why(error, run)
        if why is None:
            raise
        raise StoppedError(
            f"The run is trained, but its report is not written. {why} {how_to_go_on(run)}"
        ) from error
    return evaluation


def so_far(run: Run) -> str:
    """Return how far a run came, in words."""
    return f"epoch {run.epochs_done} of {run.config.epochs}"


def how_to_go_on(run: Run) -> str:
    """Return a sentence with the command that goes on with a stopped run."""
    return f"Go on with: {verb_command('train --resume', run)}"


def train(
    model: str | Config | None = None,
    data: str | None = None,
    *,
    config: Config | Path | str | None = None,
    resume: Run | Path | str | None = None,
    dataset: Dataset | None = None,
    out: Path | str | None = None,
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    portable: bool = False,
    progress: bool | None = None,
    **settings: Any,
) -> Run:
    """Train a classifier to the end, and return its run, with the files that ``steepest train`` leaves.

    Args:
        model: a named model, a notation, or ``file.py:Class``; or a whole config.
        data: a dataset's name, or a folder of images.
        config: what to train, or a TOML file of it; values given by name win over it.
        resume: go on with a stopped run, as it was started; takes no setting. Of a finished one what is missing
            is made.
        dataset: images of your own instead of ``data``.
        out: the run directory; None takes the next free name under ``runs/``.
        data_dir: where datasets are.
        allow_code: run the code that a TOML file or the run to resume names, though it was never confirmed here.
        portable: refuse to begin where this process does not give the same bytes on any x86-64 with AVX2: what
            decides that must stand in the environment before torch is loaded, and the refusal says what.
        progress: False is silence; None shows a bar in a terminal and in a notebook.
        settings: further values of ``Config``: ``epochs=3, optimizer="adam", val=0.1``.

    Raises:
        UserError: something asked for cannot be done.
        DivergedError: the loss became NaN or infinite.
        IntegrityError: a file of the run to go on with is damaged, and nothing holds what was in it.
        StoppedError: the disk is full, or the machine lacks something else; what is done is kept.
    """
    given = {"model": model, "data": data, **settings}
    asked = _asked(config, resume, {k: v for k, v in given.items() if v is not None}, dataset, out)
    if asked is not None and allow_code:
        allow_foreign(asked.to_dict())
    bar = None
    try:
        for event in events(
            asked,
            resume=resume.path if isinstance(resume, Run) else resume,
            dataset=dataset,
            out=path_or_none(out),
            data_dir=path_or_none(data_dir),
            allow_code=allow_code,
            portable=portable,
        ):
            if isinstance(event, Begun):
                bar = RunBar(event.setup, event.start.epoch if event.start else 0, progress)
            elif bar is not None and isinstance(event, Progress):
                bar.progress(event)
    finally:
        if bar is not None:
            bar.close()
    assert isinstance(event, Trained)  # its last
    return event.run


def _asked(
    config: Config | Path | str | None,
    resume: Run | Path | str | None,
    settings: dict[str, Any],
    dataset: Dataset | None,
    out: Path | str | None,
) -> Config | None:
    """Return what a call of ``train`` asks for; None to go on with a run."""
    known = (*SETTINGS, *OWN)
    for key in settings:
        if key not in known:
            raise UnknownName("argument of steepest.train", key, known)
    if isinstance(dataset, str):
        raise UserError(
            f"dataset takes a steepest.Dataset with images of your own, not `{dataset}`. "
            f'Did you mean data="{dataset}"?'
        )
    if resume is not None:
        if settings or (config, dataset, out) != (None, None, None):
            raise takes_no_setting(resume.path if isinstance(resume, Run) else resume, "resume")
        return None
    if isinstance(settings.get("model"), Config):
        if config is not None:
            raise UserError("The config is given twice: first, and as config=. Give one.")
        config = settings.pop("model")
    return config_from(config, settings)
