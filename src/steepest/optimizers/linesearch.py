"""Rules that find the size of their step by themselves: Polyak's and Armijo's."""

import torch
from torch import Tensor

from ..layout import Layout
from ..objective import Objective
from .arithmetic import descend
from .hyperparameter import hyperparameter
from .rule import LearningRate, State, Step, gradient, rule


@rule("polyak", lr=1.0)
class Polyak:
    """Polyak's step size: go as far as would close the gap to the minimal loss if the loss were linear.

    w = w - min((loss - minimum) / |g|^2, lr) * g

    Idea: Along -g the loss falls by |g|^2 for each unit of step, so the gap divided by that is where the tangent
    reaches the minimum. Nothing is left to tune where the minimum is known, as it is for nets that can fit
    their data: 0.
    Fails: Where the minimum is not reached by every batch: the gap stays open and the steps stay long. Then lr,
    the largest step allowed, has to fall.
    Source: Polyak 1969, https://doi.org/10.1016/0041-5553(69)90061-5; per batch and with a largest step: Loizou et
    al. 2021, https://arxiv.org/abs/2002.10542.
    Choice: lr is the largest step (Loizou's gamma_b), with c = 1 as in the classic. Below the stated minimum it
    stands still.
    """

    minimum: float = hyperparameter(default=0.0)

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return one step against the gradient, of Polyak's size."""
        loss, grad = gradient(objective, params, lr)
        slope = grad.square().sum()
        gap = (loss - self.minimum).clamp(min=0).to(slope)
        size = torch.where(slope > 0, gap / slope, 0.0)
        return Step(descend(params, grad, torch.clamp(size, max=lr)), state, loss)


@rule("armijo", lr=1.0)
class Armijo:
    """Armijo's line search: shorten the step until the loss falls by a fair share of what the slope promises.

    try n = 0, 1, ... trials - 1: t = first * shrink^n, until
    loss(w - t * lr * g) <= loss(w) - share * t * lr * |g|^2
    w = w - t * lr * g
    next first = min(1, t * grow)

    Idea: A short enough step always lowers the loss by almost slope times length, so shortening ends. It costs
    forward passes and saves the tuning: lr is only the longest step.
    Fails: On small batches: the step lowers this batch's loss, not the others'. Where no step is found it stays.
    Source: Armijo 1966, https://doi.org/10.2140/pjm.1966.16.1; on batches, with the step growing again: Vaswani
    et al. 2019, https://arxiv.org/abs/1905.09997.
    Choice: The next search starts at ``grow`` times the last step, as Vaswani's second option; Armijo starts at
    the longest each time.
    """

    share: float = hyperparameter(
        default=0.1, above=0, below=1, why="the loss cannot fall by more than the slope promises at first"
    )
    shrink: float = hyperparameter(default=0.5, above=0, below=1, why="each trial must be shorter")
    grow: float = hyperparameter(default=2.0, low=1, why="a step that may not grow stays short forever")
    trials: int = hyperparameter(default=30, low=1, why="the search must end")

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return the part of lr with which the first search starts: all of it."""
        return {"first": torch.ones((), dtype=torch.float64)}

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return the longest of the tried steps that lowers the loss enough."""
        loss, grad = gradient(objective, params, lr)
        direction = grad * lr
        promised = self.share * float(torch.dot(grad, direction))
        size = float(state["first"])
        for _ in range(self.trials):
            candidate = params.sub(direction, alpha=size)
            if float(objective.loss(candidate)) <= float(loss) - size * promised:
                state["first"].fill_(min(1.0, size * self.grow))
                return Step(candidate, state, loss)
            size *= self.shrink
        state["first"].fill_(1.0)
        return Step(params, state, loss)
