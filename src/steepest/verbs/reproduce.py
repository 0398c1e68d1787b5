"""``reproduce``: published experiments, trained again, beside what was published."""

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..experiments import names, open_experiment
from ..experiments.reading import with_foreign_code
from ..usercode import require
from .progress import engine_from, shown
from .settings import ALL, REPRODUCTIONS, path_or_none, takes

if TYPE_CHECKING:
    from ..experiments.experiment import Experiment
    from ..experiments.reproducing import Progress
    from ..experiments.reproduction import Reproduction
    from ..sweeping import Engine

QUICK_FOLDER = "quick"


def events(
    experiments: "Iterable[Experiment]",
    *,
    seeds: int | None = None,
    quick: bool = False,
    out: Path = REPRODUCTIONS,
    data_dir: Path | None = None,
    unverified: bool = False,
    engine: "Engine | None" = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> "Generator[Experiment | Progress | Reproduction]":
    """Yield each experiment as it begins, its progress, and its reproduction once its page is written.

    The data is provided for all of them before the first begins. ``note`` takes a line from a part that works for
    long; what else is given is described at ``reproduce``.
    """
    from ..experiments.reproducing import provide
    from ..experiments.reproducing import reproduce as reproduce_one
    from ..experiments.reproduction import Reproduction
    from ..pages.experiment import write_reproduction

    if seeds is not None and seeds < 1:
        raise UserError(f"--seeds must be at least 1, not {seeds}.")
    marked = [with_foreign_code(each) for each in experiments]
    for experiment, files in marked:
        require(files, experiment.path, allow_code=allow_code, note=note)
    experiments = [experiment for experiment, _ in marked]
    taken = provide(experiments, quick=quick, data_dir=data_dir, unverified=unverified)
    for experiment in experiments:
        yield experiment
        folder = folder_of(experiment, out, quick=quick)
        for event in reproduce_one(
            experiment,
            seeds=seeds,
            quick=quick,
            folder=folder,
            engine=engine,
            data_dir=data_dir,
            unverified=taken,
            note=note,
        ):
            if isinstance(event, Reproduction):
                write_reproduction(event, folder)
            yield event


def folder_of(experiment: "Experiment", out: Path, *, quick: bool) -> Path:
    """Return where an experiment's runs and page are; the short version has a folder of its own."""
    return out / experiment.name / (QUICK_FOLDER if quick else "")


@takes()
def reproduce(
    name: Path | str,
    *,
    seeds: int | None = None,
    quick: bool = False,
    out: Path | str = REPRODUCTIONS,
    data_dir: Path | str | None = None,
    unverified: bool = False,
    engine: "Engine | str" = "local",
    workers: int | None = None,
    scheduler: str | None = None,
    allow_code: bool = False,
    progress: bool | None = None,
) -> "Reproduction | tuple[Reproduction, ...]":
    """Reproduce a published experiment: published | ours | agrees or not and why | seconds, and a page.

    What was done before is not done again: an interrupted call goes on when it is repeated. The page, with every
    table and picture, is reproductions/NAME/report.html; with --quick it is reproductions/NAME/quick/report.html.

    Example:  steepest reproduce backprop   then:  steepest reproduce linear-optimizers --quick

    Args:
        name: An experiment's name, a TOML file of your own, or `all`.
        seeds: Runs of each case; by default what the experiment says, 3.
        quick: On little data and in under a minute.
        out: Where runs and pages go, a folder for each experiment.
        unverified: Accept data that does not have the published hash.
        allow_code: Run the code that a file of your own names, though it was never run or confirmed here.
        engine, workers, scheduler, data_dir, progress: as of ``compare``.

    Returns:
        the reproduction, of `all` one of each; a part that could not be made is among its ``failures``.

    Raises:
        UnknownName: no experiment is called so.
        UserError: something asked for cannot be done; found before anything is trained, where possible.
    """
    from ..experiments.experiment import Experiment
    from ..experiments.reproducing import Progress
    from ..experiments.reproduction import Reproduction

    made = events(
        [open_experiment(each) for each in (names() if name == ALL else [name])],
        seeds=seeds,
        quick=quick,
        out=Path(out),
        data_dir=path_or_none(data_dir),
        unverified=unverified,
        engine=engine_from(engine, workers, scheduler),
        allow_code=allow_code,
    )
    begun = ""

    def place(event: object) -> tuple[str, int, int] | None:
        nonlocal begun
        begun = event.name if isinstance(event, Experiment) else begun
        return (begun, event.done, event.total) if isinstance(event, Progress) else None

    found = shown(made, place, progress, "runs and parts")
    done = tuple(each for each in found if isinstance(each, Reproduction))
    return done if name == ALL else done[0]
