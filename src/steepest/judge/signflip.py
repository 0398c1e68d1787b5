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

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT = 20  # the largest n for which all subsets are made: 1,048,575 means, some 50 milliseconds
DRAWN = 99_999  # random subsets beyond: p moves by 0.0007 (one standard error) at p = 0.05
# Differences of accuracies carry rounding of 1e-16 and are seldom below 1e-4: closer means count as tied.
TIED = 1e-9
PART = 4096  # means of a million tell nearly where the smallest fortieth ends
AT_ONCE = 1 << 17  # numbers that are worked on together: a megabyte stays in a processor's cache


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
    means: Floats = _subset_sums(differences)[..., 1:]
    means /= _subset_sizes(n)
    return means


def _subset_sums(differences: Floats) -> Floats:
    """Return the sum over each subset [..., 2^n], the empty one first: half of them again with one unit more."""
    n = differences.shape[-1]
    sums: Floats = np.empty((*differences.shape[:-1], 1 << n))
    sums[..., 0] = 0
    for unit in range(n):
        half = 1 << unit
        np.add(sums[..., :half], differences[..., unit, None], out=sums[..., half : 2 * half])
    return sums


@lru_cache(1)
def _subset_sizes(n: int) -> Floats:
    return _subset_sums(np.ones(n))[1:]


