"""The calibration's lines on simulated studies: every mode of the judge on every population."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.random import Generator

from calibration.batches import Judge, Kinds, judge_crossed, judge_fixed, judge_watched, pairs_of
from calibration.calibrating import AT_MARGIN, AT_ZERO, BETWEEN, Experiment, Families, Truth
from calibration.simulation import NORMAL, POPULATIONS, STRESS, Population
from steepest.judge.measure import POINTS
from steepest.judge.signflip import BETTER, EQUIVALENT, Floats

STUDIES = 10  # the default of `compare`
MAXIMUM = 100  # the default of --max-seeds
ONE = ((0, 1),)
THREE = ((0, 1), (0, 2), (1, 2))
WIDE = 1.5  # the margin of the equivalence lines, in spreads: 4.7 standard errors of ten studies
NARROW = 1.0  # the margin where both claims stand in one table, in spreads: the worst of those tried
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
    yield from image_experiments()


def limits() -> Iterator[Experiment]:
    """Yield the lines where the judge's level is not promised: what its assumptions are worth."""
    for each in STRESS:
        yield one_pair(FIXED, each, STUDIES)
        yield one_pair(WATCHED, each, MAXIMUM)
    yield from image_limits()


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
            families(population, n, (effect, 0, 0), THREE), (BETWEEN, BETWEEN, AT_ZERO), ((BETTER,), (BETTER,), ())
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
    population: Population, n: int, shifts: tuple[float, ...], which: tuple[tuple[int, int], ...] = ONE
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


# The calibration's lines on made-up tables of right and wrong images, and on made-up times to a target.


IMAGE_STUDIES, IMAGES = 10, 500
EASY, HARDNESS = 2.5, 2.0  # logits of being right, over images: some 86 % are
LUCK = 0.15  # of a study, in logits: half a point
GAIN = 0.4  # planted, in logits
EPOCH = 47.0  # steps: 6,000 images in batches of 128
HURRY = np.log(0.7)  # planted: the candidate needs 30 % fewer steps


@dataclass(frozen=True)
class Tables:
    """Made-up sides that are right or wrong on images.

    Args:
        name: in the table.
        taste: standard deviation over images, in logits, of how much better one side is on an image than on
            average, and the other worse.
    """

    name: str
    taste: float

    def draw(self, gain: float, random: Generator, comparisons: int) -> Floats:
        """Return the differences [comparisons, n, images] of two sides; the first is ``gain`` logits better."""
        easy = EASY + HARDNESS * random.standard_normal((comparisons, 1, IMAGES))
        taste = self.taste * random.standard_normal((comparisons, 1, IMAGES))
        first = self._right(easy + taste + gain, random)
        return first - self._right(easy - taste, random)

    def _right(self, logits: Floats, random: Generator) -> Floats:
        comparisons = len(logits)
        luck = LUCK * random.standard_normal((comparisons, IMAGE_STUDIES, 1))
        chance = 1 / (1 + np.exp(-(logits + luck)))
        return (random.random(chance.shape) < chance).astype(np.float64)


TABLES = (Tables("images, sides alike", taste=0.0), Tables("images, each side better on its own", taste=1.0))


@dataclass(frozen=True)
class Times:
    """Made-up times to a target, in whole epochs, given up at a budget.

    Args:
        name: in the table.
        width: of one side's log time.
        never: share of runs that never arrive, whatever the budget.
        budget: in steps.
    """

    name: str
    width: float
    never: float
    budget: float

    def draw(self, hurry: float, random: Generator, comparisons: int) -> Floats:
        """Return the restricted time saved [comparisons, 1, n]; the first side's log time is less by -hurry."""
        shape = (comparisons, 2, IMAGE_STUDIES)
        shared = random.standard_normal((comparisons, 1, IMAGE_STUDIES))
        log_time = np.log(500.0) + self.width * (shared + random.standard_normal(shape))
        log_time[:, 0] += hurry
        times = np.ceil(np.exp(log_time) / EPOCH) * EPOCH
        times[random.random(shape) < self.never] = np.inf
        restricted = np.minimum(times, self.budget)
        saved: Floats = restricted[:, 1] - restricted[:, 0]
        return saved[:, None]


TIMES = (
    Times("times, 3 of 10 censored", width=0.3, never=0.0, budget=620.0),
    Times("times, wide, a tenth never arrives", width=1.0, never=0.1, budget=2000.0),
)


def image_experiments() -> Iterator[Experiment]:
    """Yield the lines on new images and on times."""
    yield from (_images(each, "new images", judge_crossed) for each in TABLES)
    yield from (_times(each) for each in TIMES)


def image_limits() -> Iterator[Experiment]:
    """Yield the line that shows what goes wrong where a verdict for these images is taken for one for all."""
    yield _images(TABLES[1], "fixed n, taken for new images", judge_these_images, promised=False)


def judge_these_images(tables: Floats, margin: float) -> Kinds:
    """Return the verdicts that hold on the test images at hand, for tables [comparisons, n, images]."""
    return judge_fixed(tables.mean(axis=-1)[:, None], margin)


def _images(tables: Tables, mode: str, judge: Judge, promised: bool = True) -> Experiment:
    points = float(tables.draw(GAIN, np.random.default_rng(1), 400).mean())
    return Experiment(
        mode=mode,
        population=tables.name,
        n=IMAGE_STUDIES,
        judge=judge,
        margin=0.0,
        null=Truth(partial(tables.draw, 0.0), (AT_ZERO,)),
        planted=Truth(partial(tables.draw, GAIN), (BETWEEN,), ((BETTER,),)),
        effect=f"{GAIN:g} logits, {POINTS.told(points)}",
        promised=promised,
    )


def _times(times: Times) -> Experiment:
    return Experiment(
        mode="time to target",
        population=times.name,
        n=IMAGE_STUDIES,
        judge=judge_fixed,
        margin=0.0,
        null=Truth(partial(times.draw, 0.0), (AT_ZERO,)),
        planted=Truth(partial(times.draw, HURRY), (BETWEEN,), ((BETTER,),)),
        effect="30 % fewer steps",
    )
