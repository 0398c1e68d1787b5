"""What reproducing an experiment leaves: its figures, its page's sections, and where and when they were made."""

from dataclasses import asdict, dataclass, field
from typing import Any

from .agreement import AGREES, DIFFERS, Agreement, agreement
from .content import Content, Figure
from .experiment import Experiment
from .records import record_of

FORMAT = 1  # of the JSON; raised when an older reader could not read it


@dataclass(frozen=True)
class Failure:
    """A part that could not be made.

    Args:
        part: its name, as ``use`` in the experiment's file calls it.
        title: of its section.
        why: a sentence.
    """

    part: str
    title: str
    why: str

    @property
    def said(self) -> str:
        """What stands in its section."""
        return f"This part could not be made: `{self.part}`: {self.why}"


@dataclass(frozen=True)
class Section:
    """A titled piece of the page."""

    title: str
    contents: tuple[Content, ...]
    failure: Failure | None = None


@dataclass(frozen=True)
class Reproduction:
    """An experiment, done.

    Args:
        experiment: what was asked for.
        quick: whether it is the short version.
        seeds: how many, where a case has no number of its own.
        figures: the main table's rows.
        sections: what the page shows below it.
        notes: sentences that must stand wherever a number of this does.
        seconds: of training and of slow parts, all together.
        command: that makes it again.
        made: versions, processor and date.
    """

    experiment: Experiment
    quick: bool
    seeds: int
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    seconds: float
    command: str
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def agreements(self) -> tuple[Agreement, ...]:
        """Each figure's verdict."""
        return tuple(map(agreement, self.figures))

    @property
    def counts(self) -> tuple[int, int]:
        """How many figures agree, and how many differ."""
        verdicts = [each.verdict for each in self.agreements]
        return verdicts.count(AGREES), verdicts.count(DIFFERS)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The parts that could not be made."""
        return tuple(each.failure for each in self.sections if each.failure is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return every number, for ``--json`` and for the documentation; pictures are named only."""
        experiment = self.experiment
        return {
            "format": FORMAT,
            "experiment": experiment.name,
            "title": experiment.title,
            "source": experiment.source,
            "quick": self.quick,
            "seeds": self.seeds,
            "figures": [
                {**record_of(figure), **record_of_agreement(verdict)}
                for figure, verdict in zip(self.figures, self.agreements, strict=True)
            ],
            "sections": [
                {"title": each.title, "contents": list(map(record_of, each.contents))}
                for each in self.sections
            ],
            "failures": [asdict(each) for each in self.failures],
            "faults": [asdict(each) for each in experiment.faults],
            "questions": [asdict(each) for each in experiment.questions],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "command": self.command,
            "made": self.made,
        }


def record_of_agreement(found: Agreement) -> dict[str, Any]:
    """Return a verdict as JSON."""
    return {
        "verdict": found.verdict,
        "mean": finite(found.mean),
        "deviation": found.deviation,
        "n": found.seeds,
        "allowed": found.allowed,
    }


def finite(value: float) -> float | None:
    """Return a number, or None for what JSON cannot spell: a diverged run's loss."""
    return value if abs(value) < float("inf") else None
