"""Rules around a rule that remember where it has been: Lookahead and the exponential average."""

import torch
from torch import Tensor

from ..layout import Layout
from ..objective import Objective
from .adam import Adam
from .arithmetic import counted, counter
from .hyperparameter import hyperparameter, inner_rule
from .rule import LearningRate, Optimizer, State, Step, rule


@rule("lookahead", lr=None)
class Lookahead:
    """Lookahead: let a rule run ahead for some steps, then go part of its way and start it anew from there.

    f = the wrapped rule's step from f
    every k steps: w = w + alpha * (f - w), f = w

    Idea: The fast weights explore, the slow ones follow the chord of what they found. The chord averages the
    fast weights' noise and oscillation away.
    Fails: Where the fast weights are slow and steady already: it only takes a fraction of their steps.
    Source: Zhang et al. 2019, https://arxiv.org/abs/1907.08610, algorithm 1.
    Choice: The wrapped rule keeps its state over the synchronisation, as in the paper's main experiments. The
    slow weights are evaluated and saved.
    """

    rule: Optimizer = inner_rule(default=Adam())
    k: int = hyperparameter(default=5, low=1, why="it counts the fast steps between two slow ones")
    alpha: float = hyperparameter(default=0.5, above=0, high=1, why="it is the part of the way that is gone")

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return the slow weights, a count of steps, and the wrapped rule's state."""
        inner = self.rule.init(params, layout)
        return {"step": counter(), "slow": params.clone(), "inner": inner}

    @property
    def gradient_only(self) -> bool:
        """Whether one gradient is all that a step asks for: as the wrapped rule."""
        return getattr(self.rule, "gradient_only", False)

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return one fast step, with a slow one after every k."""
        params, state["inner"], loss = self.rule.step(objective, params, state["inner"], lr, generator)
        if counted(state) % self.k == 0:
            params.copy_(state["slow"].lerp_(params, self.alpha))
        return Step(params, state, loss)

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return the slow weights."""
        slow: Tensor = state["slow"]
        return slow


@rule("ema", lr=None)
class EMA:
    """Exponential averaging: the wrapped rule steps as ever, and a running mean of its weights is evaluated.

    w = the wrapped rule's step from w
    a = a + (1 - decay) / (1 - decay^t) * (w - a)        evaluated: a

    Idea: With a constant rate the weights wander around a minimum, and their mean lies nearer to it than they
    do. It does for free what a falling rate does at the price of slower steps.
    Fails: While the weights still travel: the mean lags 1 / (1 - decay) steps behind.
    Source: Polyak and Juditsky 1992, https://doi.org/10.1137/0330046 (plain mean); Tan and Le 2019,
    https://arxiv.org/abs/1905.11946 (exponential, decay 0.9999).
    Choice: The mean is unbiased, as Adam's: it forgets the initial weights at once, where the usual code keeps
    them with weight decay^t. Batch-norm statistics are measured anew for the mean.
    """

    rule: Optimizer = inner_rule(default=Adam())
    decay: float = hyperparameter(
        default=0.999, low=0, below=1, why="a mean that never forgets stays at its start"
    )

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return the mean at params, a count of steps, and the wrapped rule's state."""
        inner = self.rule.init(params, layout)
        return {"step": counter(), "mean": params.clone(), "inner": inner}

    @property
    def gradient_only(self) -> bool:
        """Whether one gradient is all that a step asks for: as the wrapped rule."""
        return getattr(self.rule, "gradient_only", False)

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return one step of the wrapped rule, and move the mean towards it."""
        params, state["inner"], loss = self.rule.step(objective, params, state["inner"], lr, generator)
        t = counted(state)
        reached = self.rule.weights(params, state["inner"])
        state["mean"].lerp_(reached, (1 - self.decay) / (1 - self.decay**t))
        return Step(params, state, loss)

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return the mean."""
        mean: Tensor = state["mean"]
        return mean