def _random_subset_means(differences: Floats, seed: int) -> Floats:
    """Return means of random subsets; a few thousand at a time, so that many units take no more memory."""
    random, n = np.random.default_rng(seed), differences.shape[-1]
    drawn = np.frombuffer(random.bytes(n * -(-DRAWN // 8)), dtype=np.uint8).reshape(n, -1)
    means: Floats = np.empty((*differences.shape[:-1], DRAWN))
    step = max(1, AT_ONCE // (8 * n))
    for start in range(0, drawn.shape[1], step):
        chosen = np.unpackbits(drawn[:, start : start + step], axis=1).astype(np.float64)
        few = means[..., 8 * start : 8 * (start + step)]
        chosen = chosen[:, : few.shape[-1]]
        with np.errstate(invalid="ignore"):
            np.divide(differences @ chosen, chosen.sum(axis=0), out=few)
    return means


def p_greater(means: Floats, value: float, tied: Floats | float = 0.0) -> Floats:
    """Return the one-sided p [...] against "the centre is at most ``value``".

    ``p = (1 + #{mean <= value}) / (M + 1)``; the 1 is the empty subset, the signs as they were seen.

    Args:
        means: [..., M] of ``subset_means``.
        value: the centre that is tested.
        tied: how much above the value a mean still counts as equal, [...] or one number.

    >>> float(p_greater(subset_means(np.array([1.0, 2.0, 3.0])), 0.0))  # all three above: one pattern of eight
    0.125
    """
    tied = np.asarray(tied)[..., None]
    return _share(~(means > value + tied))


def p_less(means: Floats, value: float, tied: Floats | float = 0.0) -> Floats:
    """Return the one-sided p [...] against "the centre is at least ``value``"; see ``p_greater``."""
    tied = np.asarray(tied)[..., None]
    return _share(~(means < value - tied))


def _share(counted: NDArray[np.bool_]) -> Floats:
    flat = counted.ndim == 1  # then it is counted ten times as fast
    count = np.asarray(np.count_nonzero(counted)) if flat else counted.sum(axis=-1)
    share: Floats = (1 + count) / (counted.shape[-1] + 1)
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
    if means.ndim == 1 and not np.isnan(means).any():
        return _smallest(means, k), -_smallest(-means, k)
    low = np.partition(np.nan_to_num(means, nan=-np.inf), k - 1, axis=-1)[..., k - 1]
    high = np.partition(np.nan_to_num(means, nan=np.inf), count - k, axis=-1)[..., count - k]
    return low, high


def _smallest(values: Floats, k: int) -> Floats:
    """Return the k-th smallest [] of values [M]; sought among those that a part of them shows to be small."""
    part = values[:: max(1, len(values) // PART)]
    bound = np.partition(part, place := min(len(part) - 1, 2 * k * len(part) // len(values)))[place]
    small = values[values <= bound]
    found = small if len(small) >= k else values
    return np.asarray(np.partition(found, k - 1)[k - 1])


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


# Equivalence within a margin, and how the four verdicts follow from two p-values.


UNDECIDED, BETTER, WORSE, EQUIVALENT = KINDS = ("undecided", "better", "worse", "equivalent")


def p_equivalent(means: Floats, margin: float, tied: Floats | float = 0.0) -> Floats:
    """Return the p [...] against "the centre lies outside -margin .. margin": two one-sided tests.

    ``p = max(p of "centre <= -margin", p of "centre >= margin")``; each is a sign-flip test, and since both must
    reject there is nothing to correct for.

    Args:
        means: [..., M] of ``subset_means``.
        margin: the largest difference that does not matter, above 0; 0 asks for no equivalence: p is 1.
        tied: see ``p_greater``.

    Source: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657.

    >>> float(p_equivalent(subset_means(np.array([0.1, -0.2, 0.0, 0.1, -0.1])), margin=0.5))
    0.03125
    """
    if margin == 0:
        return np.ones(means.shape[:-1])
    return np.maximum(p_greater(means, -margin, tied), p_less(means, margin, tied))


def decide(p: Floats, p_within: Floats, side: Floats | NDArray[np.int64], alpha: float) -> NDArray[np.str_]:
    """Return the kind of verdict [...] for each comparison.

    Equivalent where ``p_within <= alpha``; else better or worse where ``p <= alpha``; else undecided. A difference
    that is certain and yet within the margin is called equivalent: the margin says that it does not matter.

    One pair's chance of any false verdict is at most alpha, with nothing to correct for. If the true difference is
    0, only better and worse are false, and their test has level alpha. If it is at least the margin, equivalent
    and worse are false, and either of them needs "it is at least the margin" to be rejected, at level alpha.
    In between, only the wrong sign is false, at alpha / 2.

    Args:
        p: [...], two-sided, against no difference (adjusted, where there are several pairs).
        p_within: [...], of ``p_equivalent`` (adjusted likewise).
        side: [...], above 0 where the evidence is for better, below 0 where it is for worse.
        alpha: the level.

    Source: Goeman, Solari and Stijnen 2010, Stat. Med. 29, 2117 (three-sided testing).

    >>> decide(np.array([0.01, 0.01, 0.6]), np.array([1.0, 0.02, 1.0]), np.array([-1, 1, 1]), 0.05).tolist()
    ['worse', 'equivalent', 'undecided']
    """
    different = p <= alpha
    kinds: NDArray[np.str_] = np.select(
        [p_within <= alpha, different & (side > 0), different & (side < 0)], [EQUIVALENT, BETTER, WORSE], UNDECIDED
    )
    return kinds


# Several comparisons at once: p-values that stay honest however many pairs are asked about.


def holm(p: Floats) -> Floats:
    """Return Holm's adjusted p-values [..., m]: reject where they are at most alpha.

    Sorted ascending, ``adjusted_(k) = max over j <= k of min(1, (m - j + 1) * p_(j))``. Whatever the dependence
    between the pairs, the chance that even one true null hypothesis is rejected is at most alpha.

    Args:
        p: [..., m]; leading axes are separate families.

    Source: Holm 1979, Scand. J. Stat. 6, 65.

    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    m = p.shape[-1]
    order = np.argsort(p, axis=-1, kind="stable")
    scaled = np.take_along_axis(p, order, axis=-1) * np.arange(m, 0, -1)
    stepped = np.minimum(1.0, np.maximum.accumulate(scaled, axis=-1))
    adjusted = np.empty_like(stepped)
    np.put_along_axis(adjusted, order, stepped, axis=-1)
    return adjusted


def bonferroni(p: Floats) -> Floats:
    """Return Bonferroni's adjusted p-values [..., m]: ``min(1, m * p)``.

    The claims of equivalence are adjusted so. Holm lends the share of a pair that was found different to the other
    pairs; were that pair's share spent on its equivalence too, the two kinds of false claim in one table could add
    up: to 7.1 % in the worst arrangement that we found, against 5.6 % so.

    >>> bonferroni(np.array([0.01, 0.04, 0.5]))
    array([0.03, 0.12, 1.  ])
    """
    adjusted: Floats = np.minimum(1.0, p.shape[-1] * p)
    return adjusted
