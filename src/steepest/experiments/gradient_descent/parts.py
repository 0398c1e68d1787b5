"""The parts of `gradient-descent`: the printed losses, the path, and what the learning rate does.

A least-squares toy whose every step can be worked out with a pencil:

    L(w) = (y - x.w)^2,   x = (1, 1, 1, 1, 1),   y = 1,   w0 = 0

With r = y - x.w the gradient is -2 r x, so a step makes r smaller by the factor 1 - 2 lr x.x = 1 - 10 lr.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

import numpy as np

from ...content.content import Content, Contours, Curves, Figure, Line, Panels, Table
from ..context import Context
from ..reading import digits_of

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

    from ...objective import FunctionObjective
    from ...optimizers import choose, descend

    x = torch.ones(WEIGHTS)
    objective = FunctionObjective(lambda w: (TARGET - (x * w).sum()) ** 2)
    params = torch.zeros(WEIGHTS)
    losses, weights = [], [tuple(params.tolist())]
    taken = descend(choose("gradient-descent", lr).rule, objective, params, lr)
    for step in islice(taken, steps):
        losses.append(float(step.loss))
        weights.append(tuple(step.params.tolist()))
    return Descent(tuple(losses), tuple(weights))


def exact_loss(lr: float, step: int) -> float:
    """Return the loss before the update of a step, counted from 1: ``(1 - 10 lr)^(2 (step - 1))``.

    >>> round(exact_loss(0.01, 10), 9)
    0.150094635
    """
    return float((1 - CURVATURE * lr) ** (2 * (step - 1)))


CLOSE = 1e-12  # a loss that counts as zero in the table of rates
DIVERGED = 1e12  # a loss that will not come back: the line ends there
GRID = 81  # points a side of the contour plot


def descent_table(
    context: Context, *, lr: float, steps: int, every: int, losses: Mapping[str, str], weight: float
) -> list[Content]:
    """Return the printed table beside ours, and each published digit as a figure.

    Args:
        every: how many steps lie between two rows.
        losses: as printed, by step.
        weight: each weight after the last step, as printed.
    """
    single, double = (descend_by_hand(lr, steps, kind) for kind in (np.float32, np.float64))
    machine = descend_by_machine(lr, steps)
    rows = tuple(
        (
            step,
            losses.get(str(step)),
            _shown(single.losses[step - 1]),
            _shown(machine.losses[step - 1]),
            _shown(double.losses[step - 1]),
            _shown(exact_loss(lr, step)),
            _shown(single.weights[step - 1][0], 7),
        )
        for step in range(every, steps + 1, every)
    )
    columns = (
        *("step", "published", "by hand, float32", "rule and autograd, float32"),
        *("by hand, float64", "exact", "each weight"),
    )
    table = Table(f"The loss before the update of every {every}th step", columns, rows, TABLE_NOTE)
    return [
        *(
            Figure(
                f"loss at step {step}",
                float(printed),
                (single.losses[int(step) - 1],),
                digits=digits_of(Decimal(printed)),
                exact=True,
            )
            for step, printed in losses.items()
        ),
        Figure("each weight at the end", weight, single.weights[-1][:1], digits=1, exact=True),
        Figure(f"loss at step {steps} in float64", None, (double.losses[-1],), digits=16),
        table,
    ]


TABLE_NOTE = (
    "Exact is 0.9^(2 (step - 1)). A float32 holds seven digits, so what is printed behind them is rounding: "
    "by hand each product is rounded before it is subtracted, as in the published code; the rule rounds "
    "lr * g and the subtraction together, where the processor can."
)


def _shown(value: float, digits: int = 9) -> str:
    return f"{value:.{digits}f}" if value >= 1e-5 else f"{value:.3e}"


def descent_path(context: Context, *, lr: float, steps: int, starts: list[list[float]]) -> list[Content]:
    """Return the path over the plane of the first weight and the four others, and the loss along it.

    Args:
        starts: further points to start from: the first weight, and each of the others.
    """
    paths = [Line("from zero", *_columns([(0.0, 0.0), *_path((0.0, 0.0), lr, steps)]))]
    for first, rest in starts:
        name = f"from ({first:g}, {rest:g})"
        paths.append(Line(name, *_columns([(first, rest), *_path((first, rest), lr, steps)])))
    x, y = np.linspace(-0.6, 1.4, GRID), np.linspace(-0.4, 0.6, GRID)
    heights = (TARGET - x[None, :] - (WEIGHTS - 1) * y[:, None]) ** 2
    plane = Contours(
        "The way down",
        "first weight",
        "each of the other four",
        x,
        y,
        heights,
        tuple(paths),
        "White is the valley: every point whose five weights sum to 1 is a minimum. Every weight gets the same "
        "derivative, so every path runs along (1, 1, 1, 1, 1) to the point of the valley that is nearest to its "
        "start: from zero to 0.2 each, from elsewhere to another minimum, as good.",
    )
    hand = descend_by_hand(lr, steps, np.float32)
    numbers = tuple(float(step) for step in range(1, steps + 1))
    exact = tuple(exact_loss(lr, step) for step in range(1, steps + 1))
    loss = Curves(
        "The loss on the way",
        "step",
        "loss",
        (Line("float32", numbers, hand.losses), Line("exact", numbers, exact)),
        "Each step takes 19 % of the loss. Below 1e-12 the float32 line leaves the exact one: a sum near 1 "
        "cannot be told from 1 more closely than by 6e-8.",
        log_y=True,
    )
    return [plane, loss]


def _path(start: tuple[float, float], lr: float, steps: int) -> list[tuple[float, float]]:
    first, rest = start
    points = []
    for _ in range(steps):
        move = 2 * lr * (TARGET - first - (WEIGHTS - 1) * rest)
        first, rest = first + move, rest + move
        points.append((first, rest))
    return points


def _columns(points: list[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(a for a, _ in points), tuple(b for _, b in points)


def descent_rates(context: Context, *, rates: list[float], steps: int) -> list[Content]:
    """Return what the learning rate does: slow, optimal, divergent."""
    runs = {lr: descend_by_hand(lr, steps) for lr in rates}
    rows = tuple(_rate_row(lr, run) for lr, run in runs.items())
    columns = ("lr", "factor 1 - 10 lr", f"steps to {CLOSE:g}", f"loss after {steps} steps", "")
    lines = tuple(_loss_line(lr, run) for lr, run in runs.items())
    residuals = tuple(_weight_line(lr, run) for lr, run in runs.items())
    return [
        Table("What the rate does", columns, rows),
        Panels(
            "What the rate does, drawn",
            (
                Curves("Loss", "step", "loss", lines, log_y=True),
                Curves("Each weight", "step", "weight", residuals),
            ),
            "The loss falls alike at 0.01 and 0.19, and at 0.05 and 0.15: lines lie on each other. "
            "Up to 0.1 the weights come from one side, above it they leap over the minimum at every step, at "
            "0.2 they leap back and forth for ever, and above 0.2 further each time.",
        ),
    ]


def _rate_row(lr: float, run: Descent) -> tuple[str | int | float | None, ...]:
    factor = 1 - CURVATURE * lr
    reached = next((step for step, loss in enumerate(run.losses) if loss <= CLOSE), None)
    return (f"{lr:g}", f"{factor:.4g}", reached, f"{run.losses[-1]:.3g}", behaviour(lr))


def behaviour(lr: float) -> str:
    """Return in words what a learning rate does here.

    >>> [behaviour(lr) for lr in (0.01, 0.1, 0.15, 0.2, 0.21)]
    ['slow', 'optimal', 'oscillates, converges', 'oscillates for ever', 'diverges']
    """
    if abs(lr - BEST_LR) < 1e-12:
        return "optimal"
    if abs(lr - LAST_STABLE_LR) < 1e-12:
        return "oscillates for ever"
    if lr > LAST_STABLE_LR:
        return "diverges"
    return "slow" if lr < BEST_LR else "oscillates, converges"


def _loss_line(lr: float, run: Descent) -> Line:
    """Return the losses up to where they are zero or beyond all bounds."""
    losses = run.losses
    stop = next((k for k, loss in enumerate(losses) if not CLOSE**2 < loss < DIVERGED), len(losses))
    kept = losses[: max(stop, 2)]
    # a logarithmic axis has no zero: the optimal rate's second loss is drawn where double precision ends
    shown = tuple(max(loss, CLOSE**2) for loss in kept)
    return Line(f"lr {lr:g}", tuple(float(k + 1) for k in range(len(kept))), shown)


def _weight_line(lr: float, run: Descent) -> Line:
    """Return the first weight for as long as it stays in sight, and no longer than the eye can follow."""
    weights = [each[0] for each in run.weights[:31]]
    stop = next((k for k, weight in enumerate(weights) if abs(weight - 0.2) > 1.5), len(weights))
    return Line(f"lr {lr:g}", tuple(float(k) for k in range(stop)), tuple(weights[:stop]))
