"""The calibration's lines on which test images recorded studies were right."""

from functools import partial
from itertools import combinations

import numpy as np
from numpy.random import Generator

from .batches import judge_crossed
from .calibrating import AT_ZERO, BETWEEN, Experiment, Truth
from .equivalence import BETTER
from .measure import POINTS
from .signflip import Floats

STUDIES = 10
MOST = 1_000  # images a comparison: more are drawn from, and take only time
MENDED = 0.3  # planted: share of the wrong images that the candidate gets right


def recorded_name(workload: str) -> str:
    """Return how a recorded workload is called in the table."""
    return f"recorded: {workload}"


def experiment(workload: str, correct: Floats) -> Experiment:
    """Return the line on two disjoint draws of one rule's studies, each comparison on images of its own.

    Args:
        workload: its name.
        correct: [rules, studies, images].
    """
    effect = MENDED * float(1 - correct.mean())
    return Experiment(
        mode="new images",
        population=recorded_name(workload),
        n=STUDIES,
        judge=judge_crossed,
        margin=0.0,
        null=Truth(partial(_same_rule, correct, 0.0), (AT_ZERO,)),
        planted=Truth(partial(_same_rule, correct, MENDED), (BETWEEN,), ((BETTER,),)),
        effect=f"{MENDED:.0%} of errors mended, {POINTS.told(effect)}".replace("%", " %"),
    )


def limit(workload: str, correct: Floats) -> Experiment:
    """Return the line on two rules whose difference over the whole pool, all studies and images, is taken away."""
    pairs = [first - second for first, second in combinations(correct, 2)]
    apart = np.stack([each - each.mean() for each in pairs])
    effect = MENDED * float(1 - correct.mean())
    return Experiment(
        mode="new images",
        population=f"{recorded_name(workload)}, two rules",
        n=STUDIES,
        judge=judge_crossed,
        margin=0.0,
        null=Truth(partial(_two_rules, apart, 0.0), (AT_ZERO,)),
        planted=Truth(partial(_two_rules, apart, effect), (BETWEEN,), ((BETTER,),)),
        effect=POINTS.told(effect),
        promised=False,
    )


def _same_rule(correct: Floats, mended: float, random: Generator, comparisons: int) -> Floats:
    _, studies, images = correct.shape
    tables = np.empty((comparisons, STUDIES, min(images, MOST)))
    for table in tables:
        rule = correct[random.integers(len(correct))]
        columns = random.choice(images, table.shape[1], replace=False)
        chosen = rule[random.permutation(studies)[: 2 * STUDIES]][:, columns]
        first, second = chosen[:STUDIES], chosen[STUDIES:]
        mend = random.random(first.shape) < mended
        table[:] = np.where(mend, 1.0, first) - second
    return tables


def _two_rules(apart: Floats, by: float, random: Generator, comparisons: int) -> Floats:
    _, studies, images = apart.shape
    tables = np.empty((comparisons, STUDIES, min(images, MOST)))
    for table in tables:
        pair = apart[random.integers(len(apart))]
        rows = random.integers(studies, size=STUDIES)
        table[:] = pair[rows][:, random.integers(images, size=table.shape[1])] + by
    return tables
