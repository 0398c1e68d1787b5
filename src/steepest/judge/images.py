"""A verdict for new test images too: units and images both drawn from a wider population.

McNemar's question, whether two classifiers are right on different images, asked of several pairs of them at once.

Of one unit u and one image i, ``d_ui`` is whether the candidate was right minus whether the reference was. The
same images are shared by all units, so the table [n, I] has two sources of chance, and the variance of its mean is
estimated from both:

    r_u = mean over images - mean,    c_i = mean over units - mean
    variance = sum r_u^2 / (n (n - 1)) + sum c_i^2 / (I (I - 1))

That is the variance of the crossed ("pigeonhole") bootstrap, which draws rows and columns anew, independently of
each other; written down instead of drawn, with n - 1 for n, and without the bootstrap's third term. It errs on
the safe side by one share of the noise that belongs to neither, since both sums hold it. The quantile is Student's
with Satterthwaite's degrees of freedom.

Source: Owen 2007, Ann. Appl. Stat. 1, 386 (the bootstrap and its variance);
    Satterthwaite 1946, Biometrics Bull. 2, 110 (degrees of freedom).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit  # scipy.stats takes a second to load

from ..errors import UserError
from .measure import POINTS, Measure
from .signflip import AT_ONCE, Floats
from .sizing import more_units
from .verdict import Evidence, Pair, Verdict, conclude, gather

RESAMPLES = 999  # of rows and columns, for the cross-check


@dataclass(frozen=True)
class Crossed:
    """Mean and standard error of tables [..., n, I] over both their axes.

    Args:
        mean: [...].
        rows: variance of the mean [...] from the units.
        columns: variance of the mean [...] from the images.
        freedom: Satterthwaite's degrees of freedom [...].
    """

    mean: Floats
    rows: Floats
    columns: Floats
    freedom: Floats

    @property
    def error(self) -> Floats:
        """The standard error of the mean [...]."""
        return np.sqrt(self.rows + self.columns)

    @classmethod
    def of(cls, table: Floats) -> "Crossed":
        """Return the crossed estimates of tables [..., n, I] with at least two rows and columns."""
        return cls.of_margins(table.mean(axis=-1), table.mean(axis=-2))

    @classmethod
    def of_margins(cls, by_unit: Floats, by_image: Floats) -> "Crossed":
        """Return the same from the row means [..., n] and the column means [..., I]."""
        n, images = by_unit.shape[-1], by_image.shape[-1]
        rows = by_unit.var(axis=-1, ddof=1) / n
        columns = by_image.var(axis=-1, ddof=1) / images
        squares = rows**2 / (n - 1) + columns**2 / (images - 1)
        freedom = np.divide((rows + columns) ** 2, squares, out=np.ones_like(squares), where=squares > 0)
        return cls(by_unit.mean(axis=-1), rows, columns, freedom)

    def p_greater(self, value: float) -> Floats:
        """Return the one-sided p [...] against "the mean over both populations is at most value"."""
        return self._tail(self.mean - value)

    def p_less(self, value: float) -> Floats:
        """Return the one-sided p [...] against "it is at least value"."""
        return self._tail(value - self.mean)

    def _tail(self, distance: Floats) -> Floats:
        error = self.error
        # a table without any scatter leaves nothing to doubt, save where it is exactly on the value
        sure = np.where(distance > 0, np.inf, np.where(distance < 0, -np.inf, 0.0))
        score = np.divide(distance, error, out=sure, where=error > 0)
        return np.asarray(stdtr(self.freedom, -score))

    def interval(self, alpha: float) -> tuple[Floats, Floats]:
        """Return the ends [...] of the interval at 1 - alpha."""
        reach = -stdtrit(self.freedom, alpha / 2) * self.error
        return self.mean - reach, self.mean + reach


def judge_images(
    correct_a: ArrayLike, correct_b: ArrayLike, *, margin: float, alpha: float = 0.05, measure: Measure = POINTS
) -> Verdict:
    """Return the verdict on one pair for new units and new images; see ``judge_all_images``.

    >>> draw = np.random.default_rng(0)
    >>> reference, candidate = draw.random((2, 8, 300)) < np.array([0.80, 0.95])[:, None, None]
    >>> verdict = judge_images(candidate, reference, margin=0.005)
    >>> verdict.kind, verdict.method
    ('better', 'exact, and crossed over 300 images')
    """
    tables = {0: (correct_a, correct_b)}
    return judge_all_images(tables, margin=margin, alpha=alpha, measure=measure)[0]


def judge_all_images(
    correct: Mapping[Pair, tuple[ArrayLike, ArrayLike]],
    *,
    margin: float,
    alpha: float = 0.05,
    measure: Measure = POINTS,
) -> dict[Pair, Verdict]:
    """Return the verdict on every pair for the wider population: new units, and new images of the same kind.

    Assumes that units are independent of each other, images too, and units of images; the sign-flip test besides
    what ``judge_all`` assumes. Null hypotheses as there, of the mean over both populations. Statistics: the mean
    against flips of sign over units, which is exact for few units; and ``mean / error`` of ``Crossed`` against
    Student's t, which holds for new images, approximately and for many. Both must agree: p is the larger of their
    two, and the interval spans both of theirs. So the level is at most that of either.

    Args:
        correct: for each pair, which images the candidate and the reference got right: two tables [n, I], one row
            a unit, of True and False or, where a unit is the mean of several classifiers, shares in [0, 1].
        margin: the largest difference in accuracy that does not matter.
        alpha: the level.
        measure: how differences are printed.

    Raises:
        UserError: the tables do not fit each other, or have fewer than two rows or columns.
    """
    tables = {pair: _difference(*both) for pair, both in correct.items()}
    evidence = {pair: _evidence(table, margin, alpha) for pair, table in tables.items()}

    def more(pair: Pair, level: float) -> tuple[int | None, str]:
        columns = float(Crossed.of(tables[pair]).columns)
        needed, why = more_units(tables[pair].mean(axis=1), margin, level, fixed=columns)
        images = f"{tables[pair].shape[1]:,}"
        return (needed, why and f"{why}, or the {images} test images are too few")

    return conclude(evidence, more, margin, alpha, measure)


def _evidence(table: Floats, margin: float, alpha: float) -> Evidence:
    """Return the evidence of a table [n, I]: of both tests, what is weaker."""
    narrow, wide = gather(table.mean(axis=1), margin, alpha), Crossed.of(table)
    low, high = (float(end) for end in wide.interval(alpha))
    different = 2 * min(float(wide.p_greater(0.0)), float(wide.p_less(0.0)))
    within = max(float(wide.p_greater(-margin)), float(wide.p_less(margin)))
    around = pigeonhole_interval(table, alpha)
    return replace(
        narrow,
        low=min(narrow.low, low),
        high=max(narrow.high, high),
        bootstrap_low=around[0],
        bootstrap_high=around[1],
        p=max(narrow.p, min(1.0, different)),
        p_equivalent=max(narrow.p_equivalent, within),
        method=f"{narrow.method}, and crossed over {table.shape[1]:,} images",
    )


def pigeonhole_interval(table: Floats, alpha: float, seed: int = 0) -> tuple[float, float]:
    """Return the percentile interval of the mean of a table [n, I] by the crossed bootstrap, a cross-check.

    Each resample draws n rows and I columns with replacement, independently of each other.

    Source: Owen 2007, Ann. Appl. Stat. 1, 386.
    """
    n, images = table.shape
    rows, columns = _drawn_anew(n, seed), _drawn_anew(images, seed + 1)
    step = max(1, AT_ONCE // images)
    sums = [columns[start : start + step] @ table.T for start in range(0, RESAMPLES, step)]
    means = np.einsum("ru,ru->r", rows, np.concatenate(sums)) / (n * images)
    low, high = np.quantile(means, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


@lru_cache(2)
def _drawn_anew(count: int, seed: int) -> NDArray[np.uint8]:
    """Return how often each of ``count`` comes when as many are drawn with replacement, [RESAMPLES, count]."""
    random = np.random.default_rng(seed)
    draws = (random.integers(0, count, count) for _ in range(RESAMPLES))
    return np.array([np.bincount(each, minlength=count).astype(np.uint8) for each in draws])


def _difference(correct_a: ArrayLike, correct_b: ArrayLike) -> Floats:
    a, b = np.asarray(correct_a, dtype=np.float64), np.asarray(correct_b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 2:
        raise UserError(
            "New images need two equal tables [units, images] with at least 2 of each; "
            f"{list(a.shape)} and {list(b.shape)} came."
        )
    return a - b
