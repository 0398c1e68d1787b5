"""An experiment: a published result as data; ``reading`` reads and checks it from a TOML file.

name = "my-study"                       [[case]]      a training run at several seeds, with its published figures
title = "Does it?"                      [[part]]      code that makes tables and pictures: see ``parts``
source = "where it was published"       [[fault]]     what is wrong in the published version, and how it is mended
about = "a paragraph"                   [[question]]  what it asks its reader, answered
seeds = 3
[defaults]  settings of every case      [quick]       settings that --quick puts over them
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import UnknownName

SPLITS = ("test", "validation", "train")
MEASURES = ("accuracy", "loss")
SEEDS = 3  # the least number that has a spread worth the name
QUICK_SEEDS = 2  # one a core


@dataclass(frozen=True)
class Published:
    """A figure as it was published.

    Args:
        split: ``test``, ``validation`` or ``train``.
        measure: ``accuracy``, a fraction in [0, 1], or ``loss``, in nats.
        value: as printed.
        digits: decimals that were printed.
        tolerance: how far our mean may lie from it, whatever the spread over the seeds.
    """

    split: str
    measure: str
    value: float
    digits: int
    tolerance: float = 0.0


@dataclass(frozen=True)
class Case:
    """A training run that is made at several seeds.

    Args:
        name: as parts call it.
        title: as the page calls it.
        config: of the full run, at seed 0.
        quick: of the run with ``--quick``.
        which: the weights to evaluate: ``last``, or ``best`` by validation accuracy.
        published: its figures; empty where none was published.
        why: shown where ours differ from them, or are expected to.
        fault: what is wrong in the published version of this case.
        seeds: how many; None takes the experiment's.
    """

    name: str
    title: str
    config: Config
    quick: Config
    which: str = "last"
    published: tuple[Published, ...] = ()
    why: str = ""
    fault: str = ""
    seeds: int | None = None
    in_quick: bool = True

    @property
    def comparable(self) -> bool:
        """Whether --quick trains the same as the full run."""
        return self.config == self.quick


@dataclass(frozen=True)
class Fault:
    """What is wrong in the published version, and how it is mended here."""

    what: str
    mended: str


@dataclass(frozen=True)
class Question:
    """What the published version asks its reader, the answer, and a command that shows it."""

    asks: str
    answer: str
    command: str = ""


@dataclass(frozen=True)
class PartUse:
    """A part that the page has: which function makes it, under which title, with which arguments."""

    use: str
    title: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cases(self) -> list[str]:
        """The names of the cases that it is about; none where it does not say."""
        several = self.arguments.get("cases", [])
        one = [self.arguments["case"]] if "case" in self.arguments else []
        return [*one, *(several if isinstance(several, list) else [several])]


@dataclass(frozen=True)
class Experiment:
    """A published result that is reproduced.

    Args:
        name: as the command line calls it.
        title: as the page calls it.
        source: where it was published.
        about: paragraphs, divided by empty lines.
        seeds: of each case, unless it says otherwise.
        quick_seeds: the same with ``--quick``.
        cases: what is trained.
        parts: what is shown.
        faults: what is wrong in the published version.
        questions: what it asks its reader.
        path: the file that it was read from.
    """

    name: str
    title: str
    source: str
    about: str
    seeds: int
    quick_seeds: int
    cases: tuple[Case, ...]
    parts: tuple[PartUse, ...]
    faults: tuple[Fault, ...]
    questions: tuple[Question, ...]
    path: Path

    def case(self, name: str) -> Case:
        """Return a case by name.

        Raises:
            UnknownName: the experiment has no such case.
        """
        found = {each.name: each for each in self.cases}
        if name not in found:
            raise UnknownName("case", name, found, f"Cases stand in {self.path}.")
        return found[name]
