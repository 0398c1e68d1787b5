"""``compare`` and ``tune``: what the commands show, and the Python names drain."""

import warnings
from collections.abc import Generator, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from ..comparison.comparison import Comparison
from ..comparison.design import DEFAULT_TRIALS
from ..comparison.folder import PAGE, conclude, default_folder
from ..comparison.question import Question, question_of
from ..comparison.sides import Side
from ..comparison.tuned import Tuned, question_to_tune, tuning
from ..comparison.work import Made, comparing
from ..config import Config
from ..errors import UserError
from ..pages.comparison.page import write_page
from ..pages.comparison.tuning import write_page as write_tuning
from ..portable import PORTABLE, SPELLED
from ..runs.arithmetic import check_portable
from ..sweeping import DaskEngine, Engine
from .progress import engine_from, last_of, shown
from .settings import SETTINGS, config_from, fit, path_or_none, sides_from, takes

TUNING_PAGE = "tuning.html"
ASKED = tuple(e.name for e in signature(question_of).parameters.values() if e.kind == e.KEYWORD_ONLY)


def events(
    question: Question,
    folder: Path,
    *,
    claim: Path | None = None,
    engine: Engine | None = None,
    data_dir: Path | None = None,
    curve: bool = True,
    portable: bool = False,
) -> Generator[Made | Comparison]:
    """Train what is not yet trained: yield each finished run and, once it is recorded, the comparison.

    Its page comes last: where it cannot be written, the numbers are there all the same. What is given is described
    at ``compare``.
    """
    _check_portable(portable, question.sides, engine)
    made = yield from comparing(question, folder, engine=engine, data_dir=data_dir, curve=curve)
    _note_others(portable, made.circumstances.environments, folder)
    comparison = conclude(made, folder, claim)
    yield comparison
    write_page(comparison, folder / PAGE)


@takes(*ASKED, *SETTINGS)
def compare(
    sides: Sequence[str] | str = (),
    config: Config | Path | str | None = None,
    *,
    against: Sequence[str] | str | None = None,
    curve: bool = True,
    out: Path | str | None = None,
    claim: Path | str | None = None,
    engine: Engine | str = "local",
    workers: int | None = None,
    scheduler: str | None = None,
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    portable: bool = False,
    progress: bool | None = None,
    **asked: Any,
) -> Comparison:
    """Compare optimizers, or values of any other setting: better, worse, equivalent or undecided.

    By default each side is tuned anew in ten independent studies; ``fixed=True`` compares at given settings. It
    leaves what ``steepest compare`` leaves, and the same call goes on where it was stopped.

    Args:
        sides: such as ``["adam", "momentum", "sgd"]``, each ``VALUE`` or ``VALUE@setting=value``.
        config: what the sides have in common: a config, or a TOML file of settings.
        against: further sides, for ``candidate=``.
        curve: whether smaller tuning budgets are reported on too.
        out: the folder of the runs, the record and the page; None takes one under ``comparisons/``.
        claim: where to write the record too, for others to verify.
        engine: ``local``, ``dask``, or an engine of your own.
        workers: processes of the local engine; None takes one a core.
        scheduler: the address of a Dask scheduler.
        data_dir: where datasets are.
        allow_code: run the code that a TOML file names, though it was never run or confirmed here.
        portable: as of ``train``.
        progress: False is silence; None shows a bar in a terminal and in a notebook.
        asked: by name, what ``question_of`` takes (vary, candidate, fixed, studies, seeds, trials,
            until_decided, max_seeds, budget, metric, target, margin, test_images), and values of ``Config``,
            which win over ``config``.

    Raises:
        UserError: something asked for cannot be done; nothing is trained then.
    """
    words = {name: asked.pop(name) for name in ASKED if name in asked}
    fit(words, question_of)
    vary, candidate = words.get("vary", "optimizer"), words.get("candidate")
    texts = sides_from(sides, against, vary, candidate, asked)
    question = question_of(texts, config_from(config, asked, allow_code), **words)
    made = events(
        question,
        path_or_none(out) or default_folder(question),
        claim=path_or_none(claim),
        engine=engine_from(engine, workers, scheduler),
        data_dir=path_or_none(data_dir),
        curve=curve,
        portable=portable,
    )
    comparison: Comparison = last_of(shown(made, place, progress))
    return comparison


def place(event: object) -> tuple[str, int, int] | None:
    """Return which stage a finished run belongs to, and how far it is; None for what is no run."""
    return (event.stage, event.number, event.total) if isinstance(event, Made) else None


def _check_portable(portable: bool, sides: Sequence[Side], engine: Engine | None) -> None:
    """Refuse what was asked to be portable and would not be.

    Raises:
        UserError: this process is not portable, or its workers would not be.
    """
    if portable and isinstance(engine, DaskEngine):
        raise UserError(
            f"A Dask worker is portable if it was started so: leave portable out, and start it with {SPELLED}"
        )
    for side in sides if portable else ():
        check_portable(side.config.with_(threads=1))  # as every run of a comparison


def _note_others(portable: bool, environments: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Say where runs of another arithmetic were there already: they are not made again."""
    if portable and any(each.get("arithmetic", {}).get("name") != PORTABLE for each in environments):
        warnings.warn(
            f"Some runs in {folder} were made before, and not portable; for all of them give another --out.",
            stacklevel=2,
        )


def tuning_events(
    question: Question,
    folder: Path,
    *,
    engine: Engine | None = None,
    data_dir: Path | None = None,
    portable: bool = False,
) -> Generator[Made | Tuned]:
    """Run the trials that are not there yet: yield each finished run, and what they came to; write the page."""
    _check_portable(portable, question.sides, engine)
    tuned = yield from tuning(question, folder, engine=engine, data_dir=data_dir)
    yield tuned
    write_tuning(tuned, folder / TUNING_PAGE)


@takes(*SETTINGS)
def tune(
    optimizer: str,
    config: Config | Path | str | None = None,
    *,
    trials: int = DEFAULT_TRIALS,
    studies: int = 1,
    out: Path | str | None = None,
    engine: Engine | str = "local",
    workers: int | None = None,
    scheduler: str | None = None,
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    portable: bool = False,
    progress: bool | None = None,
    **settings: Any,
) -> Tuned:
    """Find an optimizer's learning rate, and what its rule declares, on validation images.

    The test split is not touched. It leaves what ``steepest tune`` leaves, and the same call goes on where it was
    stopped.

    Args:
        optimizer: a rule, ``torch.optim.CLASS`` or ``file.py:Class``; ``:key=value,...`` sets it.
        config: everything else: a config, or a TOML file of settings.
        trials: settings that each study tries.
        studies: independent tunings, to see how much the choice depends on luck.
        out: the folder of the runs and the page; None takes one under ``comparisons/``.
        engine, workers, scheduler, data_dir, allow_code, portable, progress: as of ``compare``.
        settings: values of ``Config``, which win over ``config``.

    Raises:
        UserError: something asked for cannot be done; nothing is trained then.
    """
    base = config_from(config, settings, allow_code)
    question = question_to_tune(optimizer, base, studies=studies, trials=trials)
    made = tuning_events(
        question,
        path_or_none(out) or default_folder(question),
        engine=engine_from(engine, workers, scheduler),
        data_dir=path_or_none(data_dir),
        portable=portable,
    )
    tuned: Tuned = last_of(shown(made, place, progress))
    return tuned
