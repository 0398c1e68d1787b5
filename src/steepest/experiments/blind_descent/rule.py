"""The rules of the experiment blind-descent as they were published, faults included, with a switch for each fault.

They stand in no list of optimizers: nobody should train with them. The experiment names them by their file,
``blind_rule.py:AsPublished``, and a file named so is imported on its own: hence the absolute imports.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from steepest.layout import Layout
from steepest.objective import Objective
from steepest.optimizers import LearningRate, State, Step, hyperparameter
from steepest.optimizers.arithmetic import descend
from steepest.optimizers.blind import comparable
from steepest.optimizers.gradient_descent import gather
from steepest.optimizers.hyperparameter import FADES, check_hyperparameters


@dataclass(frozen=True)
class AsPublished:
    """What the notebook's loop does to weights w at a batch with gradient g; each switch mends one fault.

    s = s + g                                 gradients are never cleared        clears: s = g
    v = beta * v + s;  w' = w - lr * v
    n = s + U(-eta, eta) * |s|                not on biases                      noisy_biases: there too
    s = s if loss(w') > loss(w) else n        one step's two ends are compared   rivals: two candidates are
    w = w'                                    what raised the loss stays         restores: the loser is undone
    v = 0 at the end of an epoch              the optimizer is made anew         keeps_momentum: it is not

    ``rivals``: the candidates are the step with s and the step with n, both losses taken after them. Without
    ``restores`` the second starts where the first ended, and stays also where it lost. ``restores`` without
    ``rivals`` goes back to w, v and s as they were before a step that raised the loss.

    With all five switches on this is ``blind-descent``.

    ``noise_stays`` mends nothing: it reads the putting back of s, which is an old tensor under another name, as
    if it did nothing, so that s = n whatever the losses.

    Source: the notebook behind the experiment blind-descent, of 2021; the formulas are read from its loop.
    Choice: the loss that a step returns is the one that the notebook adds up: the lower of the two compared.

    Args:
        epoch_steps: steps of one epoch, at whose end v is forgotten.
    """

    beta: float = hyperparameter(default=0.9, low=0, below=1, why=FADES)
    eta: float = hyperparameter(default=0.01, low=0, why="it is the noise's size in units of |s|")
    clears: bool = hyperparameter(default=False)
    rivals: bool = hyperparameter(default=False)
    restores: bool = hyperparameter(default=False)
    keeps_momentum: bool = hyperparameter(default=False)
    noisy_biases: bool = hyperparameter(default=False)
    noise_stays: bool = hyperparameter(default=False)
    epoch_steps: int = hyperparameter(default=235, low=1, why="an epoch has a step at least")

    name: ClassVar[str] = "blind-descent-as-published"
    default_lr: ClassVar[float] = 1e-3

    def __post_init__(self) -> None:
        check_hyperparameters(self)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a velocity and a sum of gradients of zero, and a count of steps."""
        return {
            "velocity": torch.zeros_like(params),
            "sum": torch.zeros_like(params),
            "step": torch.zeros((), dtype=torch.int64),
        }

    def step(
        self,
        objective: Objective,
        params: Tensor,
        state: State,
        lr: LearningRate,
        generator: torch.Generator,
    ) -> Step:
        """Return what the notebook has after one batch, and the lower of the two losses that it compares."""
        loss, grad = objective.loss_and_grad(params)
        if not self.keeps_momentum and int(state["step"]) % self.epoch_steps == 0:
            state["velocity"].zero_()
        total = grad if self.clears else state["sum"] + grad
        noisy = self._with_noise(total, objective.layout, generator)
        try_out = self._rivals if self.rivals else self._one_step
        params, velocity, total, lower = try_out(objective, params, state, lr, (loss, total, noisy))
        kept = {"velocity": velocity, "sum": total, "step": state["step"] + 1}
        return Step(params, kept, lower)

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return params: it evaluates where it steps."""
        return params

    def _one_step(
        self,
        objective: Objective,
        params: Tensor,
        state: State,
        lr: LearningRate,
        measured: tuple[Tensor, Tensor, Tensor],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Step once, and compare the losses at its two ends."""
        before, total, noisy = measured
        after_params, velocity = self._moved(params, state["velocity"], total, lr)
        after = objective.loss(after_params)
        if comparable(after) <= comparable(before):
            return after_params, velocity, noisy, after
        if self.restores:
            return params, state["velocity"], state["sum"], before
        return after_params, velocity, noisy if self.noise_stays else total, before

    def _rivals(
        self,
        objective: Objective,
        params: Tensor,
        state: State,
        lr: LearningRate,
        measured: tuple[Tensor, Tensor, Tensor],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Step with and without noise, and compare the losses behind the two steps."""
        _, total, noisy = measured
        first = self._moved(params, state["velocity"], total, lr)
        first_loss = objective.loss(first[0])
        at_start: tuple[Tensor, Tensor] = (params, state["velocity"])
        start, velocity = at_start if self.restores else first
        second = self._moved(start, velocity, noisy, lr)
        second_loss = objective.loss(second[0])
        if comparable(second_loss) < comparable(first_loss):
            return (*second, noisy, second_loss)
        return (*(first if self.restores else second), total, first_loss)

    def _moved(
        self, params: Tensor, velocity: Tensor, grad: Tensor, lr: LearningRate
    ) -> tuple[Tensor, Tensor]:
        """Return new weights and velocity; what came in stays as it was."""
        velocity = gather(grad, {"velocity": velocity.clone()}, self.beta)
        return descend(params.clone(), velocity, lr), velocity

    def _with_noise(self, total: Tensor, layout: Layout, generator: torch.Generator) -> Tensor:
        noise = torch.empty_like(total).uniform_(-self.eta, self.eta, generator=generator)
        if not self.noisy_biases:
            for piece in biases(noise, layout):
                piece.zero_()
        return torch.addcmul(total, noise, total.abs())


@dataclass(frozen=True)
class SearchWithNewBiases:
    """The gradient-free ancestor as published: each candidate is a new network, with copied weights only.

    w' = N(w, lr)                             weights
    b' = U(-1/sqrt(fan_in), 1/sqrt(fan_in))   biases: drawn as for a new network, whatever b was
    w, b = w', b' if loss(w', b') < loss(w, b) else w, b

    Source: the two notebooks of 2021 behind the ancestor. ``blind-search`` is the same with biases that are
    searched as weights are.
    """

    name: ClassVar[str] = "blind-search-as-published"
    default_lr: ClassVar[float] = 1e-3

    def step(
        self,
        objective: Objective,
        params: Tensor,
        state: State,
        lr: LearningRate,
        generator: torch.Generator,
    ) -> Step:
        """Return the candidate where its loss is lower, else params."""
        loss = objective.loss(params)
        noise = torch.empty_like(params).normal_(generator=generator)
        tried = noise.mul_(lr).add_(params)
        layout = objective.layout
        for piece, bound in zip(biases(tried, layout), bias_bounds(layout), strict=True):
            piece.uniform_(-bound, bound, generator=generator)
        better = comparable(objective.loss(tried)) < comparable(loss)
        return Step(tried if better else params, state, loss)


def biases(vector: Tensor, layout: Layout) -> list[Tensor]:
    """Return the biases in a [P] vector, as views: the tensors of one dimension."""
    return [piece for piece in layout.views(vector) if piece.ndim == 1]


def bias_bounds(layout: Layout) -> list[float]:
    """Return for each bias the bound of the uniform draw that torch starts it with: 1 / sqrt(fan_in).

    >>> bias_bounds(Layout(("fc.weight", "fc.bias"), ((10, 256), (10,))))
    [0.0625]
    """
    weights = dict(zip(layout.names, layout.shapes, strict=True))
    return [
        prod(weights[f"{name.removesuffix('bias')}weight"][1:]) ** -0.5
        for name, shape in weights.items()
        if len(shape) == 1
    ]
