"""``steepest reproduce``: published experiments, trained again, beside what was published."""

import json as json_format
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import UserError
from .ending import says_how_to_go_on
from .loading import load_torch
from .workers import Workers

if TYPE_CHECKING:
    from ..experiments.experiment import Experiment
    from ..experiments.reproducing import Progress
    from ..experiments.reproduction import Reproduction
    from ..sweeping import Engine

FOLDER = Path("reproductions")
QUICK_FOLDER = "quick"
LIST, ALL = "list", "all"


def reproduce(
    name: Annotated[
        str, Parameter(help="An experiment's name, a TOML file of your own, `list` or `all`.")
    ] = LIST,
    /,
    *,
    seeds: Annotated[
        int | None, Parameter(help="Runs of each case; by default what the experiment says, 3.")
    ] = None,
    quick: Annotated[
        bool, Parameter(help="On little data and in under a minute.", negative="")
    ] = False,
    out: Annotated[
        Path, Parameter(help="Where runs and pages go, a folder for each experiment.")
    ] = FOLDER,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are.")] = None,
    unverified: Annotated[
        bool, Parameter(help="Accept data that does not have the published hash.", negative="")
    ] = False,
    who: Annotated[Workers | None, Parameter(name="*")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Reproduce a published experiment: published | ours | agrees or not and why | seconds, and a page.

    What was done before is not done again: an interrupted call goes on when it is repeated. The page, with every
    table and picture, is reproductions/NAME/report.html; with --quick it is reproductions/NAME/quick/report.html.

    Example:  steepest reproduce backprop   then:  steepest reproduce linear-optimizers --quick
    """
    from ..experiments import names, open_experiment

    if name == LIST:
        _list(json)
        return
    if seeds is not None and seeds < 1:
        raise UserError(f"--seeds must be at least 1, not {seeds}.")
    chosen = [open_experiment(each) for each in (names() if name == ALL else [name])]
    load_torch()  # not before all files are read
    from ..experiments.providing import provide

    engine = (who or Workers()).ready()
    taken = provide(chosen, quick=quick, data_dir=data_dir, unverified=unverified)
    asked = {"seeds": seeds, "quick": quick, "data_dir": data_dir, "unverified": taken}
    done = [_one(each, out, engine, asked, quiet=json) for each in chosen]
    _conclude(done, json, several=name == ALL)


def _list(json: bool) -> None:
    from ..experiments import names, open_experiment

    found = [open_experiment(name) for name in names()]
    if json:
        listed = [{"name": each.name, "title": each.title, "source": each.source} for each in found]
        print(json_format.dumps({"experiments": listed}))
        return
    from ..reporting.experiment_text import experiments_table

    print(experiments_table(found))


def _one(
    experiment: "Experiment", out: Path, engine: "Engine", asked: dict[str, Any], *, quiet: bool
) -> "Reproduction":
    """Reproduce one experiment, write its files, and print its table."""
    from ..experiments.reproducing import Progress, reproduce
    from ..reporting.experiment_files import write_reproduction
    from ..reporting.experiment_text import reproduction_text

    folder = out / experiment.name / (QUICK_FOLDER if asked["quick"] else "")
    display = Display(experiment.name)
    events = reproduce(experiment, folder=folder, engine=engine, note=display.note, **asked)
    with says_how_to_go_on(display.close), closing(events):
        for event in events:
            if isinstance(event, Progress):
                display.progress(event)
            else:
                written = write_reproduction(done := event, folder)
    if not quiet:
        print(reproduction_text(done))
        print(f"page: {written[0]}\n")
    return done


def _conclude(done: "list[Reproduction]", json: bool, *, several: bool) -> None:
    """Print what all of them left, and end with an error where a part could not be made."""
    if json:
        records = [each.to_dict() for each in done]
        print(json_format.dumps({"experiments": records} if several else records[0]))
    elif several:
        from ..reporting.experiment_text import all_text

        print(all_text(done))
    failed = [
        f"`{failure.part}` of {each.experiment.name}" for each in done for failure in each.failures
    ]
    if failed:
        raise UserError(
            f"Could not be made: {', '.join(failed)}. The page says why, and holds all the rest."
        )


class Display:
    """What is being done, on standard error: a bar on a terminal, a line each elsewhere."""

    def __init__(self, name: str) -> None:
        from tqdm import tqdm

        self._name = name
        self._live = sys.stderr.isatty()
        self._bar: Any = tqdm(
            total=1,
            disable=not self._live,
            leave=False,
            dynamic_ncols=True,
            bar_format="{desc} {bar} {n_fmt}/{total_fmt}  {elapsed}  {postfix}",
            desc=name,
        )

    def progress(self, event: "Progress") -> None:
        """Show what was just done."""
        line = f"{self._name} {event.done}/{event.total}  {event.said}"
        self._bar.total, self._bar.n = event.total, event.done
        if self._live:
            self._bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)
        self._bar.refresh()

    def note(self, line: str) -> None:
        """Show what a part is doing."""
        if self._live:
            self._bar.set_postfix_str(line)
        else:
            print(f"{self._name}: {line}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
