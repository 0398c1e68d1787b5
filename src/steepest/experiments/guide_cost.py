"""What a fault costs: two cases that differ in it alone, paired by seed."""

from collections.abc import Callable
from math import e, log
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..comparison.costs import mean_interval
from .content import Content, Table, Text
from .context import Context
from .parts import part

if TYPE_CHECKING:
    from ..sweeping import Outcome

    Measure = Callable[[Outcome], float]


@part("paired-cost")
def paired_cost(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what the second case loses to the first in test accuracy, seed by seed, with a 95 % interval.

    Args:
        context: of the experiment.
        cases: the mended one, and the one with the fault; equal seeds share initial weights and batches.
    """
    mended, faulty = cases
    pairs = list(zip(context.outcomes(mended), context.outcomes(faulty), strict=True))
    lost = [first.accuracy("test") - second.accuracy("test") for first, second in pairs]
    rows = tuple(
        (
            first.config.seed,
            f"{first.accuracy('test'):.2%}",
            f"{second.accuracy('test'):.2%}",
            f"{100 * each:+.2f}",
        )
        for (first, second), each in zip(pairs, lost, strict=True)
    )
    names = [context.experiment.case(case).title for case in cases]
    return [
        Table(
            "Test accuracy, paired by seed",
            ("seed", *names, "cost in points"),
            rows,
            told_cost(lost),
        )
    ]


def told_cost(lost: list[float]) -> str:
    """Return the mean cost and its 95 % interval in words.

    mean +- t(0.975, n - 1) * sd / sqrt(n)

    Args:
        lost: accuracy of the mended case minus that of the faulty one, for each seed.

    >>> told_cost([0.01, 0.012, 0.011])
    'The fault costs 1.10 points on average, 95 % interval 0.85 to 1.35 over 3 seeds.'
    >>> told_cost([0.01, -0.01, 0.003])
    'The difference is 0.10 points on average, 95 % interval -2.42 to 2.62 over 3 seeds: 0 is in it.'
    """
    mean = 100 * fmean(lost)
    if len(lost) < 2:
        return f"The difference is {mean:.2f} points at one seed, which says nothing about others."
    low, high = (100 * each for each in mean_interval(np.array(lost)))
    said = f"{mean:.2f} points on average, 95 % interval {low:.2f} to {high:.2f} over {len(lost)} seeds"
    if low > 0:
        return f"The fault costs {said}."
    if high < 0:
        return f"The fault costs {said}: it helps."
    return f"The difference is {said}: 0 is in it."


@part("double-softmax")
def double_softmax(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what a softmax before the loss's own does to the loss, as measured and as it must be.

    Args:
        context: of the experiment.
        cases: the mended one, whose outputs are logits, and the faulty one, whose outputs are probabilities.
    """
    mended, faulty = cases
    labels = context.dataset(mended).splits["test"].labels
    kinds = len(context.dataset(mended).classes)
    floor = least_loss(kinds)
    rows = [
        ("what its training minimises", *_each(context, cases, lambda one: one.loss("test"))),
        (
            "loss of its probabilities",
            _mean(context, mended, lambda one: one.loss("test")),
            _mean(context, faulty, lambda one: loss_of_probabilities(one.logits("test"), labels)),
        ),
        ("least value of what it minimises", "0", f"{floor:.4f}"),
    ]
    names = [context.experiment.case(case).title for case in cases]
    words = (
        "Cross-entropy takes a softmax of what it is given. Given probabilities, which lie between 0 and 1, "
        f"that makes the right one of {kinds} at most e / (e + {kinds - 1}) = {e / (e + kinds - 1):.3f}: a "
        f"network that is surely right still pays ln(e + {kinds - 1}) - 1 = {floor:.4f} nats, and its loss seems "
        "to stand still.",
        "The gradient also passes through the first softmax, whose slope p (1 - p) vanishes where the network is "
        "sure, rightly or wrongly: an image that is surely wrong teaches next to nothing.",
    )
    return [
        Table("Test loss in nats, mean over the seeds", ("", *names), tuple(rows)),
        Text("Why", words),
    ]


def _each(context: Context, cases: list[str], measure: "Measure") -> tuple[str, ...]:
    return tuple(_mean(context, case, measure) for case in cases)


def _mean(context: Context, case: str, measure: "Measure") -> str:
    return f"{fmean(measure(each) for each in context.outcomes(case)):.4f}"


def least_loss(kinds: int) -> float:
    """Return the cross-entropy of a one-hot vector taken for logits: ln(e + K - 1) - 1.

    >>> round(least_loss(10), 4)
    1.4612
    """
    return log(e + kinds - 1) - 1


def loss_of_probabilities(probabilities: Tensor, labels: Tensor) -> float:
    """Return the mean of -ln p of the right classes, in nats.

    Args:
        probabilities: [N, K]; one that is 0 counts as the least positive float32.
        labels: [N].
    """
    right = (
        probabilities.double().gather(1, labels[:, None]).clamp_min(torch.finfo(torch.float32).tiny)
    )
    return float(-right.log().mean())
