"""A config's values as flags: each is None unless the user gave it, so that a file can lie below the flags."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from cyclopts import Group, Parameter

from ..config import Config
from ..verbs.settings import config_from
from .options import print_note

if TYPE_CHECKING:
    from ..sweeping import Engine

POSITIONAL = {"model"}
# Below the main flags, in this order.
FINER = Group("Finer points of the design", sort_key=1)
OF_EACH_RUN = Group("Settings of each run", sort_key=2)
WORKERS = Group("Who trains", sort_key=3)


def _flag(each: "dataclasses.Field[Any]", hint: Any) -> tuple[str, Any, Any]:
    default = "" if each.default in (None, "") else f" [default: {_spelled(each.default)}]"
    help_text = each.metadata["help"] + default
    kind = Annotated[hint | None, Parameter(help=help_text, show_default=False)]
    return each.name, kind, dataclasses.field(default=None)


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_hints = get_type_hints(Config)
Settings: Any = dataclasses.make_dataclass(
    "Settings",
    [_flag(each, _hints[each.name]) for each in dataclasses.fields(Config) if each.name not in POSITIONAL],
    frozen=True,
    # Python 3.11 says `types` here, and cyclopts takes a class of that module for one value, not for flags
    namespace={"__module__": __name__},
)


def given(model: str | None, settings: Any) -> dict[str, Any]:
    """Return the values that flags gave, by the settings' names."""
    flags = {"model": model, **(dataclasses.asdict(settings) if settings else {})}
    return {key: value for key, value in flags.items() if value is not None}


def config_of(file: Path | None, flags: dict[str, Any], allow_code: bool) -> Config:
    """Return defaults, overlaid by the file's values, overlaid by the flags given; say what code is allowed."""
    return config_from(file, flags, allow_code, print_note)


@dataclass(frozen=True)
class Asked:
    """What is asked of a comparison, as flags."""

    vary: Annotated[str, Parameter(help="The setting whose values the sides are, such as model or schedule.")] = (
        "optimizer"
    )
    candidate: Annotated[
        str | None, Parameter(help="The side that the claim is about; only its pairs are judged.")
    ] = None
    fixed: Annotated[bool, Parameter(help="Compare at the settings given; the unit is the seed.", negative="")] = (
        False
    )
    studies: Annotated[
        int | None, Parameter(help="Independent tunings of every side, at least 6. [default: 10]")
    ] = None
    seeds: Annotated[
        int | None,
        Parameter(
            help="Reporting seeds in all: two for each study or, with --fixed, each one a unit. [default: 20]"
        ),
    ] = None
    trials: Annotated[int | None, Parameter(help="Settings that each study of each side tries. [default: 16]")] = (
        None
    )
    budget: Annotated[
        Literal["trials", "passes"],
        Parameter(
            help="What each side's tuning gets as much of: trials, or passes through the network.", group=FINER
        ),
    ] = "trials"
    until_decided: Annotated[
        bool, Parameter(help="Add studies or seeds until every pair is decided.", negative="")
    ] = False
    max_seeds: Annotated[
        int | None,
        Parameter(
            help="Give up after so many seeds, with --until-decided; at least 14, with --fixed 7. [default: 100]",
            group=FINER,
        ),
    ] = None
    metric: Annotated[
        Literal["accuracy", "loss", "steps", "passes", "seconds"],
        Parameter(help="On the test split; the last three are the time to --target."),
    ] = "accuracy"
    target: Annotated[
        float | None, Parameter(help="A validation accuracy to be reached, such as 0.95.", group=FINER)
    ] = None
    margin: Annotated[
        float | None,
        Parameter(
            help="The largest difference that does not matter: an accuracy (0.005 is half a point), nats of loss, "
            "or a share of the time. [default: 0.005, 0.02, 0.05]"
        ),
    ] = None
    test_images: Annotated[
        bool, Parameter(help="Let the verdict hold for new test images too.", negative="", group=FINER)
    ] = False


@dataclass(frozen=True)
class Workers:
    """Who trains."""

    engine: Annotated[Literal["local", "dask"], Parameter(help="Processes here, or a Dask cluster.")] = "local"
    workers: Annotated[int | None, Parameter(help="Processes of the local engine; by default one a core.")] = None
    scheduler: Annotated[str | None, Parameter(help="Address of a Dask scheduler, with --engine dask.")] = None

    def ready(self) -> "Engine":
        """Return the engine."""
        from ..sweeping import engine_of

        return engine_of(self.engine, self.workers, self.scheduler)


WHO: dict[str, Any] = {
    name: Annotated[kind, Parameter(group=WORKERS)] for name, kind in Workers.__annotations__.items()
}
