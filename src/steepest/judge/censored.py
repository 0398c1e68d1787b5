"""Time to a target, where some runs never arrive.

A run that has not arrived by the horizon is censored: its time is only known to be above it. What is compared is
therefore the *restricted* time, ``min(time, horizon)``: where both sides of a pair are censored their difference
is 0 and counts for neither. Its mean needs no guess about what lies beyond the horizon, which all sides must have
in common. Censoring must be by that horizon alone: a unit that was watched for less long, for a reason that has to
do with its time, breaks what the test assumes.

Source: Kaplan and Meier 1958, J. Am. Stat. Assoc. 53, 457 (the median); Royston and Parmar 2013, BMC Med. Res.
    Methodol. 13, 152 (comparing restricted mean times).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UserError
from .measure import Measure
from .signflip import Floats
from .verdict import Pair, Verdict, judge_all

STEPS = Measure(factor=1.0, unit="steps", digits=0)


@dataclass(frozen=True)
class Arrivals:
    """One side's times to the target, up to a common horizon.

    Args:
        times: of each unit, [n], or of each seed in it, [n, k]; anything where the run had not arrived by then.
        arrived: whether it had, of the same shape.
        horizon: up to which it is known of every run of every side whether it had arrived.
        later: how many of the others are known to have arrived after it.

    Raises:
        UserError: times and arrivals do not fit, a time is not above 0, or one lies beyond the horizon.

    >>> side = Arrivals([300, 500, 0, 400], [True, True, False, True], horizon=1000, later=1)
    >>> side.told(STEPS)
    '3 of 4 arrived by then (1 later), median 400 steps'
    >>> side.restricted
    array([ 300.,  500., 1000.,  400.])
    """

    times: ArrayLike
    arrived: ArrayLike
    horizon: float
    later: int = 0

    def __post_init__(self) -> None:
        times, arrived = np.asarray(self.times), np.asarray(self.arrived, dtype=bool)
        if times.shape != arrived.shape or times.ndim not in (1, 2) or times.size == 0:
            raise UserError(
                f"Each time needs to be marked as arrived or not; shapes {list(times.shape)} and "
                f"{list(arrived.shape)} came."
            )
        odd = times[arrived & ~((times > 0) & (times <= self.horizon))]
        if odd.size:
            raise UserError(
                "A run that arrived needs a time above 0 and within the horizon of "
                f"{self.horizon:g}; {odd[0]:g} came."
            )

    @property
    def restricted(self) -> Floats:
        """``min(time, horizon)`` of each unit [n]: the mean over its seeds."""
        times = np.asarray(self.times, dtype=np.float64)
        each = np.where(np.asarray(self.arrived, dtype=bool), times, self.horizon)
        restricted: Floats = each.reshape(len(each), -1).mean(axis=1)
        return restricted

    @property
    def count(self) -> tuple[int, int]:
        """How many runs arrived by the horizon, and of how many."""
        arrived = np.asarray(self.arrived, dtype=bool)
        return int(arrived.sum()), arrived.size

    @property
    def median(self) -> float | None:
        """The time by which half of the runs have arrived, by Kaplan and Meier; None where fewer than half have.

        All runs that have not arrived are censored at the horizon, and so after every arrival: Kaplan and Meier's
        median is then the order statistic in the middle, the lower one of two.
        """
        arrived = np.asarray(self.arrived, dtype=bool).ravel()
        times = np.sort(np.where(arrived, np.asarray(self.times).ravel(), np.inf))
        middle = float(times[(len(times) - 1) // 2])
        return middle if isfinite(middle) else None

    def told(self, measure: Measure) -> str:
        """Return how many arrived by the horizon, how many later, and when half of them had."""
        arrived, runs = self.count
        later = f" ({self.later} later)" if self.later else ""
        median = "not reached" if self.median is None else measure.told(self.median)
        return f"{arrived} of {runs} arrived by then{later}, median {median}"


def judge_times(
    times_a: ArrayLike,
    times_b: ArrayLike,
    arrived_a: ArrayLike,
    arrived_b: ArrayLike,
    horizon: float,
    *,
    margin: float = 0.0,
    alpha: float = 0.05,
    measure: Measure = STEPS,
) -> Verdict:
    """Return the verdict on one pair's times to a target; see ``judge_all_times``.

    Args:
        times_a: of the candidate, [units] or [units, k]; anything where it had not arrived by the horizon.
        times_b: of the reference, of the same shape.
        arrived_a: whether the candidate had, of the same shape.
        arrived_b: whether the reference had.
        horizon: up to which both sides were watched, in the times' unit.
        margin: the largest saving that does not matter, in the times' unit; 0 asks for no equivalence.
        alpha: the level.
        measure: the times' unit.

    Raises:
        UserError: times and arrivals do not fit, or lie beyond the horizon.

    >>> fast, slow, every = [100, 110, 120, 130, 140, 150], [300, 310, 320, 330, 340, 350], [True] * 6
    >>> verdict = judge_times(fast, slow, every, [True] * 5 + [False], horizon=400)
    >>> verdict.kind, verdict.mean, verdict.p
    ('better', 208.33333333333334, 0.03125)
    """
    sides = Arrivals(times_a, arrived_a, horizon), Arrivals(times_b, arrived_b, horizon)
    return judge_all_times({0: sides}, margin=margin, alpha=alpha, measure=measure)[0]


def judge_all_times(
    sides: Mapping[Pair, tuple[Arrivals, Arrivals]],
    *,
    margin: float = 0.0,
    alpha: float = 0.05,
    measure: Measure = STEPS,
) -> dict[Pair, Verdict]:
    """Return the verdict on every pair's times: better means that the candidate saves time.

    The differences are restricted time of the reference minus that of the candidate, judged as ``judge_all`` does
    and under the same assumptions. What is claimed is about the mean of ``min(time, horizon)``, not about times
    beyond.

    Args:
        sides: for each pair, the candidate's arrivals and the reference's.
        margin: the largest saving that does not matter, in the times' unit; 0 asks for no equivalence.
        alpha: the level.
        measure: the times' unit.

    Raises:
        UserError: the two sides differ in horizon or number of units.
    """
    saved = {pair: _saved(candidate, reference) for pair, (candidate, reference) in sides.items()}
    verdicts = judge_all(saved, margin=margin, alpha=alpha, measure=measure)
    return {pair: _told(verdicts[pair], *sides[pair], measure) for pair in sides}


def _saved(candidate: Arrivals, reference: Arrivals) -> Floats:
    ours, theirs = candidate.restricted, reference.restricted
    if len(ours) != len(theirs) or candidate.horizon != reference.horizon:
        raise UserError(
            f"Pairs need equal sides: {len(ours)} and {len(theirs)} units came, with horizons of "
            f"{candidate.horizon:g} and {reference.horizon:g}."
        )
    return theirs - ours


def _told(verdict: Verdict, candidate: Arrivals, reference: Arrivals, measure: Measure) -> Verdict:
    what = (
        f"time saved, where a run that has not arrived by the common horizon of {measure.told(candidate.horizon)} "
        f"counts as arriving then; candidate: {candidate.told(measure)}; reference: {reference.told(measure)}"
    )
    return replace(verdict, sentence=f"{verdict.sentence} ({what})")
