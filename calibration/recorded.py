"""The calibration's lines on a recorded pool of real studies.

Same rule: two disjoint draws of independent studies of one rule, without replacement. Two rules: real pairs (the
same study's draws and seeds on both sides), their mean difference over the pool taken away, drawn with
replacement: so the differences keep the shape that two real rules give them, and the true difference is 0.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.random import Generator

from calibration.batches import judge_crossed, judge_fixed, pairs_of
from calibration.calibrating import AT_MARGIN, AT_ZERO, BETWEEN, Experiment, Families, Truth
from calibration.pool import Recorded
from calibration.simulated import EQUIVALENCE, FIXED, HOLM, ONE, STUDIES, THREE, WATCHED, WIDE, judge_of, told
from steepest.errors import DataError
from steepest.judge.measure import POINTS
from steepest.judge.signflip import BETTER, EQUIVALENT, Floats

# The calibration's lines on which test images recorded studies were right.


MOST = 1_000  # images a comparison: more are drawn from, and take only time
MENDED = 0.3  # planted: share of the wrong images that the candidate gets right


def recorded_name(workload: str) -> str:
    """Return how a recorded workload is called in the table."""
    return f"recorded: {workload}"


def images_line(workload: str, correct: Floats) -> Experiment:
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


def images_limit(workload: str, correct: Floats) -> Experiment:
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


# What a recorded pool holds of one workload, ready to be drawn from.


LEAST = 30  # studies a rule: three disjoint sides of ten


@dataclass(frozen=True)
class Workload:
    """The rules recorded on one workload, each with the same number of studies.

    Args:
        name: of data and model.
        rules: that were recorded.
    """

    name: str
    rules: tuple[Recorded, ...]

    @property
    def accuracy(self) -> Floats:
        """The means over a study's seeds [rules, studies]."""
        return np.stack([each.accuracy.mean(axis=1) for each in self.rules])

    @property
    def times(self) -> Floats | None:
        """The restricted times, means over a study's seeds [rules, studies]; None where they were not recorded."""
        found = [each.time.mean(axis=1) for each in self.rules if each.time is not None]
        return np.stack(found) if len(found) == len(self.rules) else None

    @property
    def correct(self) -> Floats | None:
        """The share of a study's seeds right on each image [rules, studies, images]; None where not recorded."""
        found = [each.correct.mean(axis=1) for each in self.rules if each.correct is not None]
        return np.stack(found) if len(found) == len(self.rules) else None

    @property
    def studies(self) -> int:
        """How many there are of each rule."""
        return len(self.rules[0].accuracy)

    @property
    def spread(self) -> float:
        """The spread of a difference between two studies of one rule: the median over the rules."""
        first, second = np.triu_indices(self.studies, 1)
        apart = np.abs(self.accuracy[:, first] - self.accuracy[:, second])
        # half of a normal's differences lie within 0.6745 standard deviations
        return float(np.median(np.median(apart, axis=1))) / 0.6745


def workloads(pool: Sequence[Recorded]) -> list[Workload]:
    """Return the pool by workload.

    Raises:
        DataError: a rule has too few studies, or the rules of a workload differ in their number.
    """
    found = []
    for name in dict.fromkeys(each.workload for each in pool):
        rules = tuple(each for each in pool if each.workload == name)
        counts = sorted({len(each.accuracy) for each in rules})
        if len(counts) > 1 or counts[0] < LEAST:
            raise DataError(
                f"The pool needs the same number of studies of each rule, {LEAST} or more; "
                f"{name} has {' and '.join(map(str, counts))}."
            )
        found.append(Workload(name, rules))
    return found


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
            _families(values, n, _raised(effect), THREE), (BETWEEN, BETWEEN, AT_ZERO), ((BETTER,), (BETTER,), ())
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
        planted=Truth(_families(slow, STUDIES, lambda time: QUICK * time), (BETWEEN,), ((BETTER,),)),
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


def _families(values: Floats, n: int, change: Change, which: tuple[tuple[int, int], ...] = ONE) -> Families:
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
