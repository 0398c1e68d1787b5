"""From paired differences to a verdict: better, worse, equivalent or undecided.

differences [n] -> Evidence (one pair's own numbers) -> Holm over the pairs -> Verdict
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UserError
from . import signflip
from .bootstrap import bootstrap_interval
from .equivalence import UNDECIDED, decide, p_equivalent
from .evidence import Evidence
from .measure import POINTS, Measure
from .sentences import sentence_of
from .several import bonferroni, holm
from .signflip import Floats
from .sizing import more_units

Pair = TypeVar("Pair", bound=Hashable)


@dataclass(frozen=True)
class Verdict:
    """What may be said about one pair, and the numbers that it rests on.

    Args:
        kind: better, worse, equivalent or undecided.
        sentence: what the user reads.
        n: how many differences.
        mean: of the differences, candidate minus reference.
        low: lower end of the interval at 1 - alpha, by inverting the test; minus infinity where n is too small.
        high: its upper end.
        bootstrap_low: lower end of the bootstrap's interval, a cross-check; NaN where it cannot be made.
        bootstrap_high: its upper end.
        p: two-sided, against no difference.
        p_adjusted: the same after Holm over the pairs.
        p_equivalent: against a difference of the margin or more; 1 where the margin is 0.
        p_equivalent_adjusted: the same after Bonferroni over the pairs.
        floor: the smallest ``p`` that n differences can reach; that of equivalence is half of it.
        more: how many differences more would probably (80 %) decide; None where the answer is no number.
        why: the reason where ``more`` is None and the verdict undecided; else empty.
        margin: the largest difference that does not matter.
        alpha: the level.
        pairs: how many pairs were judged together.
        method: how p was found.
    """

    kind: str
    sentence: str
    n: int
    mean: float
    low: float
    high: float
    bootstrap_low: float
    bootstrap_high: float
    p: float
    p_adjusted: float
    p_equivalent: float
    p_equivalent_adjusted: float
    floor: float
    more: int | None
    why: str
    margin: float
    alpha: float
    pairs: int
    method: str

    @property
    def decided(self) -> bool:
        """Whether the verdict is any other than undecided."""
        return self.kind != UNDECIDED

    def to_dict(self) -> dict[str, Any]:
        """Return every number by name, None for those that are not finite, for ``--json``."""
        return {
            name: None if isinstance(value, float) and not isfinite(value) else value
            for name, value in asdict(self).items()
        }


def judge(
    differences: ArrayLike, *, margin: float, alpha: float = 0.05, measure: Measure = POINTS
) -> Verdict:
    """Return the verdict on one pair; see ``judge_all``.

    >>> judge([0.004, 0.006, 0.005, 0.003, 0.007, 0.005], margin=0.001).sentence
    'better: +0.50 points (95 % interval 0.30 to 0.70), p = 0.0312 over 6 pairs'
    >>> print(judge([0.004, 0.006, 0.005, 0.003, 0.007], margin=0.001).sentence.replace("; ", "\\n"))
    undecided: 5 pairs can never reach p < 0.05 for better or worse (the floor is 0.0625)
    +0.50 points so far
    1 pair more would probably decide
    """
    return judge_all({0: differences}, margin=margin, alpha=alpha, measure=measure)[0]


def judge_all(
    differences: Mapping[Pair, ArrayLike],
    *,
    margin: float,
    alpha: float = 0.05,
    measure: Measure = POINTS,
) -> dict[Pair, Verdict]:
    """Return the verdict on every pair, the number of pairs taken into account.

    Each pair is tested by flips of sign, exactly up to 20 differences. Over all the pairs, the chance of even one
    false better or worse is at most alpha (Holm), and so is that of even one false equivalent (Bonferroni).

    Args:
        differences: for each pair [n], candidate minus reference, higher is better; one number a unit, and the
            units independent of one another.
        margin: the largest difference that does not matter, in the differences' unit; 0 asks for no equivalence.
        alpha: the level.
        measure: how differences are printed, and what their unit is called.

    Raises:
        UserError: there is no difference, one is not finite, or margin or alpha make no sense.
    """
    checked = {pair: finite(values) for pair, values in differences.items()}
    evidence = {pair: gather(values, margin, alpha) for pair, values in checked.items()}

    def more(pair: Pair, level: float) -> tuple[int | None, str]:
        return more_units(checked[pair], margin, level)

    return conclude(evidence, more, margin, alpha, measure)


def gather(differences: Floats, margin: float, alpha: float) -> Evidence:
    """Return one pair's own numbers by the sign-flip test of its differences [n]."""
    check_levels(margin, alpha)
    means, tied = signflip.subset_means(differences), signflip.tolerance(differences)
    low, high = signflip.interval(means, alpha)
    around = bootstrap_interval(differences, alpha)
    n, mean = len(differences), float(differences.mean())
    return Evidence(
        n=n,
        mean=mean,
        low=float(low),
        high=float(high),
        bootstrap_low=around[0],
        bootstrap_high=around[1],
        p=float(signflip.p_two_sided(means, tied)),
        p_equivalent=float(p_equivalent(means, margin, tied)),
        floor=signflip.floor(n),
        side=float(np.sign(mean)),
        method="exact" if n <= signflip.EXACT else f"{signflip.DRAWN:,} random flips",
    )


