"""A comparison that was made: every trial, every reporting run, and the verdicts that follow from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .question import Question
from .results import Result
from .tuning import TrialResult, budgets, chosen_at

if TYPE_CHECKING:
    from .verdict import Verdict

Pair = tuple[str, str]
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
        classes: K.
        train_images: that each run learned from.
        test_images: that each run was measured on.
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
        question: as it was asked.
        trials: every trial of every side and study; none at fixed settings.
        results: every reporting run, those of smaller tuning budgets among them.
        circumstances: what it was made with.
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
            side: its name.
            study: which.
            budget: trials of the side that has most of them; None takes all.
        """
        asked, most = self._asked[side], self.question.design.trials
        allowed = asked if budget is None else max(1, budget * asked // most)
        return chosen_at(self.trials_of(side, study), allowed, asked)

    def reported(self, side: str, unit: int, budget: int | None = None) -> list[Result]:
        """Return a side's reporting runs of one unit, in the order of their seeds."""
        design = self.question.design
        settings = self.chosen(side, unit, budget).trial.settings if design.tuned else {}
        return [
            self._results[side, unit, seed, told(settings)] for seed in design.report_seeds(unit)
        ]

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
    def verdicts(self) -> dict[Pair, "Verdict"]:
        """The verdict on each pair."""
        from .judging import verdicts_of

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
        from .judging import values_of
        from .verdict import correlation

        values = {side: values_of(self, side) for side in self.sides}
        return {(a, b): correlation(values[a], values[b]) for a, b in self.question.pairs}

    def __repr__(self) -> str:
        sides = ", ".join(self.sides)
        return f"<comparison of {sides}: {'; '.join(v.kind for v in self.verdicts.values())}>"

    def _repr_html_(self) -> str:
        from ..reporting.comparison_page import comparison_html

        return comparison_html(self)


def told(settings: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return settings such that they can be looked up.

    >>> told({"rho": 0.05, "lr": 0.1})
    (('lr', 0.1), ('rho', 0.05))
    """
    return tuple(sorted(settings.items()))
