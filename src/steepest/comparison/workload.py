"""What a recorded pool holds of one workload, ready to be drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from .pool import Recorded
from .signflip import Floats

LEAST = 30  # studies a rule: three disjoint sides of ten


@dataclass(frozen=True)
class Workload:
    """The rules recorded on one workload, each with the same number of studies.

    Args:
        name: of data and model.
        rules: that were recorded.
    """

    name: str
    rules: tuple[Recorded, ...]

    @property
    def accuracy(self) -> Floats:
        """The means over a study's seeds [rules, studies]."""
        return np.stack([each.accuracy.mean(axis=1) for each in self.rules])

    @property
    def times(self) -> Floats | None:
        """The restricted times, means over a study's seeds [rules, studies]; None where they were not recorded."""
        found = [each.time.mean(axis=1) for each in self.rules if each.time is not None]
        return np.stack(found) if len(found) == len(self.rules) else None

    @property
    def correct(self) -> Floats | None:
        """The share of a study's seeds right on each image [rules, studies, images]; None where not recorded."""
        found = [each.correct.mean(axis=1) for each in self.rules if each.correct is not None]
        return np.stack(found) if len(found) == len(self.rules) else None

    @property
    def studies(self) -> int:
        """How many there are of each rule."""
        return len(self.rules[0].accuracy)

    @property
    def spread(self) -> float:
        """The spread of a difference between two studies of one rule: the median over the rules."""
        first, second = np.triu_indices(self.studies, 1)
        apart = np.abs(self.accuracy[:, first] - self.accuracy[:, second])
        # half of a normal's differences lie within 0.6745 standard deviations
        return float(np.median(np.median(apart, axis=1))) / 0.6745


def workloads(pool: Sequence[Recorded]) -> list[Workload]:
    """Return the pool by workload.

    Raises:
        DataError: a rule has too few studies, or the rules of a workload differ in their number.
    """
    found = []
    for name in dict.fromkeys(each.workload for each in pool):
        rules = tuple(each for each in pool if each.workload == name)
        counts = sorted({len(each.accuracy) for each in rules})
        if len(counts) > 1 or counts[0] < LEAST:
            raise DataError(
                f"The pool needs the same number of studies of each rule, {LEAST} or more; "
                f"{name} has {' and '.join(map(str, counts))}."
            )
        found.append(Workload(name, rules))
    return found