def conclude(
    evidence: Mapping[Pair, Evidence],
    more: Callable[[Pair, float], tuple[int | None, str]],
    margin: float,
    alpha: float,
    measure: Measure,
) -> dict[Pair, Verdict]:
    """Return the verdicts that follow from each pair's evidence, however it was found.

    Args:
        evidence: by pair.
        more: ``(pair, level) -> (units more that would probably decide, or None and why)``.
        margin: the largest difference that does not matter.
        alpha: the level over all pairs.
        measure: how differences are printed.
    """
    if not evidence:
        return {}
    p = holm(np.array([each.p for each in evidence.values()]))
    p_within = bonferroni(np.array([each.p_equivalent for each in evidence.values()]))
    side = np.array([each.side for each in evidence.values()])
    kinds = decide(p, p_within, side, alpha)
    level = alpha / len(evidence)  # what the first of the pairs must reach
    verdicts = {}
    for row, (pair, each) in enumerate(evidence.items()):
        kind = str(kinds[row])
        needed, why = more(pair, level) if kind == UNDECIDED else (None, "")
        verdict = Verdict(
            **{name: value for name, value in vars(each).items() if name != "side"},
            kind=kind,
            sentence="",
            p_adjusted=float(p[row]),
            p_equivalent_adjusted=float(p_within[row]),
            more=needed,
            why=why,
            margin=margin,
            alpha=alpha,
            pairs=len(evidence),
        )
        verdicts[pair] = replace(verdict, sentence=sentence_of(verdict, measure))
    return verdicts


def finite(differences: ArrayLike) -> Floats:
    """Return differences as [n] numbers.

    Raises:
        UserError: there is none, or one is not finite.
    """
    values = np.atleast_1d(np.asarray(differences, dtype=np.float64))
    if values.ndim != 1 or values.size == 0:
        raise UserError(
            f"A verdict needs a list of differences, one a pair; shape {list(values.shape)} came."
        )
    if not np.isfinite(values).all():
        odd = int(np.flatnonzero(~np.isfinite(values))[0])
        raise UserError(
            f"Difference {odd + 1} of {len(values)} is {values[odd]}, and no mean can hold it. "
            "A run that diverged has no finite loss: compare by accuracy, where it counts as chance."
        )
    return values


def check_levels(margin: float, alpha: float) -> None:
    """Raise a UserError where margin or alpha make no sense."""
    if not 0 <= margin < float("inf"):
        raise UserError(f"The margin must be 0 or above; {margin:g} came.")
    if not 0 < alpha < 0.5:
        raise UserError(f"alpha must lie between 0 and 0.5; {alpha:g} came.")


def correlation(a: ArrayLike, b: ArrayLike) -> float | None:
    """Return Pearson's correlation of the two sides over their pairs, or None where a side is constant.

    It says what pairing was worth: the variance of a mean difference is ``1 - correlation`` times that of two
    unpaired groups of the same spread.

    >>> correlation([1, 2, 3], [2, 4, 7])
    0.9933992677987828
    >>> correlation([1, 1, 1], [2, 4, 7]) is None
    True
    """
    left, right = finite(a), finite(b)
    if len(left) != len(right):
        raise UserError(f"Pairs need two equal sides; {len(left)} and {len(right)} values came.")
    if len(left) < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return None
    return float(np.corrcoef(left, right)[0, 1])
