"""The family that divides each coordinate by its own past size: AdaGrad, AdaDelta, RMSProp."""

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import descend, descend_ratio, follow
from .hyperparameter import DIVIDES, FADES, FORGETS, hyperparameter
from .rule import LearningRate, State, rule


@rule("adagrad", lr=0.01)
class AdaGrad:
    """AdaGrad: each weight's step is divided by the root of all its squared gradients so far.

    s = s + g^2
    w = w - lr * g / (sqrt(s) + eps)

    Idea: A weight that rarely gets a gradient takes large steps when it does, one that always gets large ones
    takes small steps. The sum only grows, so the rate falls by itself like 1 / sqrt(t).
    Fails: In long runs: s never forgets, and the steps die out before the minimum is reached.
    Source: Duchi, Hazan and Singer 2011, https://jmlr.org/papers/v12/duchi11a.html
    Choice: The diagonal form; eps is outside the root, as in torch.
    """

    eps: float = hyperparameter(default=1e-10, above=0, why=DIVIDES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a sum of zero."""
        return {"square": torch.zeros_like(params)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        square = state["square"].addcmul_(grad, grad)
        return descend_ratio(params, grad, square.sqrt().add_(self.eps), lr)


@rule("adadelta", lr=1.0)
class AdaDelta:
    """AdaDelta: steps in the weights' own unit, from a running size of past steps over one of past gradients.

    s = rho * s + (1 - rho) * g^2
    d = g * sqrt(a + eps) / sqrt(s + eps)
    a = rho * a + (1 - rho) * d^2
    w = w - lr * d

    Idea: A gradient has the unit loss per weight, so a step proportional to it has the wrong unit. Dividing
    by the gradients' size and multiplying by the steps' size mends that and leaves no rate to tune.
    Fails: At the start: a is 0, so the first steps are about sqrt(eps), and eps becomes the rate in disguise.
    Source: Zeiler 2012, https://arxiv.org/abs/1212.5701, algorithm 1.
    Choice: lr, which the paper does not have, is 1 by default; eps is 1e-6 as in the paper and torch.
    """

    rho: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-6, above=0, why="the first step is proportional to its root")

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return running squares of gradients and of steps, both zero."""
        return {"square": torch.zeros_like(params), "moved": torch.zeros_like(params)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        square = follow(state["square"], grad, self.rho)
        ratio = state["moved"].add(self.eps).div_(square + self.eps).sqrt_()
        delta = grad.mul_(ratio)
        follow(state["moved"], delta, self.rho)
        return descend(params, delta, lr)


@rule("rmsprop", lr=0.01)
class RMSProp:
    """RMSProp: the gradient over the root of its running square.

    s = rho * s + (1 - rho) * g^2
    a = rho * a + (1 - rho) * g               (centred=true; else a = 0)
    v = momentum * v + g / (sqrt(s - a^2) + eps)
    w = w - lr * v

    Idea: AdaGrad that forgets, so its rate does not die out. Centred, the size is the gradient's deviation
    instead of its root mean square, and a steady gradient takes larger steps.
    Fails: At the start s is too small and not corrected: the first step is lr / sqrt(1 - rho), ten times lr.
    Source: Tieleman and Hinton 2012, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
    centred: Graves 2013, https://arxiv.org/abs/1308.0850, equations 38 to 41.
    Choice: The slides have rho = 0.9 and no eps; rho = 0.99 and eps outside the root are torch's. Graves has
    eps inside the root.
    """

    rho: float = hyperparameter(default=0.99, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)
    momentum: float = hyperparameter(default=0.0, low=0, below=1, why=FADES)
    centred: bool = hyperparameter(default=False)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a running square of zero, and a running mean and a velocity where they are used."""
        used = {"square": True, "mean": self.centred, "velocity": self.momentum > 0}
        return {name: torch.zeros_like(params) for name, needed in used.items() if needed}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        square = follow(state["square"], grad, self.rho)
        if self.centred:
            mean = state["mean"].lerp_(grad, 1 - self.rho)
            square = square.addcmul(mean, mean, value=-1).clamp_(min=0)  # s - a^2 may round below 0
        root = square.sqrt().add_(self.eps)
        if not self.momentum:
            return descend_ratio(params, grad, root, lr)
        velocity = state["velocity"].mul_(self.momentum).addcdiv_(grad, root)
        return descend(params, velocity, lr)
