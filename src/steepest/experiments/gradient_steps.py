"""The steps of `gradient-descent`: a least-squares toy whose every step can be worked out with a pencil.

    L(w) = (y - x.w)^2,   x = (1, 1, 1, 1, 1),   y = 1,   w0 = 0

With r = y - x.w the gradient is -2 r x, so a step makes r smaller by the factor 1 - 2 lr x.x = 1 - 10 lr.
"""

from dataclasses import dataclass

import numpy as np

WEIGHTS = 5
TARGET = 1.0
CURVATURE = 2.0 * WEIGHTS  # of the loss along the gradient: 2 x.x
BEST_LR = 1 / CURVATURE  # one step to the minimum
LAST_STABLE_LR = 2 / CURVATURE


@dataclass(frozen=True)
class Descent:
    """Losses before each update, and the weights before it and after the last: [steps], [steps + 1, 5]."""

    losses: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]


def descend_by_hand(lr: float, steps: int, kind: type = np.float64) -> Descent:
    """Return gradient descent in plain arithmetic, rounded after every operation as ``kind`` rounds.

    The sum x.w runs from the first term to the last: in float32 another order changes the eighth digit.
    """
    x, w = [kind(1)] * WEIGHTS, [kind(0)] * WEIGHTS
    rate, losses, weights = kind(lr), [], [tuple(map(float, w))]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            total = kind(0)
            for a, b in zip(x, w, strict=True):
                total += a * b
            residual = kind(TARGET) - total
            losses.append(float(residual * residual))
            w = [b - rate * (kind(-2) * residual * a) for a, b in zip(x, w, strict=True)]
            weights.append(tuple(map(float, w)))
    return Descent(tuple(losses), tuple(weights))


def descend_by_machine(lr: float, steps: int) -> Descent:
    """Return the same by the rule `gradient-descent` and autograd, in float32."""
    import torch

    from ..objective import FunctionObjective
    from ..optimizers import choose
    from ..randomness import generator

    x = torch.ones(WEIGHTS)
    objective = FunctionObjective(lambda w: (TARGET - (x * w).sum()) ** 2)
    rule = choose("gradient-descent", lr).rule
    params = torch.zeros(WEIGHTS)
    state = rule.init(params, objective.layout)
    losses, weights = [], [tuple(params.tolist())]
    for step in range(steps):
        made = rule.step(objective, params, state, lr, generator(0, "by hand", step))
        params, state = made.params, made.state
        losses.append(float(made.loss))
        weights.append(tuple(params.tolist()))
    return Descent(tuple(losses), tuple(weights))


def exact_loss(lr: float, step: int) -> float:
    """Return the loss before the update of a step, counted from 1: ``(1 - 10 lr)^(2 (step - 1))``.

    >>> round(exact_loss(0.01, 10), 9)
    0.150094635
    """
    return float((1 - CURVATURE * lr) ** (2 * (step - 1)))
