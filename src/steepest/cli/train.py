"""``steepest train``: train a model and record the run."""

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import DISK_FULL, SteepestError, StoppedError, UserError
from .ending import Terminated, terminable
from .loading import load_torch
from .settings import Settings, config_of

if TYPE_CHECKING:
    from ..config import Config
    from ..history import Checkpoint
    from ..preparation import Setup
    from ..ranks import Ranks
    from ..runs import Run


def train(
    model: Annotated[
        str | None, Parameter(help="A named model, a notation, or file.py:Class.")
    ] = None,
    /,
    *,
    settings: Annotated[Settings | None, Parameter(name="*")] = None,
    config: Annotated[
        Path | None, Parameter(help="A TOML file of settings; flags win over it.")
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="The run directory; by default a new one in runs/.")
    ] = None,
    resume: Annotated[
        str | None, Parameter(help="Go on with a stopped run; takes no other setting.")
    ] = None,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are, or are put.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Train a model and record the run.

    Example:  steepest train convnet --data mnist5k --optimizer adam --lr 1e-3 --epochs 5 --val 0.2
    """
    if resume is not None and (model or settings or config or out):
        raise UserError("--resume goes on with a run as it was started: give no other setting.")
    asked = None if resume is not None else config_of(config, model, settings)

    load_torch()  # not before all flags are read
    from ..ranks import joined

    with joined() as ranks:
        if not ranks.first:
            return _follow(asked, resume, data_dir, ranks)
        run, setup = _lead(asked, resume, out, data_dir, ranks)
    from ..reporting.commands import verb_command

    try:
        _conclude(run, setup, json)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        line = f"Make room, then: {verb_command('report', run)}"
        raise StoppedError(
            f"The run is finished, but the disk is too full for its report. {line}"
        ) from error


def _lead(
    asked: "Config | None",
    resume: str | None,
    out: Path | None,
    data_dir: Path | None,
    ranks: "Ranks",
) -> "tuple[Run, Setup]":
    """Train, record and speak."""
    from ..recording import begin, reopen
    from ..runs import Run

    start = None
    if asked is None:
        run = Run.open(str(resume))
        setup, start = reopen(run, data_dir, ranks)
    else:
        run, setup = begin(asked, out=out, data_dir=data_dir, ranks=ranks)
    _announce(run, setup, start)
    _train(run, setup, start, ranks)
    return run, setup


def _follow(
    asked: "Config | None", resume: str | None, data_dir: Path | None, ranks: "Ranks"
) -> None:
    """Train a part of every batch in silence: the first process says what there is to say."""
    from ..recording import ready, reopen
    from ..runs import Run
    from ..training import loop

    try:
        if asked is None:
            setup, start = reopen(Run.open(str(resume)), data_dir, ranks)
        else:
            setup, start = ready(asked, data_dir=data_dir), None
        for _ in loop(setup, start, ranks):
            pass
    except SteepestError as error:
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _announce(run: "Run", setup: "Setup", start: "Checkpoint | None") -> None:
    config, dataset = setup.config, setup.dataset
    count = sum(p.numel() for p in setup.network.parameters())
    at = f", going on after epoch {start.epoch}" if start else ""
    lines = [
        f"{config.model} ({count:,} parameters) on {config.data}: {len(dataset.train):,} images, "
        f"{config.optimizer} at {config.lr:g}, batch {config.batch_size}, seed {config.seed}{at}",
        *dataset.notes,
    ]
    print("\n".join(lines), file=sys.stderr)


def _train(run: "Run", setup: "Setup", start: "Checkpoint | None", ranks: "Ranks") -> None:
    from ..history import Epoch
    from ..recording import record
    from ..reporting.commands import verb_command
    from .progress import Display

    again = f"Go on with: {verb_command('train --resume', run)}"
    display = Display(setup, start.epoch if start else 0)
    try:
        with terminable():
            for event in record(run, setup, start, ranks):
                display.epoch(event) if isinstance(event, Epoch) else display.progress(event)
    except KeyboardInterrupt:
        display.close()
        print(
            f"\nStopped after {_epochs(run)}; nothing before it is lost. {again}", file=sys.stderr
        )
        raise SystemExit(130) from None
    except Terminated:
        raise StoppedError(f"Terminated after {_epochs(run)}. {again}") from None
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise StoppedError(
            f"The disk is full. Make room; {_epochs(run)} is safe. {again}"
        ) from error
    finally:
        display.close()


def _epochs(run: "Run") -> str:
    return f"epoch {run.epochs_done} of {run.config.epochs}"


def _conclude(run: "Run", setup: "Setup", json: bool) -> None:
    from ..history import best_epoch
    from ..reporting.commands import verb_command
    from ..reporting.report import write_report

    rows = run.metrics
    best = rows[best_epoch(rows) - 1]
    validation = setup.dataset.validation
    evaluation = run.evaluate("validation", dataset=setup.dataset) if validation else None
    write_report(run, evaluation, validation)
    if json:
        print(json_format.dumps({"run": str(run.path), "best": best, "epochs": rows}))
        return
    early = (
        f" (stopped early, best epoch {best['epoch']:.0f})"
        if len(rows) < setup.config.epochs
        else ""
    )
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    print(f"Trained {len(rows)} epochs in {seconds:.1f} s{early}. The run is in {run.path}.")
    if evaluation is not None:
        print(f"Best validation accuracy {evaluation.accuracy:.2%} in epoch {best['epoch']:.0f}.")
    print(f"Next: {verb_command('evaluate', run)}")
