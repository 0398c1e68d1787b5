"""``steepest train``: train a model and record the run."""

import sys
from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import StoppedError, UserError, printable
from ..portable import follow_record, start_portable
from ..verbs.settings import takes_no_setting
from .ending import Terminated, load_torch, terminable
from .options import AllowCode, AsJson, ConfigFile, DataDir, Model, Portable, print_json, print_note
from .settings import Settings, config_of, given

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..verbs.train import Begun, Event, Trained


def train(
    model: Annotated[str | None, Parameter(help="A named model, a notation, or file.py:Class.")] = None,
    /,
    *,
    named: Model = None,
    settings: Annotated[Settings | None, Parameter(name="*")] = None,
    config: ConfigFile = None,
    out: Annotated[Path | None, Parameter(help="The run directory; by default a new one in runs/.")] = None,
    resume: Annotated[str | None, Parameter(help="Go on with a stopped run; takes no other setting.")] = None,
    portable: Portable = False,
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
    json: AsJson = False,
) -> None:
    """Train a model and record the run.

    Example:  steepest train convnet --data mnist5k --optimizer adam --lr 1e-3 --epochs 5 --val 0.2
    """
    if model is not None and named is not None:
        raise UserError(f"The model is given twice, as `{model}` and as --model {named}. Give one.")
    model = model or named
    if resume is not None and (model or settings or config or out or portable):
        raise takes_no_setting(resume, "--resume")
    asked = None if resume is not None else config_of(config, given(model, settings), allow_code)

    if portable:
        start_portable()
    elif resume is not None:
        follow_record(Path(resume))
    load_torch()  # not before all flags are read
    from ..verbs.train import events

    made = events(
        asked, resume=resume, out=out, data_dir=data_dir, portable=portable, allow_code=allow_code, note=print_note
    )
    with closing(made) as happening:
        trained = _watched(happening)
    _print_object(trained) if json else _print_end(trained)


def _watched(happening: "Generator[Event]") -> "Trained":
    """Show a run's events, and return its end; whatever stops it, say how to go on."""
    from ..pages.run.text import epoch_line
    from ..training.history import Epoch, Progress
    from ..verbs.progress import RunBar
    from ..verbs.train import Begun, Trained, how_to_go_on, so_far

    begun = next(happening)
    if isinstance(begun, Trained):
        return begun
    assert isinstance(begun, Begun)  # the generator's first word else
    _announce(begun)
    run, bar = begun.run, RunBar(begun.setup, begun.start.epoch if begun.start else 0)
    try:
        with terminable():
            for event in happening:
                if isinstance(event, Progress):
                    bar.progress(event)
                elif isinstance(event, Epoch):
                    bar.reach(event.row["epoch"])
                    bar.write(epoch_line(event.row, run.config.epochs, event.seconds))
    except KeyboardInterrupt:
        bar.close()
        line = f"\nStopped after {so_far(run)}; nothing before it is lost. {how_to_go_on(run)}"
        print(line, file=sys.stderr)
        raise SystemExit(130) from None
    except Terminated:
        raise StoppedError(f"Terminated after {so_far(run)}. {how_to_go_on(run)}") from None
    finally:
        bar.close()
    assert isinstance(event, Trained)  # its last
    return event


def _announce(begun: "Begun") -> None:
    from ..training.history import is_done

    config, dataset, start = begun.setup.config, begun.setup.dataset, begun.start
    count = sum(p.numel() for p in begun.setup.network.parameters())
    at = f", going on after epoch {start.epoch}" if start else ""
    if start and is_done(config, start.history):
        at = ", trained: its report is written"
    lines = [
        f"{config.model} ({count:,} parameters) on {config.data}: {len(dataset.train):,} images, "
        f"{config.optimizer} at {config.lr:g}, batch {config.batch_size}, seed {config.seed}{at}",
        *dataset.notes,
    ]
    print("\n".join(map(printable, lines)), file=sys.stderr)


def _print_object(trained: "Trained") -> None:
    from ..training.history import COUNTS, best_epoch

    rows = [
        {key: int(value) if key in COUNTS else value for key, value in row.items()} for row in trained.run.metrics
    ]
    best = rows[best_epoch(rows) - 1]
    record = {"run": str(trained.run.path.resolve()), "best": best, "epochs": rows}
    print_json("train", record)


def _print_end(trained: "Trained") -> None:
    from ..pages.commands import verb_command
    from ..training.history import best_epoch

    run, evaluation, rows = trained.run, trained.evaluation, trained.run.metrics
    best = best_epoch(rows)
    if trained.before:
        print(
            f"{run.path} is finished: {len(rows)} of {run.config.epochs} epochs, and nothing of it is missing. "
            f"To train its weights further, start a new run with --init-from {quote(str(run.path))}."
        )
        return
    early = f" (stopped early, best epoch {best})" if len(rows) < run.config.epochs else ""
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    where = printable(run.path)
    print(f"Trained {len(rows)} epochs in {seconds:.1f} s{early}. The run is in {where}.")
    if evaluation is not None:
        print(f"Best validation accuracy {evaluation.accuracy:.2%} in epoch {best}.")
    print(printable(f"Next: {verb_command('evaluate', run)}"))
