"""How often the judge is wrong, measured: comparisons in which the truth is known."""

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.random import Generator
from scipy import stats

from calibration.batches import Judge, judge_fixed, pairs_of
from calibration.simulation import Population
from steepest.judge.signflip import BETTER, EQUIVALENT, UNDECIDED, WORSE, Floats
from steepest.judge.sizing import more_units

CHUNK = 500  # comparisons drawn at once
LIMIT = 0.06  # what the upper bound of the false-verdict rate must not exceed
# What is false of a pair whose true difference is 0, between 0 and the margin, or at the margin.
AT_ZERO, BETWEEN, AT_MARGIN = (BETTER, WORSE), (WORSE,), (EQUIVALENT, WORSE)
Verdicts = tuple[tuple[str, ...], ...]  # for each pair of a family, the kinds that are meant
Families = Callable[[Generator, int], Floats]


@dataclass(frozen=True)
class Truth:
    """What is so in a made comparison.

    Args:
        draw: ``(generator, comparisons) -> what the judge takes``.
        false: for each pair, the verdicts that are false.
        right: for each pair, the verdicts that are sought; empty where none is.
    """

    draw: Families
    false: Verdicts
    right: Verdicts = ((),)


@dataclass(frozen=True)
class Experiment:
    """One line of the calibration's table, before it is run.

    Args:
        mode: of the judge.
        population: its name.
        n: differences a pair.
        judge: makes the verdicts.
        margin: given to it.
        null: what is so where the false verdicts are counted.
        planted: what is so where power is measured.
        effect: the planted effect in words.
        promised: whether the judge's level is promised here; else the line shows a limit.
        share: of the comparisons that are asked for; below 1 where they are dear.
    """

    mode: str
    population: str
    n: int
    judge: Judge
    margin: float
    null: Truth
    planted: Truth
    effect: str
    promised: bool = True
    share: float = 1.0


@dataclass(frozen=True)
class Row:
    """One line of the calibration's table.

    Args:
        experiment: what was run.
        comparisons: of each kind, null and planted.
        false: families with at least one false verdict, where the null is so.
        false_planted: the same where the effect is planted.
        power: share of the sought verdicts that were given, where the effect is planted.
        used: median number of differences that a verdict took, there.
    """

    experiment: Experiment
    comparisons: int
    false: int
    false_planted: int
    power: float
    used: float

    @property
    def rate(self) -> float:
        """The false-verdict rate."""
        return self.false / self.comparisons

    @property
    def bound(self) -> float:
        """The one-sided upper 95 % bound of the rate."""
        return upper_bound(self.false, self.comparisons)

    @property
    def kept(self) -> bool:
        """Whether the bounds keep the limit, also where an effect is planted."""
        return max(self.bound, upper_bound(self.false_planted, self.comparisons)) <= LIMIT


def upper_bound(false: int, comparisons: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper confidence bound of a rate.

    Source: Clopper and Pearson 1934, Biometrika 26, 404.

    >>> round(upper_bound(100, 2000), 4), round(upper_bound(0, 2000), 4)
    (0.0588, 0.0015)
    """
    result = stats.binomtest(false, comparisons, alternative="less")
    return float(result.proportion_ci(confidence, method="exact").high)


def run(experiment: Experiment, comparisons: int, seed: int = 0) -> Row:
    """Return an experiment's line.

    Args:
        experiment: to run.
        comparisons: how many under the null, and as many with the planted effect.
        seed: of all draws.
    """
    comparisons = max(1, round(comparisons * experiment.share))
    # lines must not share their draws, or one unlucky seed would show in all of them
    seed += crc32(f"{experiment.mode}/{experiment.population}/{experiment.n}".encode())
    false, _, _ = _tally(experiment, experiment.null, comparisons, seed)
    wrong, power, used = _tally(experiment, experiment.planted, comparisons, seed + 1)
    return Row(experiment, comparisons, false, wrong, power, used)


def _tally(experiment: Experiment, truth: Truth, comparisons: int, seed: int) -> tuple[int, float, float]:
    """Return families with a false verdict, share of the right ones, and median differences used."""
    random = np.random.default_rng(seed)
    false, right, used = 0, [], []
    for start in range(0, comparisons, CHUNK):
        drawn = truth.draw(random, min(CHUNK, comparisons - start))
        verdicts = experiment.judge(drawn, experiment.margin)
        columns = range(verdicts.kinds.shape[1])
        wrong = [np.isin(verdicts.kinds[:, pair], truth.false[pair]) for pair in columns]
        false += int(np.any(wrong, axis=0).sum())
        for pair in columns:
            if pair < len(truth.right) and truth.right[pair]:
                right.append(np.isin(verdicts.kinds[:, pair], truth.right[pair]))
                used.append(verdicts.used[:, pair])
    if not right:
        return false, float("nan"), float("nan")
    return false, float(np.mean(np.concatenate(right))), float(np.median(np.concatenate(used)))


# Whether "so many more would probably decide" comes true as often as it says.


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
