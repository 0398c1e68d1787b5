"""A comparison that was made: every trial, every reporting run, and the verdicts that follow from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..judge.censored import Arrivals, judge_all_times
from ..judge.images import judge_all_images
from ..judge.measure import POINTS, Measure
from ..judge.sequential import judge_all_anytime
from ..judge.verdict import Verdict, correlation, judge_all
from ..lazy import html_of
from .question import Question
from .results import Arrival, Result, loss_or_worst, unpacked
from .tuning import TrialResult, budgets, chosen_at

Pair = tuple[str, str]
Floats = NDArray[np.float64]
MIRROR = {"better": "worse", "worse": "better"}  # a verdict as the other side sees it


def place_of(side: str, unit: int) -> str:
    """Return the name under which the data of a side's runs in one unit is recorded.

    >>> place_of("adam", 3)
    '3 adam'
    """
    return f"{unit} {side}"


@dataclass(frozen=True)
class Circumstances:
    """What a comparison was made with.

    Args:
        hashes: SHA-256 of the data's splits, by ``place_of`` side and unit.
        environments: versions, processor and plan; a result names its own by its number.
    """

    classes: int
    train_images: int
    test_images: int
    hashes: Mapping[str, Mapping[str, str]]
    environments: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """What was asked, what was measured, and what follows.

    Args:
        trials: every trial of every side and study; none at fixed settings.
        results: every reporting run, those of smaller tuning budgets among them.
        notes: sentences that must stand beside the verdicts.
        folder: where the runs and the page are; None where nothing was written.
    """

    question: Question
    trials: tuple[TrialResult, ...]
    results: tuple[Result, ...]
    circumstances: Circumstances
    notes: tuple[str, ...] = ()
    folder: Path | None = field(default=None, compare=False)

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides' names, in the order asked."""
        return tuple(side.name for side in self.question.sides)

    @property
    def units(self) -> int:
        """How many studies, or seeds, were made."""
        return 1 + max((each.unit for each in self.results), default=-1)

    @cached_property
    def _trials(self) -> dict[tuple[str, int], list[TrialResult]]:
        found: dict[tuple[str, int], list[TrialResult]] = {}
        for each in self.trials:
            found.setdefault((each.trial.side, each.trial.study), []).append(each)
        return found

    @cached_property
    def _results(self) -> dict[tuple[str, int, int, tuple[tuple[str, float], ...]], Result]:
        return {(r.side, r.unit, r.seed, told(r.settings)): r for r in self.results}

    def trials_of(self, side: str, study: int) -> list[TrialResult]:
        """Return a side's trials in one study, in order."""
        return self._trials.get((side, study), [])

    @cached_property
    def _asked(self) -> dict[str, int]:
        """How many trials each side had before any widening."""
        return self.question.trials()

    def chosen(self, side: str, study: int, budget: int | None = None) -> TrialResult:
        """Return the trial that a side's study chose, with its whole budget or a smaller one.

        Args:
            budget: trials of the side that has most of them; None takes all.
        """
        asked, most = self._asked[side], self.question.design.trials
        allowed = asked if budget is None else max(1, budget * asked // most)
        return chosen_at(self.trials_of(side, study), allowed, asked)

    def reported(self, side: str, unit: int, budget: int | None = None) -> list[Result]:
        """Return a side's reporting runs of one unit, in the order of their seeds."""
        design = self.question.design
        settings = self.chosen(side, unit, budget).trial.settings if design.tuned else {}
        return [self._results[side, unit, seed, told(settings)] for seed in design.report_seeds(unit)]

    @property
    def budgets(self) -> list[int]:
        """The tuning budgets at which reporting runs were made, the whole one last; none at fixed settings."""
        design = self.question.design
        if not design.tuned:
            return []
        made = []
        for budget in budgets(design.trials):
            try:
                for side in self.sides:
                    for unit in range(self.units):
                        self.reported(side, unit, budget)
            except KeyError:
                continue
            made.append(budget)
        return made

    @cached_property
    def verdicts(self) -> dict[Pair, Verdict]:
        """The verdict on each pair."""
        return verdicts_of(self)

    def seen_from(self, side: str, other: str) -> tuple[str, float] | None:
        """Return the kind and the mean of a pair's verdict as one side sees it; None where it was not judged."""
        if (side, other) in self.verdicts:
            verdict = self.verdicts[side, other]
            return verdict.kind, verdict.mean
        if (other, side) in self.verdicts:
            verdict = self.verdicts[other, side]
            return MIRROR.get(verdict.kind, verdict.kind), -verdict.mean
        return None

    @property
    def decided(self) -> bool:
        """Whether every pair is decided."""
        return all(verdict.decided for verdict in self.verdicts.values())

    @cached_property
    def correlations(self) -> dict[Pair, float | None]:
        """The correlation of each pair's two sides over the units; None where a side is constant."""
        values = {side: values_of(self, side) for side in self.sides}
        return {(a, b): correlation(values[a], values[b]) for a, b in self.question.pairs}

    def __repr__(self) -> str:
        sides = ", ".join(self.sides)
        return f"<comparison of {sides}: {'; '.join(v.kind for v in self.verdicts.values())}>"

    def _repr_html_(self) -> str:
        return html_of(self)


def told(settings: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return settings such that they can be looked up.

    >>> told({"rho": 0.05, "lr": 0.1})
    (('lr', 0.1), ('rho', 0.05))
    """
    return tuple(sorted(settings.items()))


def measure_of(comparison: Comparison) -> Measure:
    """Return the words and the unit in which the comparison's differences are told."""
    metric, tuned = comparison.question.criterion.metric, comparison.question.design.tuned
    one, many = ("study", "studies") if tuned else ("seed", "seeds")
    if metric == "accuracy":
        return replace(POINTS, one=one, many=many)
    if metric == "loss":  # the reference's minus the candidate's, so that more is better
        return Measure(1.0, "nats of loss saved", 4, one, many)
    return Measure(1.0, metric, 2 if metric == "seconds" else 0, one, many)


def verdicts_of(comparison: Comparison, budget: int | None = None) -> dict[Pair, Verdict]:
    """Return the verdict on each pair.

    Args:
        comparison: complete, or at least with the same units on every side.
        budget: of tuning, in trials; None takes the whole.
    """
    criterion, design = comparison.question.criterion, comparison.question.design
    pairs, measure = comparison.question.pairs, measure_of(comparison)
    if criterion.is_time:
        most = horizon(comparison)
        sides = {name: _arrivals(comparison, name, most, budget) for name in comparison.sides}
        return judge_all_times(
            {(a, b): (sides[a], sides[b]) for a, b in pairs}, margin=criterion.margin * most, measure=measure
        )
    if criterion.images:
        tables = {name: _tables(comparison, name, budget) for name in comparison.sides}
        return judge_all_images(
            {(a, b): (tables[a], tables[b]) for a, b in pairs}, margin=criterion.margin, measure=measure
        )
    values = {name: values_of(comparison, name, budget) for name in comparison.sides}
    sign = -1.0 if criterion.metric == "loss" else 1.0
    differences = {(a, b): sign * (values[a] - values[b]) for a, b in pairs}
    if design.until_decided:
        return judge_all_anytime(differences, margin=criterion.margin, maximum=design.units, measure=measure)
    return judge_all(differences, margin=criterion.margin, measure=measure)


def values_of(comparison: Comparison, side: str, budget: int | None = None) -> Floats:
    """Return a side's number of each unit, [units]: accuracy, loss or restricted time, the mean over its seeds."""
    number = _numbers(comparison)
    reported = (comparison.reported(side, unit, budget) for unit in range(comparison.units))
    return np.array([np.mean([number[id(each)] for each in runs]) for runs in reported])


def number_of(comparison: Comparison) -> Callable[[Result], float]:
    """Return what tells a run's number that is compared."""
    numbers = _numbers(comparison)
    return lambda result: numbers[id(result)]


def _numbers(comparison: Comparison) -> dict[int, float]:
    """Return each run's number that is compared, by the identity of its result."""
    results, metric = comparison.results, comparison.question.criterion.metric
    if metric == "accuracy":
        values = [each.accuracy for each in results]
    elif metric == "loss":
        values = loss_or_worst(results, comparison.circumstances.classes)
    else:
        most = horizon(comparison)
        values = [min(most, time_of(each.arrival, metric)) for each in results]
    return {id(each): value for each, value in zip(results, values, strict=True)}


def horizon(comparison: Comparison) -> float:
    """Return the common horizon: the time up to which it is known of every run whether it had arrived.

    Runs are looked at when an epoch ends, so one that has not arrived when its training is over could have done so
    at the end of a further epoch and not sooner: that end is its own horizon, an epoch beyond what was trained.
    The common one is the earliest of all runs', since times are comparable only where both sides were watched for
    as long. By a clock of passes or seconds it is the cheapest side's, and a dearer side may arrive after it: such
    a run has not arrived by then, and is told apart from those that never did. Diverged runs have no horizon.
    """
    metric = comparison.question.criterion.metric
    runs = [each for each in comparison.results if not each.diverged]
    ends = (float(getattr(each, metric)) * (1 + 1 / each.epochs) for each in runs)
    return min(ends, default=1.0)


def time_of(arrival: Arrival | None, metric: str) -> float:
    """Return when a run arrived, by one clock; infinity where it did not."""
    return float("inf") if arrival is None else float(getattr(arrival, metric))


def _arrivals(comparison: Comparison, side: str, most: float, budget: int | None) -> Arrivals:
    metric = comparison.question.criterion.metric
    runs = [comparison.reported(side, unit, budget) for unit in range(comparison.units)]
    times = np.array([[time_of(each.arrival, metric) for each in unit] for unit in runs])
    arrived = times <= most
    later = int((np.isfinite(times) & ~arrived).sum())
    return Arrivals(np.where(arrived, times, most), arrived, most, later)


def _tables(comparison: Comparison, side: str, budget: int | None) -> Floats:
    """Return the share of a unit's seeds that got each test image right, [units, images]."""
    images = comparison.circumstances.test_images

    def row(runs: list[Result]) -> Floats:
        share: Floats = np.mean([unpacked(each.correct, images) for each in runs], axis=0)
        return share

    units = range(comparison.units)
    return np.array([row(comparison.reported(side, unit, budget)) for unit in units])
