"""One pair's own numbers, before any other pair is looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """What a test found about one pair; fields as in ``Verdict``.

    Args:
        n: how many differences.
        mean: of the differences.
        low: lower end of the interval.
        high: its upper end.
        bootstrap_low: lower end of the bootstrap's interval.
        bootstrap_high: its upper end.
        p: two-sided, against no difference.
        p_equivalent: against a difference of the margin or more.
        floor: the smallest ``p`` that n differences can reach; that of equivalence is half of it.
        side: 1 where the evidence is for better, -1 for worse, 0 for neither.
        method: how p was found.
    """

    n: int
    mean: float
    low: float
    high: float
    bootstrap_low: float
    bootstrap_high: float
    p: float
    p_equivalent: float
    floor: float
    side: float
    method: str
