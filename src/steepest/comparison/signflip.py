"""The exact test of a mean: what flipping signs can do, told by the means of subsets.

Null hypothesis: the n differences are independent and each is as likely to be ``value + x`` as ``value - x``.
Then every one of the 2^n patterns of signs was equally likely, and

    p = share of patterns whose sum of s_i * (d_i - value) is at least the sum seen.

Flipping the signs of a subset A lowers the sum by twice the sum over A of (d_i - value). So a pattern counts
if and only if ``mean of d over A <= value``, or A is empty: the means of all non-empty subsets, computed once,
answer the test for every value, and their order statistics are the interval's ends.

Source: Fisher 1935, "The design of experiments", section 21; Pitman 1937, J. R. Stat. Soc. Suppl. 4, 119 (the
    test); Hartigan 1969, J. Am. Stat. Assoc. 64, 1303 (means of subsets, all or random, as interval); Phipson
    and Smyth 2010, https://arxiv.org/abs/1603.05766 ((b + 1) / (m + 1) where flips are drawn).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT = 20  # the largest n for which all subsets are made: 1,048,575 means, some 50 milliseconds
DRAWN = 99_999  # random subsets beyond: p moves by 0.0007 (one standard error) at p = 0.05
# Differences of accuracies carry rounding of 1e-16 and are seldom below 1e-4: closer means count as tied.
TIED = 1e-9


def subset_means(differences: Floats, seed: int = 0) -> Floats:
    """Return the mean over each subset of the differences, [..., 2^n - 1], or [..., 99,999] random ones.

    Args:
        differences: [..., n]; leading axes are separate comparisons.
        seed: of the random subsets, where n is above 20; an empty one among them has mean NaN.

    >>> np.sort(subset_means(np.array([1.0, 2.0, 6.0])))
    array([1. , 1.5, 2. , 3. , 3.5, 4. , 6. ])
    """
    n = differences.shape[-1]
    if n > EXACT:
        return _random_subset_means(differences, seed)
    sums: Floats = np.zeros((*differences.shape[:-1], 1))
    sizes: Floats = np.zeros(1)
    for unit in range(n):
        sums = np.concatenate([sums, sums + differences[..., unit, None]], axis=-1)
        sizes = np.concatenate([sizes, sizes + 1])
    means: Floats = sums[..., 1:] / sizes[1:]
    return means


def _random_subset_means(differences: Floats, seed: int) -> Floats:
    random, n = np.random.default_rng(seed), differences.shape[-1]
    drawn = np.frombuffer(random.bytes(n * -(-DRAWN // 8)), dtype=np.uint8).reshape(n, -1)
    chosen = np.unpackbits(drawn, axis=1, count=DRAWN).astype(np.float64)
    with np.errstate(invalid="ignore"):
        means: Floats = (differences @ chosen) / chosen.sum(axis=0)
    return means


def p_greater(means: Floats, value: float, tied: Floats | float = 0.0) -> Floats:
    """Return the one-sided p [...] against "the centre is at most ``value``".

    ``p = (1 + #{mean <= value}) / (M + 1)``; the 1 is the empty subset, the signs as they were seen.

    Args:
        means: [..., M] of ``subset_means``.
        value: the centre that is tested.
        tied: how much above the value a mean still counts as equal, [...] or one number.
    """
    tied = np.asarray(tied)[..., None]
    return _share(~(means > value + tied))


def p_less(means: Floats, value: float, tied: Floats | float = 0.0) -> Floats:
    """Return the one-sided p [...] against "the centre is at least ``value``"; see ``p_greater``."""
    tied = np.asarray(tied)[..., None]
    return _share(~(means < value - tied))


def _share(counted: NDArray[np.bool_]) -> Floats:
    share: Floats = (1 + counted.sum(axis=-1)) / (counted.shape[-1] + 1)
    return share


def p_two_sided(means: Floats, tied: Floats | float = 0.0) -> Floats:
    """Return the two-sided p [...] against "the centre is 0": twice the smaller tail, at most 1.

    The patterns come in mirrored couples, so this is also the share of patterns whose sum is at least as far
    from 0 as the one seen.

    >>> float(p_two_sided(subset_means(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))))  # the floor of 5 pairs
    0.0625
    """
    smaller = np.minimum(p_greater(means, 0.0, tied), p_less(means, 0.0, tied))
    p: Floats = np.minimum(1.0, 2 * smaller)
    return p


def interval(means: Floats, alpha: float = 0.05) -> tuple[Floats, Floats]:
    """Return the ends [...] of the interval of centres that the two-sided test does not reject at alpha.

    With ``k = floor(alpha / 2 * (M + 1))`` they are the k-th smallest and the k-th largest mean. Where k is 0
    no centre can ever be rejected, and the interval is the whole line.

    >>> low, high = interval(subset_means(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])))
    >>> float(low), float(high)
    (1.0, 6.0)
    """
    count = means.shape[-1]
    k = int(alpha / 2 * (count + 1) * (1 + 1e-12))  # 0.05 / 2 * 2^n must not fall short by rounding
    if k == 0:
        ends = np.full(means.shape[:-1], np.inf)
        return -ends, ends
    low = np.partition(np.nan_to_num(means, nan=-np.inf), k - 1, axis=-1)[..., k - 1]
    high = np.partition(np.nan_to_num(means, nan=np.inf), count - k, axis=-1)[..., count - k]
    return low, high


def tolerance(differences: Floats) -> Floats:
    """Return how close two means must be to count as tied [...], from differences [..., n]."""
    widest: Floats = TIED * np.abs(differences).max(axis=-1)
    return widest


def floor(n: int) -> float:
    """Return the smallest two-sided p that n differences can reach: ``2^(1 - n)``.

    >>> floor(5), floor(6)
    (0.0625, 0.03125)
    """
    return min(1.0, 2.0 ** (1 - n)) if n <= EXACT else 2.0 / (DRAWN + 1)
