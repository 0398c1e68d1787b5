"""Equivalence within a margin, and how the four verdicts follow from two p-values."""

import numpy as np
from numpy.typing import NDArray

from .signflip import Floats, p_greater, p_less

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
    """
    if margin == 0:
        return np.ones(means.shape[:-1])
    return np.maximum(p_greater(means, -margin, tied), p_less(means, margin, tied))


def decide(
    p: Floats, p_within: Floats, side: Floats | NDArray[np.int64], alpha: float
) -> NDArray[np.str_]:
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
    """
    different = p <= alpha
    kinds: NDArray[np.str_] = np.select(
        [p_within <= alpha, different & (side > 0), different & (side < 0)],
        [EQUIVALENT, BETTER, WORSE],
        UNDECIDED,
    )
    return kinds
