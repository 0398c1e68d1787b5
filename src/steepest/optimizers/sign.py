"""The family that keeps only the gradient's sign: every weight moves by the same distance."""

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import decay, descend
from .hyperparameter import FORGETS, SHRINKS, hyperparameter
from .rule import LearningRate, State, rule


@rule("signsgd", lr=1e-3)
class SignSGD:
    """SignSGD: every weight moves by lr, against the sign of its gradient.

    w = w - lr * sign(g)

    Idea: Steepest descent where distance is measured by the largest change of any weight. One bit a weight has
    to be sent between machines.
    Fails: Where noise outweighs the gradient and is skewed: the sign's mean is not the mean's sign. With a
    constant rate it circles the minimum at distance lr.
    Source: Bernstein et al. 2018, https://arxiv.org/abs/1802.04434, algorithm 1.
    """

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step; where g is 0 the weight stays."""
        return descend(params, grad.sign_(), lr)


@rule("lion", lr=3e-4)
class Lion:
    """Lion: the sign of a momentum that leans towards the newest gradient.

    d = sign(beta1 * m + (1 - beta1) * g)
    m = beta2 * m + (1 - beta2) * g
    w = w - lr * (d + weight_decay * w)

    Idea: Found by a search over programs: the step is the sign of a short average, the memory is a long one.
    One vector of state instead of Adam's two.
    Fails: At Adam's rates: every weight moves by the full lr in each step, so lr must be three to ten times
    smaller, and the decay as much larger.
    Source: Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.99, low=0, below=1, why=FORGETS)
    weight_decay: float = hyperparameter(default=0.0, low=0, why=SHRINKS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return an average of zero."""
        return {"mean": torch.zeros_like(params)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after the decay and one step of the sign."""
        direction = torch.lerp(state["mean"], grad, 1 - self.beta1).sign_()
        state["mean"].lerp_(grad, 1 - self.beta2)
        decay(params, self.weight_decay, lr)
        return descend(params, direction, lr)
