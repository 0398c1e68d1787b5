"""The family that scales each tensor's step to the size of the tensor: LARS and LAMB, for large batches."""

from math import sqrt

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import counted, descend, follow, pieces, shapes_of, zeros
from .gradient_descent import gather
from .hyperparameter import DIVIDES, FADES, FORGETS, SHRINKS, hyperparameter
from .rule import LearningRate, State, rule


def ratio_or_one(above: Tensor, below: Tensor) -> Tensor:
    """Return ``above / below`` [], or 1 where either is 0 and the ratio would freeze or explode."""
    return torch.where((above > 0) & (below > 0), above / below, torch.ones_like(above))


@rule("lars", lr=0.1)
class LARS:
    """LARS: momentum whose gradient is scaled, tensor by tensor, to a fraction of the weights' size.

    r = trust * |w| / (|g| + weight_decay * |w|)        per tensor; 1 for tensors of one dimension
    v = beta * v + r * (g + weight_decay * w)
    w = w - lr * v

    Idea: In one net the ratio of weight to gradient differs a hundredfold between layers, so no single rate
    suits them all. Scaling by that ratio makes each layer move by the same fraction of itself.
    Fails: With small batches, where it throws away what the gradient's size says about the noise.
    Source: You, Gitman and Ginsburg 2017, https://arxiv.org/abs/1708.03888, algorithm 1.
    Choice: Biases and norms' scales (one dimension) take plain momentum steps without decay, as the large-batch
    recipes do; the paper does not say, and a bias that starts at 0 would stay there. So that lr = 0.1 suits
    them too, trust is 0.02; the paper's 0.001 goes with rates above 1. lr multiplies the velocity, not the
    gradient that enters it, so that a rate of 0 stands still.
    """

    beta: float = hyperparameter(default=0.9, low=0, below=1, why=FADES)
    trust: float = hyperparameter(default=0.02, above=0, why="it is the fraction by which a tensor moves")
    weight_decay: float = hyperparameter(default=0.0, low=0, why=SHRINKS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a velocity of zero and the tensors' shapes."""
        return {"velocity": torch.zeros_like(params), "shapes": shapes_of(layout)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        shapes = state["shapes"]
        for g, w in zip(pieces(grad, shapes), pieces(params, shapes), strict=True):
            if g.dim() > 1:
                size = w.norm()
                ratio = ratio_or_one(self.trust * size, g.norm() + self.weight_decay * size)
                g.add_(w, alpha=self.weight_decay).mul_(ratio)
        return descend(params, gather(grad, state, self.beta), lr)


@rule("lamb", lr=0.01)
class LAMB:
    """LAMB: Adam's direction, scaled tensor by tensor to the size of the weights.

    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g^2
    d = (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + eps) + weight_decay * w
    w = w - lr * |w| / |d| * d                           norms per tensor

    Idea: LARS for Adam: within a tensor each weight has its own scale, between tensors each moves by the
    fraction lr of itself. So lr reads as a percentage.
    Fails: For tensors that must grow from nothing: a small tensor takes small steps.
    Source: You et al. 2020, https://arxiv.org/abs/1904.00962, algorithm 2.
    Choice: The paper's function of |w| is the identity; the ratio is 1 where a norm is 0. All tensors are
    scaled, biases too.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-6, above=0, why=DIVIDES)
    weight_decay: float = hyperparameter(default=0.0, low=0, why=SHRINKS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return two averages of zero, a count of steps and the tensors' shapes."""
        return zeros(params, "mean", "square") | {"shapes": shapes_of(layout)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        t, shapes = counted(state), state["shapes"]
        mean = state["mean"].lerp_(grad, 1 - self.beta1)
        square = follow(state["square"], grad, self.beta2)
        root = square.sqrt().div_(sqrt(1 - self.beta2**t)).add_(self.eps)
        direction = torch.div(mean, root, out=grad).div_(1 - self.beta1**t)
        direction.add_(params, alpha=self.weight_decay)
        for d, w in zip(pieces(direction, shapes), pieces(params, shapes), strict=True):
            d.mul_(ratio_or_one(w.norm(), d.norm()))
        return descend(params, direction, lr)
