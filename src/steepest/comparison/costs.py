"""What each side came to and what it cost, in rows."""

from dataclasses import dataclass

import numpy as np

from .comparison import Comparison, Floats, values_of


@dataclass(frozen=True)
class SideRow:
    """One side's line of the table.

    Args:
        mean: over the units, of what is compared.
        low, high: 95 % interval of the mean, by Student's t over the units. It is one side's own: pairs are judged
            by their differences, which vary less.
        seconds, forwards, backwards: of one reporting run, on average.
        arrived: how many runs reached the target; None where none was asked.
        steps: median steps to the target; None where fewer than half arrived.
    """

    side: str
    mean: float
    low: float
    high: float
    runs: int
    diverged: int
    seconds: float
    forwards: float
    backwards: float
    arrived: int | None = None
    steps: float | None = None


@dataclass(frozen=True)
class TuningCost:
    """What tuning a side took, over all studies.

    Args:
        forwards, backwards, seconds: of all of them together.
    """

    side: str
    trials: int
    widened: int
    diverged: int
    forwards: int
    backwards: int
    seconds: float


def side_rows(comparison: Comparison) -> list[SideRow]:
    """Return a row for each side, in the order asked."""
    return [_row(comparison, side) for side in comparison.sides]


def _row(comparison: Comparison, side: str) -> SideRow:
    runs = [run for unit in range(comparison.units) for run in comparison.reported(side, unit)]
    low, high = mean_interval(values_of(comparison, side))
    asked = comparison.question.criterion.target is not None
    steps = sorted(float("inf") if r.arrival is None else r.arrival.steps for r in runs)
    median = steps[(len(steps) - 1) // 2]
    return SideRow(
        side=side,
        mean=float(values_of(comparison, side).mean()),
        low=low,
        high=high,
        runs=len(runs),
        diverged=sum(run.diverged for run in runs),
        seconds=float(np.mean([run.seconds for run in runs])),
        forwards=float(np.mean([run.forwards for run in runs])),
        backwards=float(np.mean([run.backwards for run in runs])),
        arrived=sum(run.arrival is not None for run in runs) if asked else None,
        steps=None if not asked or median == float("inf") else float(median),
    )


def mean_interval(values: Floats, alpha: float = 0.05) -> tuple[float, float]:
    """Return the ends of Student's interval of a mean, [n] -> (low, high).

    >>> low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    from scipy.special import stdtrit  # scipy.stats takes a second to load

    n = len(values)
    reach = -float(stdtrit(n - 1, alpha / 2)) * float(values.std(ddof=1)) / n**0.5
    return float(values.mean()) - reach, float(values.mean()) + reach


def tuning_costs(comparison: Comparison) -> list[TuningCost]:
    """Return what tuning each side took; nothing at fixed settings."""
    found = []
    for side in comparison.sides if comparison.question.design.tuned else ():
        trials = [t for study in range(comparison.units) for t in comparison.trials_of(side, study)]
        found.append(
            TuningCost(
                side=side,
                trials=len(trials),
                widened=sum(each.trial.widening > 0 for each in trials),
                diverged=sum(each.diverged for each in trials),
                forwards=sum(each.forwards for each in trials),
                backwards=sum(each.backwards for each in trials),
                seconds=sum(each.seconds for each in trials),
            )
        )
    return found
