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
from .measure import POINTS, Measure, chance
from .signflip import UNDECIDED, Floats, bonferroni, decide, holm, p_equivalent
from .sizing import more_units, units_needed

Pair = TypeVar("Pair", bound=Hashable)


@dataclass(frozen=True)
class Evidence:
    """What a test found about one pair, before any other is looked at; fields as in ``Verdict``.

    Args:
        side: 1 where the evidence is for better, -1 for worse, 0 for neither.
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


def judge(differences: ArrayLike, *, margin: float, alpha: float = 0.05, measure: Measure = POINTS) -> Verdict:
    """Return the verdict on one pair whose number of differences was fixed beforehand; see ``judge_all``.

    >>> judge([0.004, 0.006, 0.005, 0.003, 0.007, 0.005], margin=0.001).sentence
    'better: +0.50 points (95 % interval 0.30 to 0.70), p = 0.0312 over 6 pairs'
    >>> print(judge([0.004, 0.006, 0.005, 0.003, 0.007], margin=0.001).sentence.replace("; ", "\\n"))
    undecided: 5 pairs can never reach p < 0.05 for better or worse (the floor is 0.0625)
    +0.50 points so far
    1 pair more would probably decide
    """
    return judge_all({0: differences}, margin=margin, alpha=alpha, measure=measure)[0]


def judge_all(
    differences: Mapping[Pair, ArrayLike], *, margin: float, alpha: float = 0.05, measure: Measure = POINTS
) -> dict[Pair, Verdict]:
    """Return the verdict on every pair, the number of pairs taken into account.

    Assumes that a pair's units are independent, that n was not chosen by looking at them, and that differences are
    symmetric about their centre; no normality, no equal spread. Pairs may depend on one another as they like. Null
    hypotheses: of better and worse, "the centre is 0"; of equivalent, "it is at least the margin away from 0".
    Statistic: the mean, against all 2^n patterns of signs (``signflip``): exact up to n = 20, and beyond with
    99,999 random patterns still valid, not merely close. Ties count against the verdict.

    Over all pairs, the chance of even one false better or worse is at most alpha (Holm), and so is that of even
    one false equivalent (Bonferroni). For one pair alone, that of any false verdict is. Intervals are each pair's
    own, at 1 - alpha, and not corrected for the others.

    Args:
        differences: for each pair [n], candidate minus reference, higher is better; one number a unit.
        margin: the largest difference that does not matter, in the differences' unit; 0 asks for no equivalence.
        alpha: the level, above 0 and below 0.5.
        measure: how differences are printed, and what their unit is called.

    Raises:
        UserError: there is no difference, one is not finite, or margin or alpha make no sense.

    Source: see ``signflip``: Fisher 1935, Schuirmann 1987 (equivalence), Goeman, Solari and Stijnen 2010 (both
        together), Holm 1979.

    Six differences are too few for two pairs:

    >>> gains = [0.004, 0.006, 0.005, 0.003, 0.007, 0.005]
    >>> found = judge_all({"a": gains, "b": [-each for each in gains]}, margin=0.001)
    >>> [(each.kind, each.p, each.p_adjusted) for each in found.values()]
    [('undecided', 0.03125, 0.0625), ('undecided', 0.03125, 0.0625)]
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
        raise UserError(f"A verdict needs a list of differences, one a pair; shape {list(values.shape)} came.")
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

    Args:
        a: of one side, [units].
        b: of the other, [units].

    Raises:
        UserError: the sides are not of one length, or a value is not finite.

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


# Verdicts as sentences: what the user reads.


def sentence_of(verdict: Verdict, measure: Measure) -> str:
    """Return a verdict in words, with the numbers that carry it."""
    if verdict.n == 0:
        return "undecided: nothing has come yet"
    if verdict.kind == "equivalent":
        return _equivalent(verdict, measure)
    if verdict.kind == "undecided":
        return _undecided(verdict, measure)
    return f"{verdict.kind}: {_difference(verdict, measure)}, {_p(verdict)} over {measure.counted(verdict.n)}"


def _equivalent(verdict: Verdict, measure: Measure) -> str:
    family = _family(verdict, "Bonferroni")
    told = (
        f"equivalent within {measure.told(verdict.margin)}: {_difference(verdict, measure)}, "
        f"p = {chance(verdict.p_equivalent_adjusted)}{family} over {measure.counted(verdict.n)}"
    )
    if verdict.p_adjusted <= verdict.alpha:
        told += f"; the difference is real (p = {chance(verdict.p_adjusted)}) but smaller than the margin"
    return told


def _undecided(verdict: Verdict, measure: Measure) -> str:
    told = f"{_difference(verdict, measure)}, {_p(verdict)} over {measure.counted(verdict.n)}"
    out_of_reach = verdict.floor * verdict.pairs > verdict.alpha
    if out_of_reach:
        told = (
            f"{measure.counted(verdict.n)} can never reach p < {verdict.alpha:g} for better or worse"
            f"{_family(verdict)} (the floor is {chance(verdict.floor * verdict.pairs)}); "
            f"{measure.signed(verdict.mean)} so far"
        )
    if verdict.more is not None:
        return f"undecided: {told}; {measure.counted(verdict.more)} more would probably decide"
    if out_of_reach:
        least = units_needed(verdict.alpha / verdict.pairs, verdict.method == "anytime")
        told += f"; it takes {measure.counted(least)} or more"
    return f"undecided: {told}; {verdict.why}"


def _difference(verdict: Verdict, measure: Measure) -> str:
    coverage = f"{100 * (1 - verdict.alpha):g} %"
    if not isfinite(verdict.low):
        return f"{measure.signed(verdict.mean)} (no {coverage} interval from so few)"
    ends = f"{measure.number(verdict.low)} to {measure.number(verdict.high)}"
    return f"{measure.signed(verdict.mean)} ({coverage} interval {ends})"


def _p(verdict: Verdict) -> str:
    return f"p = {chance(verdict.p_adjusted)}{_family(verdict)}"


def _family(verdict: Verdict, rule: str = "Holm") -> str:
    return f" after {rule} over {verdict.pairs} comparisons" if verdict.pairs > 1 else ""
