"""Whether "so many more would probably decide" comes true as often as it says."""

from dataclasses import dataclass

import numpy as np

from .batches import judge_fixed, pairs_of
from .equivalence import UNDECIDED
from .simulation import Population
from .sizing import more_units

SO_FAR = 10  # the default of `compare`
FOLLOWED = 100  # units in all: the default of --max-seeds
TRUTHS = 2.0  # spreads: true differences are drawn evenly from minus to plus so many
MARGIN = 1.0  # spreads


@dataclass(frozen=True)
class Forecast:
    """How forecasts on a population came out.

    Args:
        population: its name.
        asked: undecided comparisons with a number forecast.
        decided: those that the number decided.
        beyond: undecided comparisons whose number was above a hundred in all, and that were not followed.
        median: number forecast.
    """

    population: str
    asked: int
    decided: int
    beyond: int
    median: float


def forecast(population: Population, comparisons: int, seed: int = 0) -> Forecast:
    """Return how many forecasts come true when just as many units are added as were said.

    Args:
        population: of the sides; the true difference is drawn evenly from -2 to 2 spreads.
        comparisons: of which those that ten units leave undecided are followed.
        seed: of all draws.
    """
    random = np.random.default_rng(seed)
    spread = population.spread()
    truths = TRUTHS * spread * random.uniform(-1, 1, comparisons)
    sides = population.draw(random, (comparisons, 2, FOLLOWED))
    differences = pairs_of(sides, ((0, 1),))[:, 0] + truths[:, None]
    margin, kept, numbers, beyond = MARGIN * spread, [], [], 0
    for row in differences:
        so_far = row[:SO_FAR]
        if judge_fixed(so_far[None, None], margin).kinds[0, 0] != UNDECIDED:
            continue
        more, _ = more_units(so_far, margin, level=0.05)
        if more is None or SO_FAR + more > FOLLOWED:
            beyond += 1
            continue
        then = judge_fixed(row[None, None, : SO_FAR + more], margin).kinds[0, 0]
        kept.append(then != UNDECIDED)
        numbers.append(more)
    return Forecast(population.name, len(kept), sum(kept), beyond, float(np.median(numbers or [0])))
