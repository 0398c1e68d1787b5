"""Does our number agree with the published one?

A published figure is one run of a procedure of which we made n. If all n + 1 come from the same procedure, it
lies near our mean: within 3 x sd x sqrt(1 + 1/n), where sqrt(1 + 1/n) x sd is the deviation of one new run from
the mean of n. It need not lie nearer than it was printed: half a unit of its last digit. Where one run alone was
made, or no seed changes the number, that half unit and the stated tolerance are all there is.

A value that was recomputed independently, since none was printed, is held against ours in the same way, but its
verdict has words of its own: it is no published figure.
"""

from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import fmean, stdev

from .content import Figure

AGREES = "agrees"
DIFFERS = "differs"
AGREES_RECOMPUTED = "agrees with the recomputed"
DIFFERS_RECOMPUTED = "differs from the recomputed"
UNPUBLISHED = "not published"
QUICK = "quick: not comparable"
ALONE = "One run shows no spread to measure the difference by: give --seeds 3 or more."
# Standard deviations. With 3 seeds the spread itself is uncertain: of figures from the same procedure 9.5 % lie
# outside (Student's t, 2 degrees of freedom), with 10 seeds 1.5 %, with a spread known exactly 0.3 %.
SPREADS = 3.0
SLACK = 1e-9  # of the bound: what rounding to doubles may add


@dataclass(frozen=True)
class Agreement:
    """A figure's verdict.

    Args:
        verdict: ``agrees``, ``differs``, either of them with or from ``the recomputed``, ``not published`` or
            ``quick: not comparable``.
        mean: of ours.
        deviation: the standard deviation over seeds; None for a single one.
        seeds: how many of ours there are.
        allowed: how far the published value may lie from the mean; None where nothing is compared.
        why: in words: by how much, and the reason that the experiment's file gives.
    """

    verdict: str
    mean: float
    deviation: float | None
    seeds: int
    allowed: float | None
    why: str


def agreement(figure: Figure) -> Agreement:
    """Return whether a figure's published value lies within the range of ours.

    >>> agreement(Figure("accuracy", 0.983, (0.981, 0.982, 0.984), unit="%", digits=3)).verdict
    'agrees'
    >>> agreement(Figure("step 10", 0.150094673, (0.150094674,), digits=9, exact=True)).verdict
    'differs'
    """
    ours = figure.ours
    mean = fmean(ours) if all(map(isfinite, ours)) else sum(ours)
    spread = stdev(ours) if len(ours) > 1 and isfinite(mean) else None
    if figure.published is None:
        return Agreement(UNPUBLISHED, mean, spread, len(ours), None, figure.why)
    if not figure.comparable:
        return Agreement(QUICK, mean, spread, len(ours), None, figure.why)
    allowed = allowance(figure, spread)
    same = abs(mean - figure.published) <= allowed * (1 + SLACK)
    if figure.exact:
        same = all(printed_alike(value, figure) for value in ours)
    verdict = verdict_of(same, figure.recomputed)
    alone = not same and len(ours) == 1 and figure.seconds is not None
    why = f"{ALONE} {figure.why}".strip() if alone else figure.why
    return Agreement(verdict, mean, spread, len(ours), allowed, why)


def verdict_of(same: bool, recomputed: bool) -> str:
    """Return the word for a figure that was compared: with what was published, or with a recomputed value."""
    if recomputed:
        return AGREES_RECOMPUTED if same else DIFFERS_RECOMPUTED
    return AGREES if same else DIFFERS


def allowance(figure: Figure, spread: float | None) -> float:
    """Return how far the published value may lie from our mean.

    Args:
        figure: with its tolerance and printed digits.
        spread: the standard deviation over the seeds; None where there is none.
    """
    chance = 0.0 if spread is None else SPREADS * spread * sqrt(1 + 1 / len(figure.ours))
    return max(figure.tolerance, chance, half_unit(figure))


def half_unit(figure: Figure) -> float:
    """Return half a unit of the last published digit: 0.00005 for 0.9826."""
    return float(10.0**-figure.digits / 2)


def printed_alike(value: float, figure: Figure) -> bool:
    """Say whether a value, rounded as the published one was, shows the same digits."""
    if figure.published is None:
        return False
    return f"{value:.{figure.digits}f}" == f"{figure.published:.{figure.digits}f}"
