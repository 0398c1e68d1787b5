"""Fair tuning: the same quasi-random trials for every side, and a wider range where the best lies at its edge.

Everything here is a function of the design and of the trials so far, so that a claim's trials can be laid out
again by whoever checks it.

    trials 0 ... n-1      over the whole space
    the best has the smallest or the largest learning rate tried?  n/2 more beyond that edge; at most twice
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil, isfinite
from typing import Any, Self

from .design import Design
from .space import LR_REACH, Space, design_points

WIDENINGS = 2  # each opens 2 decades more: from then on the rule's stated default was 6 decades off
FEWEST_TO_WIDEN = 4  # of fewer trials the best is at the edge by chance more often than not


@dataclass(frozen=True)
class Trial:
    """One setting to be tried.

    Args:
        study: which, counted from 0.
        number: counted from 0 within side and study.
        widening: how often the range had been widened before.
    """

    side: str
    study: int
    number: int
    widening: int
    settings: Mapping[str, float]

    @property
    def place(self) -> tuple[str, int, int]:
        """What tells it from every other trial."""
        return self.side, self.study, self.number


@dataclass(frozen=True)
class TrialResult:
    """What a trial came to, measured on the validation split with the study's tuning seed.

    Args:
        accuracy: of the last epoch's weights.
        loss: of the same, in nats; infinite where training diverged.
    """

    trial: Trial
    accuracy: float
    loss: float
    diverged: bool
    forwards: int
    backwards: int
    seconds: float
    key: str = field(default="", compare=False)

    @property
    def rank(self) -> tuple[float, ...]:
        """What the best has most of: accuracy, then small loss, then a small learning rate, then being early."""
        if self.diverged:
            return (-1.0, 0.0, -self.trial.settings["lr"], -self.trial.number)
        return (self.accuracy, -self.loss, -self.trial.settings["lr"], -self.trial.number)

    def to_dict(self) -> dict[str, Any]:
        """Return every value by name, the trial's among them."""
        own = asdict(self)
        trial = own.pop("trial")
        return {**trial, **own, "loss": self.loss if isfinite(self.loss) else None}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the result that ``to_dict`` wrote."""
        names = Trial.__dataclass_fields__
        rest = {key: value for key, value in values.items() if key not in names}
        trial = Trial(**{key: value for key, value in values.items() if key in names})
        return cls(trial, **{**rest, "loss": float("inf") if rest["loss"] is None else rest["loss"]})


def best(results: Sequence[TrialResult]) -> TrialResult:
    """Return the trial of highest validation accuracy; among equals the one of lowest validation loss."""
    return max(results, key=lambda each: each.rank)


def chosen_at(results: Sequence[TrialResult], budget: int, trials: int) -> TrialResult:
    """Return what tuning with ``budget`` trials would have chosen: the best of the first ones.

    With the whole budget of ``trials`` it is the best of all, those of a widened range among them.
    """
    return best([each for each in results if budget >= trials or each.trial.number < budget])


@dataclass(frozen=True)
class SideTuning:
    """How one side is tuned.

    Args:
        trials: in each study, before any widening.
    """

    side: str
    space: Space
    trials: int
    design: Design

    @property
    def extra(self) -> int:
        """How many trials a widening adds: as densely as the first."""
        return ceil(self.trials / 2)

    @property
    def most(self) -> int:
        """How many trials one study can come to."""
        return self.trials + WIDENINGS * self.extra

    def next_trials(self, study: int, done: Sequence[TrialResult]) -> list[Trial]:
        """Return the trials that a study still needs; none where it is complete.

        Args:
            done: its results, complete up to some widening.
        """
        if not done:
            return self._laid_out(study, range(self.trials), self.space, 0)
        low, high = self.space.lr.low, self.space.lr.high
        numbers = range(self.trials)
        for widening in range(1, WIDENINGS + 1):
            known = [each for each in done if each.trial.widening < widening]
            edge = edge_of(known) if self.trials >= FEWEST_TO_WIDEN else 0
            if not edge:
                return []
            low, high, new = _widened(low, high, edge)
            numbers = range(numbers.stop, numbers.stop + self.extra)
            if not any(each.trial.widening == widening for each in done):
                return self._laid_out(study, numbers, self.space.within(*new), widening)
        return []

    def _laid_out(self, study: int, numbers: range, space: Space, widening: int) -> list[Trial]:
        points = design_points(self.most, self.design.tuning_seed(study))
        return [Trial(self.side, study, number, widening, space.at(points[number])) for number in numbers]


def edge_of(results: Sequence[TrialResult]) -> int:
    """Return -1 where the best has the smallest learning rate tried, 1 where it has the largest, else 0."""
    rates = [each.trial.settings["lr"] for each in results]
    chosen = best(results).trial.settings["lr"]
    if chosen == min(rates):
        return -1
    return 1 if chosen == max(rates) else 0


def _widened(low: float, high: float, edge: int) -> tuple[float, float, tuple[float, float]]:
    """Return the widened range, and the part of it that is new; it is as densely tried as the first."""
    if edge < 0:
        return low / LR_REACH, high, (low / LR_REACH, low)
    return low, high * LR_REACH, (high, high * LR_REACH)


def budgets(trials: int) -> list[int]:
    """Return the tuning budgets at which the verdict is shown: powers of two, and all trials.

    >>> budgets(16), budgets(12), budgets(1)
    ([1, 2, 4, 8, 16], [1, 2, 4, 8, 12], [1])
    """
    powers = [2**k for k in range(trials.bit_length()) if 2**k < trials]
    return [*powers, trials]
