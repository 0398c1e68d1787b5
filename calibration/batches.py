"""The judge's verdicts on many comparisons at once, as fast as calibration needs them.

A family is what is judged together: differences [comparisons, pairs, n] give kinds [comparisons, pairs]. The
p-values, Holm and the rule that decides are the functions that ``judge`` calls, and a test holds the two equal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steepest.judge import signflip
from steepest.judge.anytime import running_p_equivalent, running_p_two_sided
from steepest.judge.images import Crossed
from steepest.judge.sequential import side_of
from steepest.judge.signflip import UNDECIDED, Floats, bonferroni, decide, holm, p_equivalent

NUMBERS = 4_000_000  # held at once: 32 megabytes a table


@dataclass(frozen=True)
class Kinds:
    """Verdicts on families.

    Args:
        kinds: [comparisons, pairs].
        used: differences a verdict took, [comparisons, pairs].
    """

    kinds: NDArray[np.str_]
    used: NDArray[np.int64]


def judge_fixed(families: Floats, margin: float, alpha: float = 0.05) -> Kinds:
    """Return the verdicts of ``judge_all`` on families [comparisons, pairs, n]."""
    n = families.shape[-1]
    subsets = 2**n if n <= signflip.EXACT else signflip.DRAWN
    rows = families.reshape(-1, n)
    size = max(1, NUMBERS // subsets)
    parts = [_sign_flips(rows[at : at + size], margin) for at in range(0, len(rows), size)]
    p, within = (np.concatenate([part[which] for part in parts]).reshape(families.shape[:-1]) for which in (0, 1))
    kinds = decide(holm(p), bonferroni(within), families.mean(axis=-1), alpha)
    return Kinds(kinds, np.full(kinds.shape, n))


def _sign_flips(rows: Floats, margin: float) -> tuple[Floats, Floats]:
    means, tied = signflip.subset_means(rows), signflip.tolerance(rows)
    return signflip.p_two_sided(means, tied), p_equivalent(means, margin, tied)


def judge_watched(families: Floats, margin: float, alpha: float = 0.05) -> Kinds:
    """Return the verdicts of ``judge_all_anytime`` looked at after every difference: each pair's first verdict.

    Args:
        families: [comparisons, pairs, maximum].
        margin: as in ``judge``.
        alpha: the level.
    """
    size = max(1, NUMBERS // families[0].size // 8)  # eight tables of this size are held
    parts = [_watched(families[at : at + size], margin, alpha) for at in range(0, len(families), size)]
    return Kinds(np.concatenate([part.kinds for part in parts]), np.concatenate([part.used for part in parts]))


def _watched(families: Floats, margin: float, alpha: float) -> Kinds:
    p = np.swapaxes(running_p_two_sided(families), -1, -2)  # [comparisons, t, pairs]: Holm over the last
    within = np.swapaxes(running_p_equivalent(families, margin), -1, -2)
    side = np.swapaxes(side_of(families), -1, -2)
    kinds = decide(holm(p), bonferroni(within), side, alpha)
    decided = kinds != UNDECIDED
    first = np.where(decided.any(axis=1), decided.argmax(axis=1), families.shape[-1] - 1)
    return Kinds(np.take_along_axis(kinds, first[:, None], axis=1)[:, 0], first + 1)


def judge_crossed(tables: Floats, margin: float, alpha: float = 0.05) -> Kinds:
    """Return the verdicts of ``judge_images`` on tables [comparisons, n, images]."""
    narrow, within_narrow = _sign_flips(tables.mean(axis=-1), margin)
    wide = Crossed.of(tables)
    p = 2 * np.minimum(wide.p_greater(0.0), wide.p_less(0.0))
    within = np.maximum(wide.p_greater(-margin), wide.p_less(margin))
    kinds = decide(np.maximum(p, narrow), np.maximum(within, within_narrow), wide.mean, alpha)
    return Kinds(kinds[:, None], np.full((len(kinds), 1), tables.shape[1]))


def pairs_of(sides: Floats, which: tuple[tuple[int, int], ...]) -> Floats:
    """Return the differences [comparisons, pairs, n] of sides [comparisons, sides, n]: first minus second."""
    return np.stack([sides[:, first] - sides[:, second] for first, second in which], axis=1)


Judge = Callable[[Floats, float], Kinds]
