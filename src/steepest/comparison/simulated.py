"""The calibration's lines on simulated studies: every mode of the judge on every population."""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.random import Generator

from .batches import Judge, judge_fixed, judge_watched, pairs_of
from .calibrating import AT_MARGIN, AT_ZERO, BETWEEN, Experiment, Families, Truth
from .equivalence import BETTER, EQUIVALENT
from .measure import POINTS
from .signflip import Floats
from .simulation import NORMAL, POPULATIONS, STRESS, Population

STUDIES = 10  # the default of `compare`
MAXIMUM = 100  # the default of --max-seeds
ONE = ((0, 1),)
THREE = ((0, 1), (0, 2), (1, 2))
WIDE = 1.5  # the margin of the equivalence lines, in spreads: 4.7 standard errors of ten studies
NARROW = (
    1.0  # the margin where both claims stand in one table, in spreads: the worst of those tried
)
FIXED, WATCHED = "fixed n", "until decided"
HOLM, EQUIVALENCE = ", three pairs (Holm)", ", equivalence"


def experiments() -> Iterator[Experiment]:
    """Yield every line on simulated studies, in the table's order."""
    yield from (one_pair(FIXED, NORMAL, n) for n in (6, 14, 30))
    for mode, n in ((FIXED, STUDIES), (WATCHED, MAXIMUM)):
        yield from (one_pair(mode, each, n) for each in POPULATIONS)
        yield from (three_pairs(mode, each, n) for each in POPULATIONS)
        yield from (equivalence(mode, each, n) for each in POPULATIONS)
    yield both_claims(STUDIES)


def limits() -> Iterator[Experiment]:
    """Yield the lines where the judge's level is not promised: what its assumptions are worth."""
    for each in STRESS:
        yield one_pair(FIXED, each, STUDIES)
        yield one_pair(WATCHED, each, MAXIMUM)


@cache
def spread_of(population: Population) -> float:
    """Return a population's spread, measured once."""
    return population.spread()


def one_pair(mode: str, population: Population, n: int) -> Experiment:
    """Return the line of one pair: no difference, against a planted one of a spread."""
    effect = spread_of(population)
    return Experiment(
        mode=mode,
        population=population.name,
        n=n,
        judge=judge_of(mode),
        margin=0.0,
        null=Truth(families(population, n, (0, 0)), (AT_ZERO,)),
        planted=Truth(families(population, n, (effect, 0)), (BETWEEN,), ((BETTER,),)),
        effect=told(effect),
        promised=population.same,
        # beyond 10 differences each comparison takes 16,384 patterns, or 99,999 random ones
        share=0.5 if mode == FIXED and n > STUDIES else 1.0,
    )


def three_pairs(mode: str, population: Population, n: int) -> Experiment:
    """Return the line of three sides: none differs, against the first being a spread better than the others."""
    effect = spread_of(population)
    return Experiment(
        mode=mode + HOLM,
        population=population.name,
        n=n,
        judge=judge_of(mode),
        margin=0.0,
        null=Truth(families(population, n, (0, 0, 0), THREE), (AT_ZERO,) * 3),
        planted=Truth(
            families(population, n, (effect, 0, 0), THREE),
            (BETWEEN, BETWEEN, AT_ZERO),
            ((BETTER,), (BETTER,), ()),
        ),
        effect=told(effect),
    )


def equivalence(mode: str, population: Population, n: int) -> Experiment:
    """Return the line of a difference that just matters, against none."""
    margin = WIDE * spread_of(population)
    return Experiment(
        mode=mode + EQUIVALENCE,
        population=population.name,
        n=n,
        judge=judge_of(mode),
        margin=margin,
        null=Truth(families(population, n, (margin, 0)), (AT_MARGIN,)),
        planted=Truth(families(population, n, (0, 0)), (AT_ZERO,), ((EQUIVALENT,),)),
        effect=f"none; margin {POINTS.told(margin)}",
    )


def both_claims(n: int) -> Experiment:
    """Return the line of two pairs, where of one "different" is false, and of the other "equivalent"."""
    margin = NARROW * spread_of(NORMAL)
    draw = families(NORMAL, n, (margin, 0, 0, 0), ((0, 1), (2, 3)))
    false = (AT_MARGIN, AT_ZERO)
    return Experiment(
        mode=FIXED + ", two pairs, false claims of both kinds",
        population=NORMAL.name,
        n=n,
        judge=judge_fixed,
        margin=margin,
        null=Truth(draw, false),
        planted=Truth(draw, false, ((BETTER,), (EQUIVALENT,))),
        effect=f"one pair at the margin of {POINTS.told(margin)}, one alike",
        share=2.0,
    )


def judge_of(mode: str) -> Judge:
    """Return what makes a mode's verdicts."""
    return judge_fixed if mode == FIXED else judge_watched


def families(
    population: Population,
    n: int,
    shifts: tuple[float, ...],
    which: tuple[tuple[int, int], ...] = ONE,
) -> Families:
    """Return what draws families of differences from a population.

    Args:
        population: of the sides.
        n: differences a pair.
        shifts: added to each side's accuracy.
        which: the pairs, by sides.
    """

    def draw(random: Generator, comparisons: int) -> Floats:
        sides = population.draw(random, (comparisons, len(shifts), n))
        return pairs_of(sides + np.array(shifts)[:, None], which)

    return draw


def told(effect: float) -> str:
    """Return a planted effect of one spread in words."""
    return f"1 spread, {POINTS.told(effect)}"
