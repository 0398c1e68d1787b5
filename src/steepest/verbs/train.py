"""``train``: a run from its first check to its pages; the command line shows it, the Python name drains it."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..data import Dataset
from ..errors import DISK_FULL, StoppedError, UnknownName, UserError
from ..evaluation import Evaluation
from ..pages.commands import verb_command
from ..pages.run.page import write_report
from ..runs.recording import begin, held, reopen, saved
from ..runs.run import Run
from ..training.history import Checkpoint, Epoch, Progress
from ..training.loops import steps
from ..training.preparation import Setup
from .progress import RunBar
from .settings import SETTINGS, config_from, path_or_none

OWN = ("config", "resume", "dataset", "out", "data_dir", "progress")  # arguments, and no settings


@dataclass(frozen=True)
class Begun:
    """A run is made, or opened again; the next thing is its first step, or that after ``start``."""

    run: Run
    setup: Setup
    start: Checkpoint | None


@dataclass(frozen=True)
class Trained:
    """A run is finished and has its pages; the evaluation is of the validation split, if it has one."""

    run: Run
    evaluation: Evaluation | None


Event = Begun | Progress | Epoch | Trained


def events(
    config: Config | None,
    *,
    resume: Path | str | None = None,
    dataset: Dataset | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
) -> Generator[Event]:
    """Train into a run directory, and yield what happens; each epoch once it is on disk.

    Without a config it goes on with ``resume``; what else is given, and what is raised, is described at ``train``.
    """
    start = None
    if config is None:
        run = Run.open(str(resume))
        setup, start = reopen(run, data_dir)
    else:
        run, setup = begin(config, dataset=dataset, out=out, data_dir=data_dir)
    yield Begun(run, setup, start)
    try:
        with held(run):
            for event in steps(setup, start):
                yield saved(run, event)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        told = f"The disk is full. Make room; {so_far(run)} is safe. {how_to_go_on(run)}"
        raise StoppedError(told) from error
    yield Trained(run, _reported(run, setup))


def _reported(run: Run, setup: Setup) -> Evaluation | None:
    """Write a finished run's pages, and return the evaluation that stands on them."""
    validation = setup.dataset.validation
    evaluation = run.evaluate("validation", dataset=setup.dataset) if validation else None
    try:
        write_report(run, evaluation, validation)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise StoppedError(
            "The run is finished, but the disk is too full for its report. "
            f"Make room, then: {verb_command('report', run)}"
        ) from error
    return evaluation


def so_far(run: Run) -> str:
    """Return how far a run came, in words."""
    return f"epoch {run.epochs_done} of {run.config.epochs}"


def how_to_go_on(run: Run) -> str:
    """Return a sentence with the command that goes on with a stopped run."""
    return f"Go on with: {verb_command('report' if run.finished else 'train --resume', run)}"


def train(
    model: str | Config | None = None,
    data: str | None = None,
    *,
    config: Config | Path | str | None = None,
    resume: Run | Path | str | None = None,
    dataset: Dataset | None = None,
    out: Path | str | None = None,
    data_dir: Path | str | None = None,
    progress: bool | None = None,
    **settings: Any,
) -> Run:
    """Train a classifier to the end, and return its run, with the files that ``steepest train`` leaves.

    Args:
        model: a named model, a notation, or ``file.py:Class``; or a whole config.
        data: a dataset's name, or a folder of images.
        config: what to train, or a TOML file of it; values given by name win over it.
        resume: go on with a stopped run, as it was started; takes no setting.
        dataset: images of your own instead of ``data``.
        out: the run directory; None takes the next free name under ``runs/``.
        data_dir: where datasets are.
        progress: False is silence; None shows a bar in a terminal and in a notebook.
        settings: further values of ``Config``: ``epochs=3, optimizer="adam", val=0.1``.

    Raises:
        UserError: something asked for cannot be done.
        DivergedError: the loss became NaN or infinite.
        StoppedError: the disk is full; what is done is kept.
    """
    given = {"model": model, "data": data, **settings}
    asked = _asked(config, resume, {k: v for k, v in given.items() if v is not None}, dataset, out)
    bar = None
    try:
        for event in events(
            asked,
            resume=resume.path if isinstance(resume, Run) else resume,
            dataset=dataset,
            out=path_or_none(out),
            data_dir=path_or_none(data_dir),
        ):
            if isinstance(event, Begun):
                run, done = event.run, event.start.epoch if event.start else 0
                bar = RunBar(event.setup, done, progress)
            elif bar is not None and isinstance(event, Progress):
                bar.progress(event)
    finally:
        if bar is not None:
            bar.close()
    return run


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
            raise UserError("resume goes on with a run as it was started: give no other setting.")
        return None
    if isinstance(settings.get("model"), Config):
        if config is not None:
            raise UserError("The config is given twice: first, and as config=. Give one.")
        config = settings.pop("model")
    return config_from(config, settings)
