"""A course's CNN: the epoch that validation keeps, its feature maps, and what a softmax too many costs."""

from collections.abc import Callable, Iterator
from math import e, log
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ...comparison.costs import mean_interval
from ...content.content import Array, Content, Images, Table, Text
from ...explanation.activations import Pass, passes
from ...training.history import best_epoch
from ..context import Context
from ..parts import picture_of

if TYPE_CHECKING:
    from ...sweeping import Outcome

    Measure = Callable[[Outcome], float]

MAPS_A_ROW = 16


def best_epochs(context: Context, *, case: str) -> list[Content]:
    """Return for each seed the epoch whose validation accuracy was highest: its weights are the ones evaluated.

    Args:
        case: one that is evaluated with ``which = "best"``.
    """
    rows = tuple(map(_best, context.outcomes(case)))
    return [
        Table(
            "The checkpoint that validation keeps",
            ("seed", "best epoch", "validation there", "validation at the end", "test of the best"),
            rows,
            "The best epoch's weights are loaded again before the test split is touched; among equal accuracies "
            "the lower validation loss decides.",
        )
    ]


def _best(outcome: "Outcome") -> tuple[int | str | None, ...]:
    if outcome.diverged:
        return (outcome.config.seed, None, None, None, "diverged")
    best = best_epoch(outcome.rows)
    return (
        outcome.config.seed,
        best,
        f"{outcome.rows[best - 1]['val_accuracy']:.2%}",
        f"{outcome.rows[-1]['val_accuracy']:.2%}",
        f"{outcome.accuracy('test'):.2%}",
    )


class Step(NamedTuple):
    """One layer's map of one image.

    Args:
        name: of the layer, such as ``conv1``.
        map: which of its maps, counted from 0.
        values: [H, W].
    """

    name: str
    map: int
    values: Tensor


def feature_maps(context: Context, *, case: str, row: int = 0) -> list[Content]:
    """Return the picture after each layer of a trained network, and all feature maps of each convolution.

    Args:
        case: whose first run it is.
        row: of the test split.
    """
    dataset = context.dataset(case)
    test = dataset.splits["test"]
    image = test.images[row]
    seen = passes(context.network(case), image[None])
    label = dataset.classes[int(test.labels[row])]
    return [_through(image, label, seen), *_sheets(seen)]


def _through(image: Tensor, label: str, seen: list[Pass]) -> Images:
    steps = list(one_map_through(seen))
    height, width = image.shape[1:]
    pictures: list[Array] = [picture_of(image), *(picture_of(each.values[None]) for each in steps)]
    captions = [
        f"image of a {label}, {height}x{width}",
        *(f"{each.name}, map {each.map + 1}: {'x'.join(map(str, each.values.shape))}" for each in steps),
    ]
    return Images(
        "The picture after each layer",
        tuple(pictures),
        tuple(captions),
        columns=7,
        note="Of each convolution the map that varies most, followed through activation and pooling; each picture "
        "from its own least to its greatest value.",
    )


def one_map_through(seen: list[Pass]) -> Iterator[Step]:
    """Yield one map of every layer that gives maps: of each convolution the one that varies most.

    Args:
        seen: the calls of one image's forward pass, in order.
    """
    chosen = 0
    for each in seen:
        if each.gave.ndim != 4:
            continue
        if isinstance(each.module, nn.Conv2d):
            chosen = int(each.gave[0].var(dim=(1, 2)).argmax())
        yield Step(each.name, chosen, each.gave[0, chosen])


def _sheets(seen: list[Pass]) -> Iterator[Images]:
    """Yield all maps of each convolution, behind its activation where one follows directly."""
    for place, each in enumerate(seen):
        if not isinstance(each.module, nn.Conv2d):
            continue
        after = seen[place + 1] if place + 1 < len(seen) else each
        shown = after if isinstance(after.module, nn.ReLU) else each
        maps = shown.gave[0]
        silent = int((maps.flatten(1).abs().amax(dim=1) == 0).sum())
        yield Images(
            f"The {len(maps)} feature maps of {each.name}",
            tuple(picture_of(one[None]) for one in maps),
            tuple(str(number + 1) for number in range(len(maps))),
            columns=MAPS_A_ROW,
            note=f"Behind {shown.name}, {maps.shape[1]}x{maps.shape[2]} each, every one from its own least to its "
            f"greatest value; {silent} of them are 0 everywhere on this image.",
        )


def paired_cost(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what the second case loses to the first in test accuracy, seed by seed, with a 95 % interval.

    Args:
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
    return [Table("Test accuracy, paired by seed", ("seed", *names, "cost in points"), rows, told_cost(lost))]


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


def double_softmax(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what a softmax before the loss's own does to the loss, as measured and as it must be.

    Args:
        cases: the mended one, whose outputs are logits, and the faulty one, whose outputs are probabilities.
    """
    mended, faulty = cases
    labels = context.dataset(mended).splits["test"].labels
    kinds = len(context.dataset(mended).classes)
    floor = least_loss(kinds)
    rows = [
        ("what its training minimises", *(_mean(context, case, lambda one: one.loss("test")) for case in cases)),
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
    return [Table("Test loss in nats, mean over the seeds", ("", *names), tuple(rows)), Text("Why", words)]


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
    right = probabilities.double().gather(1, labels[:, None]).clamp_min(torch.finfo(torch.float32).tiny)
    return float(-right.log().mean())
