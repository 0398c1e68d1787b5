"""From a comparison's records to the numbers that are compared, and to verdicts."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .censored import Arrivals, judge_all_times
from .images import judge_all_images
from .measure import POINTS, SEEDS, STUDIES, Measure
from .results import Arrival, Result, loss_or_worst, unpacked
from .sequential import judge_all_anytime
from .verdict import Verdict, judge_all

if TYPE_CHECKING:
    from .comparison import Comparison, Pair

Floats = NDArray[np.float64]


def measure_of(comparison: "Comparison") -> Measure:
    """Return the words and the unit in which the comparison's differences are told."""
    metric, units = comparison.question.criterion.metric, STUDIES
    if not comparison.question.design.tuned:
        units = SEEDS
    if metric == "accuracy":
        return replace(POINTS, one=units.one, many=units.many)
    if metric == "loss":  # the reference's minus the candidate's, so that more is better
        return Measure(1.0, "nats of loss saved", 4, units.one, units.many)
    digits = 2 if metric == "seconds" else 0
    return Measure(1.0, metric, digits, units.one, units.many)


def verdicts_of(comparison: "Comparison", budget: int | None = None) -> dict["Pair", Verdict]:
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
            {(a, b): (sides[a], sides[b]) for a, b in pairs},
            margin=criterion.margin * most,
            measure=measure,
        )
    if criterion.images:
        tables = {name: _tables(comparison, name, budget) for name in comparison.sides}
        return judge_all_images(
            {(a, b): (tables[a], tables[b]) for a, b in pairs},
            margin=criterion.margin,
            measure=measure,
        )
    values = {name: values_of(comparison, name, budget) for name in comparison.sides}
    sign = -1.0 if criterion.metric == "loss" else 1.0
    differences = {(a, b): sign * (values[a] - values[b]) for a, b in pairs}
    if design.until_decided:
        return judge_all_anytime(
            differences, margin=criterion.margin, maximum=design.units, measure=measure
        )
    return judge_all(differences, margin=criterion.margin, measure=measure)


def differences_of(comparison: "Comparison", pair: "Pair") -> Floats:
    """Return a pair's differences by unit, [units], such that more is better."""
    a, b = (values_of(comparison, side) for side in pair)
    return a - b if comparison.question.criterion.metric == "accuracy" else b - a


def values_of(comparison: "Comparison", side: str, budget: int | None = None) -> Floats:
    """Return a side's number of each unit, [units]: accuracy, loss or restricted time, the mean over its seeds."""
    number = _numbers(comparison)
    reported = (comparison.reported(side, unit, budget) for unit in range(comparison.units))
    return np.array([np.mean([number[id(each)] for each in runs]) for runs in reported])


def number_of(comparison: "Comparison") -> Callable[[Result], float]:
    """Return what tells a run's number that is compared."""
    numbers = _numbers(comparison)
    return lambda result: numbers[id(result)]


def _numbers(comparison: "Comparison") -> dict[int, float]:
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


def horizon(comparison: "Comparison") -> float:
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


def _arrivals(comparison: "Comparison", side: str, most: float, budget: int | None) -> Arrivals:
    metric = comparison.question.criterion.metric
    runs = [comparison.reported(side, unit, budget) for unit in range(comparison.units)]
    times = np.array([[time_of(each.arrival, metric) for each in unit] for unit in runs])
    arrived = times <= most
    later = int((np.isfinite(times) & ~arrived).sum())
    return Arrivals(np.where(arrived, times, most), arrived, most, later)


def _tables(comparison: "Comparison", side: str, budget: int | None) -> Floats:
    """Return the share of a unit's seeds that got each test image right, [units, images]."""
    images = comparison.circumstances.test_images

    def row(runs: list[Result]) -> Floats:
        share: Floats = np.mean([unpacked(each.correct, images) for each in runs], axis=0)
        return share

    units = range(comparison.units)
    return np.array([row(comparison.reported(side, unit, budget)) for unit in units])
