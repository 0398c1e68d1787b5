"""The calibration's lines on made-up tables of right and wrong images, and on made-up times to a target."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator

from .batches import Judge, Kinds, judge_crossed, judge_fixed
from .calibrating import AT_ZERO, BETWEEN, Experiment, Truth
from .equivalence import BETTER
from .measure import POINTS
from .signflip import Floats

STUDIES, IMAGES = 10, 500
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
        luck = LUCK * random.standard_normal((comparisons, STUDIES, 1))
        chance = 1 / (1 + np.exp(-(logits + luck)))
        return (random.random(chance.shape) < chance).astype(np.float64)


TABLES = (
    Tables("images, sides alike", taste=0.0),
    Tables("images, each side better on its own", taste=1.0),
)


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
        shape = (comparisons, 2, STUDIES)
        shared = random.standard_normal((comparisons, 1, STUDIES))
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


def experiments() -> Iterator[Experiment]:
    """Yield the lines on new images and on times."""
    yield from (_images(each, "new images", judge_crossed) for each in TABLES)
    yield from (_times(each) for each in TIMES)


def limits() -> Iterator[Experiment]:
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
        n=STUDIES,
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
        n=STUDIES,
        judge=judge_fixed,
        margin=0.0,
        null=Truth(partial(times.draw, 0.0), (AT_ZERO,)),
        planted=Truth(partial(times.draw, HURRY), (BETWEEN,), ((BETTER,),)),
        effect="30 % fewer steps",
    )
