"""SAM: any rule, fed with the gradient at the worst point nearby."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..layout import Layout
from ..objective import Objective
from .gradient_descent import Momentum
from .hyperparameter import hyperparameter, inner_rule
from .rule import LearningRate, Optimizer, State, Step, gradient, rule


@dataclass(frozen=True)
class WorstNearby:
    """The objective whose gradient is taken at distance rho uphill; its loss is the one at params.

    Args:
        lr: 0 where a weight is frozen, and so not shifted either.
    """

    objective: Objective
    rho: float
    lr: LearningRate

    @property
    def layout(self) -> Layout:
        """The wrapped objective's layout."""
        return self.objective.layout

    def loss(self, params: Tensor) -> Tensor:
        """Return the loss [] at params [P]."""
        return self.objective.loss(params)

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss [] at params [P], and the gradient [P] at the shifted point."""
        loss, grad = gradient(self.objective, params, self.lr)
        _, worst = self.objective.loss_and_grad(self.shifted(params, grad))
        return loss, worst

    def shifted(self, params: Tensor, grad: Tensor) -> Tensor:
        """Return a new vector at distance rho from params along grad, or params where grad is 0."""
        norm = grad.norm()
        scale = torch.where(norm > 0, self.rho / norm, torch.zeros_like(norm))
        return torch.addcmul(params, grad, scale)


@rule("sam", lr=None)
class SAM:
    """Sharpness-aware minimisation: step by the gradient of the worst point within distance rho.

    e = rho * g / |g|
    g = gradient at w + e
    then as the wrapped rule

    Idea: A flat minimum stays low when the weights are jogged, and tends to generalise. The gradient at the
    uphill neighbour lowers the neighbourhood's maximum instead of the point's loss.
    Fails: At twice the price: the same time spent on plain steps is often worth as much. A large rho keeps it
    from ever reaching the bottom.
    Source: Foret et al. 2021, https://arxiv.org/abs/2010.01412, algorithm 1.
    Choice: Both gradients see the same batch and the same dropout mask, and one neighbourhood is the whole
    batch's, where the paper's machines each had their own.
    """

    rule: Optimizer = inner_rule(default=Momentum())
    rho: float = hyperparameter(default=0.05, low=0, why="it is a distance", search=(0.01, 0.5, "log"))

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return the wrapped rule's state."""
        return self.rule.init(params, layout)

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return one step of the wrapped rule on the worst points nearby."""
        return self.rule.step(WorstNearby(objective, self.rho, lr), params, state, lr, generator)

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return the wrapped rule's weights."""
        return self.rule.weights(params, state)
