"""``steepest reproduce``: published experiments, trained again, beside what was published."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import UserError
from ..verbs import reproduce as verbs
from ..verbs.progress import bar
from ..verbs.settings import ALL
from .ending import load_torch
from .options import AsJson, command, print_json
from .progress import watched
from .settings import WHO, Workers

if TYPE_CHECKING:
    from ..experiments.reproduction import Reproduction

LIST = "list"
Name = Annotated[str, Parameter(help="An experiment's name, a TOML file of your own, `list` or `all`.")]
FORM = "{desc} {bar} {n_fmt}/{total_fmt}  {elapsed}  {postfix}"


@command(verbs.reproduce, first="name", work=dict, name=Name, **WHO)
def reproduce(given: dict[str, Any], *, name: str = LIST, quick: bool, out: Path, json: AsJson = False) -> None:
    """Print the experiments there are, or each as it is reproduced."""
    from ..experiments import names, open_experiment

    if name == LIST:
        _list(json)
        return
    chosen = [open_experiment(each) for each in (names() if name == ALL else [name])]
    load_torch()  # not before all files are read

    done: list[Reproduction] = []
    display = Display()
    del given["name"]
    engine = Workers(*(given.pop(each) for each in WHO)).ready()
    made = verbs.events(chosen, **given, engine=engine, note=display.note)

    def tell(reproduction: "Reproduction") -> None:
        done.append(reproduction)
        if not json:
            _print(reproduction, out, quick=quick)

    watched(made, tell, display)
    _conclude(done, json, several=name == ALL)


def _print(reproduction: "Reproduction", out: Path, *, quick: bool) -> None:
    from ..pages.experiment import PAGE, reproduction_text

    page = verbs.folder_of(reproduction.experiment, out, quick=quick) / PAGE
    print(f"{reproduction_text(reproduction)}\npage: {page}\n", flush=True)


def _list(json: bool) -> None:
    from ..experiments import names, open_experiment

    found = [open_experiment(name) for name in names()]
    if json:
        listed = [{"name": each.name, "title": each.title, "source": each.source} for each in found]
        print_json("reproduce list", {"experiments": listed})
        return
    from ..pages.experiment import experiments_table

    print(experiments_table(found))


def _conclude(done: "list[Reproduction]", json: bool, *, several: bool) -> None:
    """Print what all of them left, and end with an error where a part could not be made."""
    if json:
        records = [{k: v for k, v in each.to_dict().items() if k != "format"} for each in done]
        print_json("reproduce", {"experiments": records} if several else records[0])
    elif several:
        from ..pages.experiment import all_text

        print(all_text(done))
    failed = [f"`{failure.part}` of {each.experiment.name}" for each in done for failure in each.failures]
    if failed:
        raise UserError(f"Could not be made: {', '.join(failed)}. The page says why, and holds all the rest.")


class Display:
    """What is being done, on standard error: a bar on a terminal, a line each elsewhere."""

    def __init__(self) -> None:
        self._name, self._live = "", sys.stderr.isatty()

    def shows(self, event: Any) -> bool:
        """Show what was just done, or that an experiment begins; say whether the event is such."""
        from ..experiments.experiment import Experiment
        from ..experiments.reproducing import Progress

        if isinstance(event, Experiment):
            self._name = event.name
            self._bar = bar(1, "runs and parts", self._live, FORM)
            self._bar.set_description_str(event.name)
        elif isinstance(event, Progress):
            self._bar.total, self._bar.n = event.total, event.done
            line = f"{self._name} {event.done}/{event.total}  {event.said}"
            self._bar.write(line, file=sys.stderr)
            sys.stderr.flush()
            self._bar.refresh()
        return isinstance(event, Experiment | Progress)

    def note(self, line: str) -> None:
        """Show what a part is doing."""
        if self._live and not self._name:  # which code was allowed is to stay
            self._bar.write(line, file=sys.stderr)
        elif self._live:
            self._bar.set_postfix_str(line)
        else:
            named = f"{self._name}: " if self._name else ""  # before the first begins there is none
            print(f"{named}{line}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._name:
            self._bar.close()
