"""The calibration's lines on a recorded pool of real studies.

Same rule: two disjoint draws of independent studies of one rule, without replacement. Two rules: real pairs (the
same study's draws and seeds on both sides), their mean difference over the pool taken away, drawn with
replacement: so the differences keep the shape that two real rules give them, and the true difference is 0.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np
from numpy.random import Generator

from .batches import judge_fixed, pairs_of
from .calibrating import AT_MARGIN, AT_ZERO, BETWEEN, Experiment, Families, Truth
from .equivalence import BETTER, EQUIVALENT
from .measure import POINTS
from .pool import Recorded
from .recorded_images import experiment as images_line
from .recorded_images import limit as images_limit
from .recorded_images import recorded_name
from .signflip import Floats
from .simulated import EQUIVALENCE, FIXED, HOLM, ONE, STUDIES, THREE, WATCHED, WIDE, judge_of, told
from .workload import Workload, workloads

Change = Callable[[Floats], Floats]
QUICK = 0.7  # planted: the candidate's restricted times are 30 % shorter


def experiments(pool: Sequence[Recorded]) -> Iterator[Experiment]:
    """Yield the lines on studies of one rule."""
    for each in workloads(pool):
        for mode in (FIXED, WATCHED):
            yield one_pair(each, mode)
            yield three_pairs(each, mode)
            yield equivalence(each, mode)
        if each.correct is not None:
            yield images_line(each.name, each.correct)
        if each.times is not None:
            yield times(each.name, each.times)


def limits(pool: Sequence[Recorded]) -> Iterator[Experiment]:
    """Yield the lines on two rules made equal in their mean, where nothing is promised."""
    for each in workloads(pool):
        if len(each.rules) < 2:
            continue
        yield two_rules(each, FIXED, STUDIES)
        yield two_rules(each, WATCHED, each.studies)
        if each.correct is not None:
            yield images_limit(each.name, each.correct)


def one_pair(workload: Workload, mode: str) -> Experiment:
    """Return the line of one pair: no difference, against a planted one of a spread."""
    n, effect = _size(workload, mode, 2), workload.spread
    values = workload.accuracy
    return Experiment(
        mode=mode,
        population=recorded_name(workload.name),
        n=n,
        judge=judge_of(mode),
        margin=0.0,
        null=Truth(_families(values, n, _same), (AT_ZERO,)),
        planted=Truth(_families(values, n, _raised(effect)), (BETWEEN,), ((BETTER,),)),
        effect=told(effect),
    )


def three_pairs(workload: Workload, mode: str) -> Experiment:
    """Return the line of three sides: none differs, against the first being a spread better."""
    n, effect = _size(workload, mode, 3), workload.spread
    values = workload.accuracy
    return Experiment(
        mode=mode + HOLM,
        population=recorded_name(workload.name),
        n=n,
        judge=judge_of(mode),
        margin=0.0,
        null=Truth(_families(values, n, _same, THREE), (AT_ZERO,) * 3),
        planted=Truth(
            _families(values, n, _raised(effect), THREE),
            (BETWEEN, BETWEEN, AT_ZERO),
            ((BETTER,), (BETTER,), ()),
        ),
        effect=told(effect),
    )


def equivalence(workload: Workload, mode: str) -> Experiment:
    """Return the line of a difference that just matters, against none."""
    n, margin = _size(workload, mode, 2), WIDE * workload.spread
    values = workload.accuracy
    return Experiment(
        mode=mode + EQUIVALENCE,
        population=recorded_name(workload.name),
        n=n,
        judge=judge_of(mode),
        margin=margin,
        null=Truth(_families(values, n, _raised(margin)), (AT_MARGIN,)),
        planted=Truth(_families(values, n, _same), (AT_ZERO,), ((EQUIVALENT,),)),
        effect=f"none; margin {POINTS.told(margin)}",
    )


def times(workload: str, restricted: Floats) -> Experiment:
    """Return the line on restricted times [rules, studies] to the workload's target."""
    slow = -restricted  # less time is better
    return Experiment(
        mode="time to target",
        population=recorded_name(workload),
        n=STUDIES,
        judge=judge_fixed,
        margin=0.0,
        null=Truth(_families(slow, STUDIES, _same), (AT_ZERO,)),
        planted=Truth(
            _families(slow, STUDIES, lambda time: QUICK * time), (BETWEEN,), ((BETTER,),)
        ),
        effect="30 % less restricted time",
    )


def two_rules(workload: Workload, mode: str, n: int) -> Experiment:
    """Return the line on real pairs of two rules, less their mean difference over the pool."""
    apart = np.stack([first - second for first, second in combinations(workload.accuracy, 2)])
    apart -= apart.mean(axis=1, keepdims=True)
    effect = workload.spread

    def draw(by: float, random: Generator, comparisons: int) -> Floats:
        pair = random.integers(len(apart), size=(comparisons, 1))
        study = random.integers(apart.shape[1], size=(comparisons, n))
        drawn: Floats = apart[pair, study][:, None] + by
        return drawn

    return Experiment(
        mode=mode,
        population=f"{recorded_name(workload.name)}, two rules",
        n=n,
        judge=judge_of(mode),
        margin=0.0,
        null=Truth(partial(draw, 0.0), (AT_ZERO,)),
        planted=Truth(partial(draw, effect), (BETWEEN,), ((BETTER,),)),
        effect=told(effect),
        promised=False,
    )


def disjoint(
    values: Floats, shape: tuple[int, int], change: Change, random: Generator, comparisons: int
) -> Floats:
    """Return disjoint draws [comparisons, sides, n] of one rule's studies; each comparison takes a random rule.

    Args:
        values: [rules, studies].
        shape: sides and n; their product is no more than there are studies.
        change: made to the first side: the planted effect.
        random: what draws.
        comparisons: how many.
    """
    sides, n = shape
    rule = random.integers(len(values), size=(comparisons, 1))
    order = random.random((comparisons, values.shape[1])).argsort(axis=1)[:, : sides * n]
    drawn: Floats = values[rule, order].reshape(comparisons, sides, n)
    drawn[:, 0] = change(drawn[:, 0])
    return drawn


def _families(
    values: Floats, n: int, change: Change, which: tuple[tuple[int, int], ...] = ONE
) -> Families:
    sides = 1 + max(side for pair in which for side in pair)

    def draw(random: Generator, comparisons: int) -> Floats:
        return pairs_of(disjoint(values, (sides, n), change, random, comparisons), which)

    return draw


def _same(values: Floats) -> Floats:
    return values


def _raised(by: float) -> Change:
    return lambda values: values + by


def _size(workload: Workload, mode: str, sides: int) -> int:
    return STUDIES if mode == FIXED else workload.studies // sides
