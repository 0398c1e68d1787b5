"""Steps on an objective that has no data to go through: by hand, over surfaces, in checks."""

from collections.abc import Callable, Iterator
from itertools import count

import torch
from torch import Tensor

from ..objective import Objective
from ..randomness import seed_of
from .rule import LearningRate, Optimizer, State, Step


def descend(
    rule: Optimizer,
    objective: Objective,
    params: Tensor,
    lr: LearningRate | Callable[[int], LearningRate],
    seed: int = 0,
    *,
    state: State = None,
    first: int = 0,
) -> Iterator[Step]:
    """Yield one step after the other, without end; the training loop does the same with batches.

    An objective with batches is given the next one before each step is asked for.

    Args:
        params: [P], where to begin; the rule's own from now on.
        lr: the learning rate, or a function of the step's number.
        seed: of the rule's noise, which is a function of seed and step.
        state: to go on with; None asks the rule for its first.

    >>> from steepest.objective import FunctionObjective
    >>> from steepest.optimizers import choose
    >>> bowl = FunctionObjective(lambda w: (w**2).sum())
    >>> steps = descend(choose("sgd").rule, bowl, torch.tensor([2.0]), lr=0.25)
    >>> [float(next(steps).params) for _ in range(3)]
    [1.0, 0.5, 0.25]
    """
    state = rule.init(params, objective.layout) if state is None else state
    noise = torch.Generator(params.device)
    for number in count(first):
        noise.manual_seed(seed_of(seed, "optimizer", number))
        rate = lr(number) if callable(lr) else lr
        step = rule.step(objective, params, state, rate, noise)
        yield step
        params, state = step.params, step.state
