"""Populations of made-up studies, in which the truth is known: for calibration.

All are in fractions of accuracy, around 0.95, and scaled so that the middle half of the differences between two
sides is about as wide as that of a normal with a standard deviation of half a point, save where said.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.random import Generator

from steepest.judge.signflip import Floats

CENTRE = 0.95  # accuracy of a small network on an easy task
SPREAD = 0.005  # half a point: as tuned studies of small networks on 1,000 test images scatter
SIDE = SPREAD / sqrt(2)  # of one side, where the sides are independent
CHANCE = 0.1  # accuracy of a diverged run, among ten classes
DIVERGED = 0.1  # share of runs
Draw = Callable[[Generator, tuple[int, int, int]], Floats]


@dataclass(frozen=True)
class Population:
    """Studies of one rule on several sides.

    Args:
        name: in the table.
        about: one sentence.
        draw: ``(generator, (comparisons, sides, n)) -> accuracy`` of that shape; all sides have the same mean.
        same: whether all sides have the same distribution too, up to the width: then the test's null hypothesis
            holds exactly, and its level is promised.
    """

    name: str
    about: str
    draw: Draw
    same: bool = True

    def spread(self, draws: int = 200_000) -> float:
        """Return the spread of a difference: of the normal with the same quartiles, its standard deviation."""
        a, b = self.draw(np.random.default_rng(1), (1, 2, draws))[0]
        low, high = np.quantile(a - b, [0.25, 0.75])
        return float(high - low) / 1.349  # a normal's quartiles are 1.349 standard deviations apart


def _normal(random: Generator, shape: tuple[int, int, int]) -> Floats:
    shared = random.standard_normal((shape[0], 1, shape[2]))  # of a pair: correlation 1/2
    return CENTRE + SIDE * (shared + random.standard_normal(shape))


def _heavy(random: Generator, shape: tuple[int, int, int]) -> Floats:
    # the difference of two t with 2.1 degrees of freedom has quartiles at -1.34 and 1.34
    return CENTRE + SPREAD * 0.6745 / 1.34 * random.standard_t(2.1, shape)


def _cauchy(random: Generator, shape: tuple[int, int, int]) -> Floats:
    # the difference of two Cauchy is Cauchy with scale 2, whose quartiles are -2 and 2
    return CENTRE + SPREAD * 0.6745 / 2 * random.standard_cauchy(shape)


def _skewed(random: Generator, shape: tuple[int, int, int]) -> Floats:
    # the difference of two standard lognormals has quartiles at -0.93 and 0.93
    return CENTRE - SPREAD * 0.6745 / 0.93 * random.lognormal(0, 1, shape)


def _unequal(random: Generator, shape: tuple[int, int, int]) -> Floats:
    widths = np.where(np.arange(shape[1]) % 2 == 0, 1.0, 4.0)[:, None]  # every other side is four times as wide
    studies = random.lognormal(0, 1, (shape[0], 1, shape[2]))
    return CENTRE + SIDE / 3 * widths * studies * random.standard_normal(shape)


def _tied(random: Generator, shape: tuple[int, int, int]) -> Floats:
    # accuracy on 1,000 images, where most studies differ by none to three images: spread 0.1 points
    return np.round(CENTRE + 0.2 * SIDE * random.standard_normal(shape), 3)


def _dependent(random: Generator, shape: tuple[int, int, int]) -> Floats:
    """Two seeds a study with a study effect on each side, and pairs correlated at 0.8; the unit is the study."""
    seeds = _two_seeds(random, shape).mean(axis=-1)
    shared = sqrt(0.8 / 0.2) * SIDE * random.standard_normal((shape[0], 1, shape[2]))
    means: Floats = CENTRE + shared + seeds
    return means


def _two_seeds(random: Generator, shape: tuple[int, ...]) -> Floats:
    """Return [..., 2]: seeds of a study that share nine tenths of their variance, the study's tuning luck."""
    luck = random.standard_normal((*shape, 1))
    return SIDE * (sqrt(0.9) * luck + sqrt(0.1) * random.standard_normal((*shape, 2)))


def _diverging(random: Generator, shape: tuple[int, int, int]) -> Floats:
    return np.where(random.random(shape) < DIVERGED, CHANCE, _normal(random, shape))


def _seeds_as_units(random: Generator, shape: tuple[int, int, int]) -> Floats:
    comparisons, sides, n = shape
    return CENTRE + _two_seeds(random, (comparisons, sides, n // 2)).reshape(shape)


def _one_side_diverging(random: Generator, shape: tuple[int, int, int]) -> Floats:
    sides = _normal(random, shape)
    lost = random.random((shape[0], shape[2])) < DIVERGED
    # what the first side loses where it diverges it gains elsewhere: the means are equal
    gain = DIVERGED * (CENTRE - CHANCE) / (1 - DIVERGED)
    sides[:, 0] = np.where(lost, CHANCE, sides[:, 0] + gain)
    return sides


def _one_side_skewed(random: Generator, shape: tuple[int, int, int]) -> Floats:
    sides = CENTRE + SIDE * random.standard_normal(shape)
    width = sqrt((exp(0.25) - 1) * exp(0.25))  # standard deviation of a lognormal(0, 0.5)
    lognormal = random.lognormal(0, 0.5, (shape[0], shape[2]))
    sides[:, 0] = CENTRE - SIDE / width * (lognormal - exp(0.125))  # less its mean
    return sides


NORMAL = Population("normal", "normal, pairs correlated at 0.5", _normal)
POPULATIONS = (
    NORMAL,
    Population("heavy tails", "Student's t with 2.1 degrees of freedom", _heavy),
    Population("Cauchy", "so heavy that no mean exists; the centre is compared", _cauchy),
    Population("skewed", "minus a lognormal: rarely good, sometimes much worse", _skewed),
    Population(
        "unequal variance",
        "one side four times as wide as the other, and each study with a width of its own",
        _unequal,
    ),
    Population("ties", "accuracy in steps of 1/1000, a tenth of a point wide", _tied),
    Population("dependence", "two seeds share a study's luck, pairs correlated at 0.8", _dependent),
    Population("diverging", "normal, but a tenth of the runs ends at chance", _diverging),
)
# What the test does not promise: equal means, but not the same distribution; or the wrong unit.
STRESS = (
    Population(
        "one side skewed",
        "a lognormal (0, 0.5) turned round against a normal, means and variances equal",
        _one_side_skewed,
        same=False,
    ),
    Population(
        "one side diverging",
        "one side loses a tenth of its runs, and is better elsewhere: equal means",
        _one_side_diverging,
        same=False,
    ),
    Population(
        "seeds taken for studies",
        "two seeds share nine tenths of their variance, and are counted as two units: wrong",
        _seeds_as_units,
        same=False,
    ),
)
