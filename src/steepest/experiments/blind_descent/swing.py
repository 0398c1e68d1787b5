"""What is left of the published loop when its network is dead: ten biases on an undamped spring.

With every ReLU output at zero the logits are the last layer's ten biases b, for each image the same, and the
loop is

    s = s + g,   v = beta * v + s,   b = b - lr * v        g = softmax(b) - shares of the classes

Summed gradients act as a force does, and the biases swing: near the minimum, where g = h (b - b*) with h = 1 / K,
the loop obeys (z - 1)^2 (z - beta) + lr h z^2 = 0. Two roots lie outside the unit circle: the swing grows.
"""

from dataclasses import dataclass
from itertools import islice
from math import atan2, pi
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...content.content import Content, Curves, Line, Table, Text
from ...layout import Layout
from ...objective import FunctionObjective
from ...optimizers import descend
from ...randomness import generator
from ..context import Context
from .rule import AsPublished

CLASSES = 10
LR = 1e-3  # of the published loop, as all of AsPublished's defaults
LAYOUT = Layout(("bias",), ((CLASSES,),))
STARTS, QUICK_STARTS = 6, 2  # directions in which the swing may begin
HALVINGS = 14  # of the search for its size: to 1e-3 of a logit
LARGEST = 10.0  # logits, of a swing at the start of an epoch; far above what the losses speak of
FORMAT = 1  # of what is remembered; raised when the calculation changes


@dataclass(frozen=True)
class Swing:
    """How a small swing goes on.

    Args:
        period: steps of one swing.
        growth: factor by which it grows in a step.
    """

    period: float
    growth: float


def small_swing(lr: float, beta: float, curvature: float) -> Swing:
    """Return period and growth from the roots of ``(z - 1)^2 (z - beta) + lr * curvature * z^2``.

    >>> swing = small_swing(lr=1e-3, beta=0.9, curvature=0.1)
    >>> round(swing.period), round(swing.growth**235, 2)
    (208, 2.49)
    """
    steady = np.polymul(np.polymul([1, -1], [1, -1]), [1, -beta])
    roots = np.roots(np.polyadd(steady, [lr * curvature, 0, 0]))
    root = max(roots, key=lambda each: float(each.imag))
    return Swing(2 * pi / atan2(root.imag, root.real), float(abs(root)))


def swing(start: Tensor, momentum: Tensor, epochs: int, rule: AsPublished) -> list[float]:
    """Return the losses that the published loop prints for ten biases alone, of each epoch.

    Args:
        start: the biases, [K], as double numbers.
        momentum: the sum of gradients, [K].
        epochs: how many, each of ``rule.epoch_steps`` steps.
    """
    objective = FunctionObjective(
        lambda bias: torch.logsumexp(bias, dim=0) - bias.mean(),  # equal shares of the classes
        LAYOUT,
    )
    state = rule.init(start, LAYOUT) | {"sum": momentum.clone()}
    taken = descend(rule, objective, start.clone(), LR, state=state)
    printed = []
    for _ in range(epochs):
        total = 0.0
        for step in islice(taken, rule.epoch_steps):
            total += float(step.loss)
        printed.append(total / (rule.epoch_steps + 1))
    return printed


def fitted_swing(seed: int, first: float, epochs: int, rule: AsPublished) -> list[float]:
    """Return the printed losses of a swing whose size is chosen so that its first epoch prints ``first``.

    Direction and phase are drawn; the one number that is fitted is the size.

    Args:
        first: nats.
        epochs: how many to follow.
    """
    draws = generator(seed, "swing")
    direction = torch.randn(CLASSES, generator=draws, dtype=torch.float64)
    direction -= direction.mean()  # a shift of all logits together changes nothing
    direction /= direction.norm()
    phase = 2 * pi * torch.rand((), generator=draws, dtype=torch.float64)
    pace = 2 * pi / small_swing(LR, rule.beta, 1 / CLASSES).period
    # b = size cos(phase) and its speed: lr v = size pace sin(phase), where v is s / (1 - beta)
    push = (1 - rule.beta) * pace / LR * phase.sin() * direction

    def of_size(size: float, count: int) -> list[float]:
        return swing(size * phase.cos() * direction, size * push, count, rule)

    low, high = 0.0, LARGEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if of_size(middle, 1)[0] > first else (middle, high)
    return of_size(high, epochs)


def blind_swing(context: Context, *, losses: list[float]) -> list[Content]:
    """Return how ten biases alone explain the published losses behind the first epoch.

    Args:
        losses: the training losses that were published, of each epoch, in nats.
    """
    rule, starts = AsPublished(), QUICK_STARTS if context.quick else STARTS

    def compute() -> list[list[float]]:
        return [fitted_swing(seed, losses[1], len(losses) - 1, rule) for seed in range(starts)]

    key = {"part": "blind-swing", "losses": losses, "starts": starts, "format": FORMAT}
    found: list[list[float]] = context.remembered(key, compute)
    return [_explained(rule), _table(losses, found), _curves(losses, found)]


def _explained(rule: AsPublished) -> Text:
    small = small_swing(LR, rule.beta, 1 / CLASSES)
    return Text(
        "",
        (
            "With every ReLU output at zero the logits are ten biases, the same for each image, and only they "
            "still get a gradient. Summed gradients act on them as a force does: they swing about the point where "
            f"the loss is ln 10. Near it the loop's characteristic equation gives a period of {small.period:.0f} "
            f"steps and a swing that grows {small.growth**rule.epoch_steps:.2f}-fold in an epoch of "
            f"{rule.epoch_steps} steps: momentum, which lags behind the force, feeds it. So the published loss "
            "rises from epoch to epoch, and the accuracy is that of naming one digit for all images.",
        ),
    )


def _table(losses: list[float], found: list[list[float]]) -> Table:
    rows: list[tuple[Any, ...]] = [(1, f"{losses[0]:.2f}", "the network dies in it")]
    for number, published in enumerate(losses[1:]):
        ours = [each[number] for each in found]
        told = f"{fmean(ours):.2f} ({min(ours):.2f} to {max(ours):.2f})"
        rows.append((number + 2, f"{published:.2f}", told + " fitted" * (number == 0)))
    return Table(
        "Training loss as printed: published, and of ten biases alone",
        ("epoch", "published", f"ten biases: mean (range) of {len(found)} starts"),
        tuple(rows),
        "The swing's size is fitted to the second epoch; what follows is predicted. Direction and phase are "
        "drawn, and batches have no noise here.",
    )


def _curves(losses: list[float], found: list[list[float]]) -> Curves:
    epochs = tuple(map(float, range(1, len(losses) + 1)))
    ours = tuple(
        Line(f"ten biases, start {number + 1}", epochs[1:], tuple(each)) for number, each in enumerate(found)
    )
    return Curves(
        "Ten biases on a spring",
        "epoch",
        "loss as printed, nats",
        (Line("published", epochs, tuple(losses)), *ours),
    )
