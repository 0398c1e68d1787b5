"""Evidence that may be looked at after every pair: a bet on the next sign, and its winnings.

Null hypothesis: given its size and all that came before, each difference is as likely to be ``value + x`` as
``value - x``. Then, for any positive ``rate_t`` that depends only on sizes and on the past,

    E_t = product over i <= t of  exp(rate_i * x_i) / cosh(rate_i * x_i)
        = product of (1 + tanh(rate_i * |x_i|) * sign(x_i)),        x_i = d_i - value

is what a fair game makes of a stake of 1: each factor's mean is exactly 1. Under the null hypothesis E ever
reaches 1 / alpha with a chance of at most alpha (Ville), whenever and for whatever reason one stops. So
``p_t = 1 / max of E so far`` may be looked at after every pair.

We bet ``rate_i = boldness / scale_i`` where scale_i is the root mean square of x_1 .. x_i, so that the unit of
measurement falls out, and take the mean over three boldnesses: the winnings are nearly those of the best of them.
Two-sided, the stake is split evenly between "positive" and "negative".

Source: Ville 1939, "Étude critique de la notion de collectif"; de la Peña 1999, Ann. Probab. 27, 537 (the
    product); Ramdas, Ruf, Larsson and Koolen 2020, https://arxiv.org/abs/2009.03167 (betting on symmetry).
"""

import numpy as np

from .signflip import Floats

# For true differences of about 0.3, 0.8 and 2 standard deviations. Measured on normal differences of 0.3, 0.5, 1
# and 2 sd, three do as well as five, whose stakes are thinner.
BOLDNESS = (0.3, 0.8, 2.0)
LOG2 = float(np.log(2.0))
GRID, WIDEST = (257, 4.0)  # values tried for the interval, over four ranges of the data to either side
REFINEMENTS = 3  # each makes the grid 32 times as fine where an end lies


def log_evidence(differences: Floats, value: float | Floats = 0.0) -> tuple[Floats, Floats]:
    """Return the logarithm of E after each difference, for "above value" and for "below value": two [..., t].

    Args:
        differences: [..., t] in the order in which they came.
        value: the centre that is tested, a number or [..., 1].
    """
    x = differences - value
    counts = np.arange(1, x.shape[-1] + 1)
    scale = np.sqrt(np.cumsum(x**2, axis=-1) / counts)
    ratio = np.divide(x, scale, out=np.zeros_like(x), where=scale > 0)
    above, below = [], []
    for boldness in BOLDNESS:
        bet = boldness * ratio
        fair = _log_cosh(bet)
        above.append(np.cumsum(bet - fair, axis=-1))
        below.append(np.cumsum(-bet - fair, axis=-1))
    share = np.log(len(BOLDNESS))
    return (np.logaddexp.reduce(above, axis=0) - share, np.logaddexp.reduce(below, axis=0) - share)


def _log_cosh(x: Floats) -> Floats:
    """Return ``log(cosh(x))`` of the same shape, without overflow."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)) - LOG2)


def floor(n: int) -> float:
    """Return what the two-sided p of n differences cannot fall below.

    ``x_i / scale_i`` is at most the square root of i, and near it where each difference dwarfs all before it. E is
    largest where that is so and all signs are alike: p comes as near to the floor as one likes, and never below.

    >>> [round(floor(n), 4) for n in (1, 6, 7)]
    [1.0, 0.0523, 0.0267]
    """
    bets = np.outer(np.sqrt(np.arange(1, n + 1)), BOLDNESS)
    fair = _log_cosh(bets).sum(axis=0)
    both = np.logaddexp(bets.sum(axis=0) - fair, -bets.sum(axis=0) - fair)
    return float(running_p(np.logaddexp.reduce(both, keepdims=True) - np.log(len(BOLDNESS)) - LOG2)[0])


def running_p(log_evidence: Floats) -> Floats:
    """Return ``p_t = min(1, 1 / max of E up to t)`` [..., t]: it never rises, and holds at any stopping time."""
    most: Floats = np.maximum.accumulate(log_evidence, axis=-1)
    return np.exp(-np.maximum(most, 0.0))


def running_p_two_sided(differences: Floats, value: float | Floats = 0.0) -> Floats:
    """Return the p [..., t] against "the centre is value", after each difference.

    >>> p = running_p_two_sided(np.full(9, 0.01))
    >>> [round(float(each), 3) for each in p[5:]]  # of equal differences six are too few, and seven enough
    [0.072, 0.039, 0.021, 0.011]
    """
    above, below = log_evidence(differences, value)
    return running_p(np.logaddexp(above, below) - LOG2)


def running_p_equivalent(differences: Floats, margin: float) -> Floats:
    """Return the p [..., t] against "the centre lies outside -margin .. margin"; see ``p_equivalent``."""
    if margin == 0:
        return np.ones_like(differences)
    above, _ = log_evidence(differences, -margin)
    _, below = log_evidence(differences, margin)
    return np.maximum(running_p(above), running_p(below))


def anytime_interval(differences: Floats, alpha: float = 0.05) -> tuple[float, float]:
    """Return the ends of a confidence sequence: it holds the centre at all times, with a chance of 1 - alpha.

    It spans all values that the two-sided test has not rejected up to now.

    Args:
        differences: [t] in the order in which they came.
        alpha: 1 - the chance.

    >>> low, high = anytime_interval(np.array([0.9, 1.1, 1.0, 0.95, 1.05, 1.0, 0.9, 1.1]))
    >>> round(low, 2), round(high, 2)
    (0.9, 1.13)
    """
    middle, reach = float(np.median(differences)), float(np.ptp(differences))
    if reach == 0:
        reach = abs(middle) or 1.0
    low, high = middle - WIDEST * reach, middle + WIDEST * reach
    return _end(differences, low, middle, alpha), _end(differences, high, middle, alpha)


def _end(differences: Floats, outer: float, inner: float, alpha: float) -> float:
    """Return the outermost value between outer and inner that is not rejected, rounded outwards."""
    for _ in range(REFINEMENTS):
        values = np.linspace(outer, inner, GRID)
        p = running_p_two_sided(differences[None], values[:, None])[:, -1]
        kept = np.flatnonzero(p > alpha)
        if len(kept) == 0:
            return inner
        if kept[0] == 0:
            return float(np.sign(outer - inner) * np.inf)
        outer, inner = float(values[kept[0] - 1]), float(values[kept[0]])
    return outer
