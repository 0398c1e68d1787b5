"""How many units more would probably decide: a forecast that knows how little is known so far."""

from math import ceil, log2

import numpy as np
from scipy.special import stdtrit  # scipy.stats takes a second to load

from . import anytime
from .signflip import Floats

PROBABLY = 0.8  # the customary power
MOST = 200  # units: twice the maximum of ``sequential``
FUTURES = 4_000  # drawn; the forecast chance is then right within 0.6 % (one standard error)


def more_units(differences: Floats, margin: float, level: float, fixed: float = 0.0) -> tuple[int | None, str]:
    """Return the smallest number of further units with which a verdict has a chance of 80 %, or None and why.

    The true mean and spread are not taken to be those seen: they are drawn from what the n differences leave
    open (normal differences, flat prior: ``sd^2 = SS / chi2_(n-1)``, ``mean ~ N(mean seen, sd^2 / n)``), further
    units are drawn from each, and all units together are judged. The tests are t-tests at the level, which the
    sign-flip tests come close to from some ten units on; before that their floor binds, and is kept. While the
    mean seen is smaller than its own standard error, better and worse are not counted: they would be promised on
    a sign that is not there to be seen, and only equivalence is left.

    Args:
        differences: [n] so far.
        margin: as in ``judge``.
        level: what p must reach, Holm's share included.
        fixed: variance of the mean that no further unit lessens, such as the test images' share.

    Source: Spiegelhalter, Freedman and Blackburn 1986, Control. Clin. Trials 7, 8 (predictive power).

    >>> more_units(np.array([0.004, 0.001, -0.002, 0.003, 0.005]), margin=0.001, level=0.05)
    (24, '')
    """
    n = len(differences)
    least = max(1, units_to_reach(level) - n)
    if np.ptp(differences) == 0:
        return without_spread(differences, margin, least)
    if chance_to_decide(differences, MOST, margin, level, fixed) < PROBABLY:
        return None, _hopeless(differences, margin)
    low, high = least, MOST
    while low < high:
        middle = (low + high) // 2
        if chance_to_decide(differences, middle, margin, level, fixed) >= PROBABLY:
            high = middle
        else:
            low = middle + 1
    return low, ""


def units_to_reach(level: float) -> int:
    """Return the smallest n whose floor ``2^(1 - n)`` reaches the level.

    >>> units_to_reach(0.05), units_to_reach(0.05 / 28)
    (6, 11)
    """
    return 1 + ceil(-log2(level))


def chance_to_decide(differences: Floats, more: int, margin: float, level: float, fixed: float = 0.0) -> float:
    """Return the forecast chance of a verdict after ``more`` further units; see ``more_units``."""
    mean, spread, total = _futures(differences, more)
    error = np.sqrt(spread**2 / total + fixed)
    limit = -stdtrit(total - 1, level / 2) * error
    within = margin + stdtrit(total - 1, level) * error
    different = (np.abs(mean) >= limit) & sign_is_seen(differences)
    return float(np.mean(different | (np.abs(mean) <= within)))


def sign_is_seen(differences: Floats) -> bool:
    """Return whether the mean of differences [n], n above 1, is at least its own standard error away from 0."""
    n = len(differences)
    return bool(abs(differences.mean()) * np.sqrt(n) >= differences.std(ddof=1))


def _futures(differences: Floats, more: int) -> tuple[Floats, Floats, int]:
    """Return means and spreads [FUTURES] of all units together, and how many units these are."""
    n, total = len(differences), len(differences) + more
    # both signs of the mean must get the same forecast
    seen, squares = abs(float(differences.mean())), float(differences.var() * n)
    random = np.random.default_rng(0)  # the same draws for every ``more``: the chance grows smoothly
    sd = np.sqrt(squares / random.chisquare(n - 1, FUTURES))
    truth = seen + sd / np.sqrt(n) * random.standard_normal(FUTURES)
    fresh = truth + sd / np.sqrt(more) * random.standard_normal(FUTURES)
    scatter = sd**2 * random.chisquare(more - 1, FUTURES) if more > 1 else 0.0
    mean = (n * seen + more * fresh) / total
    squares_then = squares + scatter + n * more / total * (fresh - seen) ** 2
    return mean, np.sqrt(squares_then / (total - 1)), total


def without_spread(differences: Floats, margin: float, least: int) -> tuple[int | None, str]:
    """Return what can be said where all differences are alike: ``least``, or None and why."""
    if len(differences) == 1:
        return None, "one difference shows no spread, so nothing can be forecast"
    if differences[0] == 0 and margin == 0:
        return None, "the two sides never differed, and no margin was given to call them equivalent"
    return least, ""


def _hopeless(differences: Floats, margin: float) -> str:
    if sign_is_seen(differences):
        return f"even {MOST:,} more would probably not decide"
    if margin == 0:
        return "the difference is smaller than its own error, and no margin was given to call them equivalent"
    return f"the difference is smaller than its own error, and {MOST:,} more may not show it within the margin"


def units_needed(level: float, until_decided: bool) -> int:
    """Return the smallest number of units with which better or worse can reach a level, however clear they are.

    Args:
        level: that p must reach: alpha divided by the number of pairs.
        until_decided: whether by ``judge_anytime``; else by ``judge``.

    >>> [units_needed(level, watched) for watched in (False, True) for level in (0.05, 0.05 / 28)]
    [6, 11, 7, 11]
    """
    if not until_decided:
        return units_to_reach(level)
    units = 1
    while anytime.floor(units) >= level:
        units += 1
    return units
