"""What reproducing an experiment leaves: its figures, its page's sections, and where and when they were made."""

from dataclasses import asdict, dataclass, field
from math import isfinite, sqrt
from statistics import fmean, stdev
from typing import Any

from ..content.content import Content, Figure, record_of
from ..lazy import brief, html_of
from .experiment import Experiment

# Does our number agree with the published one?
#
# A published figure is one run of a procedure of which we made n. If all n + 1 come from the same procedure, it
# lies near our mean: within 3 x sd x sqrt(1 + 1/n), where sqrt(1 + 1/n) x sd is the deviation of one new run from
# the mean of n. It need not lie nearer than it was printed: half a unit of its last digit. Where one run alone was
# made, or no seed changes the number, that half unit and the stated tolerance are all there is.
#
# A value that was recomputed independently, since none was printed, is held against ours in the same way, but its
# verdict has words of its own: it is no published figure.
AGREES = "agrees"
DIFFERS = "differs"
AGREES_RECOMPUTED = "agrees with the recomputed"
DIFFERS_RECOMPUTED = "differs from the recomputed"
UNPUBLISHED = "not published"
QUICK = "quick: not comparable"
ALONE = "One run shows no spread to measure the difference by: give --seeds 3 or more."
# Standard deviations. With 3 seeds the spread itself is uncertain: of figures from the same procedure 9.5 % lie
# outside (Student's t, 2 degrees of freedom), with 10 seeds 1.5 %, with a spread known exactly 0.3 %.
SPREADS = 3.0
SLACK = 1e-9  # of the bound: what rounding to doubles may add


@dataclass(frozen=True)
class Agreement:
    """A figure's verdict.

    Args:
        verdict: ``agrees``, ``differs``, either of them with or from ``the recomputed``, ``not published`` or
            ``quick: not comparable``.
        mean: of ours.
        deviation: the standard deviation over seeds; None for a single one.
        seeds: how many of ours there are.
        allowed: how far the published value may lie from the mean; None where nothing is compared.
        why: in words: by how much, and the reason that the experiment's file gives.
    """

    verdict: str
    mean: float
    deviation: float | None
    seeds: int
    allowed: float | None
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON, which cannot spell the mean of a diverged run's loss."""
        mean = self.mean if isfinite(self.mean) else None
        spread, n, allowed = self.deviation, self.seeds, self.allowed
        return {"verdict": self.verdict, "mean": mean, "deviation": spread, "n": n, "allowed": allowed}


def agreement(figure: Figure) -> Agreement:
    """Return whether a figure's published value lies within the range of ours.

    >>> agreement(Figure("accuracy", 0.983, (0.981, 0.982, 0.984), unit="%", digits=3)).verdict
    'agrees'
    >>> agreement(Figure("step 10", 0.150094673, (0.150094674,), digits=9, exact=True)).verdict
    'differs'
    """
    ours = figure.ours
    mean = fmean(ours) if all(map(isfinite, ours)) else sum(ours)
    spread = stdev(ours) if len(ours) > 1 and isfinite(mean) else None
    if figure.published is None:
        return Agreement(UNPUBLISHED, mean, spread, len(ours), None, figure.why)
    if not figure.comparable:
        return Agreement(QUICK, mean, spread, len(ours), None, figure.why)
    allowed = allowance(figure, spread)
    same = abs(mean - figure.published) <= allowed * (1 + SLACK)
    if figure.exact:
        printed = f"{{:.{figure.digits}f}}".format
        same = all(printed(value) == printed(figure.published) for value in ours)
    agrees, differs = (AGREES_RECOMPUTED, DIFFERS_RECOMPUTED) if figure.recomputed else (AGREES, DIFFERS)
    alone = not same and len(ours) == 1 and figure.seconds is not None
    why = f"{ALONE} {figure.why}".strip() if alone else figure.why
    return Agreement(agrees if same else differs, mean, spread, len(ours), allowed, why)


def allowance(figure: Figure, spread: float | None) -> float:
    """Return how far the published value may lie from our mean.

    Args:
        figure: with its tolerance and printed digits.
        spread: the standard deviation over the seeds; None where there is none.
    """
    chance = 0.0 if spread is None else SPREADS * spread * sqrt(1 + 1 / len(figure.ours))
    return max(figure.tolerance, chance, half_unit(figure))


def half_unit(figure: Figure) -> float:
    """Return half a unit of the last published digit: 0.00005 for 0.9826."""
    return float(10.0**-figure.digits / 2)


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

    def __repr__(self) -> str:
        return brief(self)

    def _repr_html_(self) -> str:
        return html_of(self)

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
                {**record_of(figure), **verdict.to_dict()}
                for figure, verdict in zip(self.figures, self.agreements, strict=True)
            ],
            "sections": [
                {"title": each.title, "contents": list(map(record_of, each.contents))} for each in self.sections
            ],
            "failures": [asdict(each) for each in self.failures],
            "faults": [asdict(each) for each in experiment.faults],
            "questions": [asdict(each) for each in experiment.questions],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "command": self.command,
            "made": self.made,
        }
