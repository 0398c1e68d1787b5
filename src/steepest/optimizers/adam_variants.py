"""Adam with another size, another momentum, or another start: Adamax, NAdam, RAdam."""

from math import sqrt

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import counted, descend, descend_ratio, follow, zeros
from .hyperparameter import DIVIDES, FORGETS, hyperparameter
from .rule import LearningRate, State, rule


@rule("adamax", lr=2e-3)
class Adamax:
    """Adam with the largest recent gradient in place of the root of the running square.

    m = beta1 * m + (1 - beta1) * g
    u = max(beta2 * u, |g| + eps)
    w = w - lr * (m / (1 - beta1^t)) / u

    Idea: The running p-norm of the gradients becomes, as p grows, a fading maximum, which needs no correction
    for its start. No step can exceed lr / (1 - beta1^t).
    Fails: One outlier slows its coordinate for some 1 / (1 - beta2) steps.
    Source: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 2.
    Choice: eps is added to |g|, as in torch; the paper has none and divides by 0 where g is 0.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return an average and a maximum of zero, and a count of steps."""
        return zeros(params, "mean", "highest")

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        t = counted(state)
        mean = state["mean"].lerp_(grad, 1 - self.beta1)
        highest = state["highest"].mul_(self.beta2)
        torch.maximum(highest, grad.abs_().add_(self.eps), out=highest)
        return descend_ratio(params, mean, highest, lr, 1 / (1 - self.beta1**t))


@rule("nadam", lr=2e-3)
class NAdam:
    """Adam with Nesterov's look ahead: the next step's momentum is applied already in this one.

    b(t) = beta1 * (1 - 0.5 * 0.96^(t * momentum_decay))
    q(t) = b(1) * b(2) * ... * b(t)
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g^2
    d = (1 - b(t)) / (1 - q(t)) * g + b(t+1) / (1 - q(t+1)) * m
    w = w - lr * d / (sqrt(s / (1 - beta2^t)) + eps)

    Idea: Adam's momentum is a heavy ball; this is Nesterov's in its place. The fresh gradient gets the weight
    that momentum would otherwise give it one step late.
    Fails: As Adam; on noisy gradients the look ahead looks at noise.
    Source: Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ, algorithm 2.
    Choice: b warms up as in the paper's experiments and torch; the paper leaves its sequence open.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)
    momentum_decay: float = hyperparameter(
        default=4e-3, low=0, why="below 0 the momentum would fall with time instead of warming up"
    )

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return two averages of zero, a product of one, and a count of steps."""
        product = torch.ones((), dtype=torch.float64)
        return zeros(params, "mean", "square") | {"product": product}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        t = counted(state)
        now, after = self._momentum(t), self._momentum(t + 1)
        product = float(state["product"].mul_(now))
        mean = state["mean"].lerp_(grad, 1 - self.beta1)
        square = follow(state["square"], grad, self.beta2)
        root = square.sqrt().div_(sqrt(1 - self.beta2**t)).add_(self.eps)
        ahead = grad.mul_((1 - now) / (1 - product)).add_(mean, alpha=after / (1 - product * after))
        return descend_ratio(params, ahead, root, lr)

    def _momentum(self, t: int) -> float:
        # 0.96 is the paper's: at momentum_decay 0.004 the momentum is half warmed up after 4,250 steps
        fade: float = 0.96 ** (t * self.momentum_decay)
        return self.beta1 * (1 - 0.5 * fade)


@rule("radam", lr=1e-3)
class RAdam:
    """Adam that takes plain momentum steps until its running square has seen enough to be trusted.

    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g^2
    n = 2 / (1 - beta2) - 1
    k = n - 2 * t * beta2^t / (1 - beta2^t)
    r = sqrt((k - 4) * (k - 2) * n / ((n - 4) * (n - 2) * k))
    w = w - lr * (m / (1 - beta1^t))                                             where k <= 5
    w = w - lr * r * (m / (1 - beta1^t)) * sqrt(1 - beta2^t) / (sqrt(s) + eps)   where k > 5

    Idea: In the first steps s is an average of few numbers and its inverse root varies wildly, which is why
    Adam needs a warm-up. k counts how many gradients s is worth, and r shrinks the step by what is known of
    the variance.
    Fails: As Adam, later on; the first steps have another scale than the rest, since they are not divided.
    Source: Liu et al. 2020, https://arxiv.org/abs/1908.03265, algorithm 2.
    Choice: The threshold is 5 as in the authors' code and torch; the paper says 4. eps, which the paper does
    not have, is added before the correction, as in torch.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return two averages of zero and a count of steps."""
        return zeros(params, "mean", "square")

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        t = counted(state)
        mean = state["mean"].lerp_(grad, 1 - self.beta1)
        square = follow(state["square"], grad, self.beta2)
        unbiased = 1 / (1 - self.beta1**t)
        rectified = self._rectification(t)
        if rectified is None:
            return descend(params, mean * unbiased, lr)
        root = torch.sqrt(square, out=grad).add_(self.eps)
        scale = rectified * unbiased * sqrt(1 - self.beta2**t)
        return descend_ratio(params, mean, root, lr, scale)

    def _rectification(self, t: int) -> float | None:
        """Return r, or None while s is worth no more than five gradients."""
        n = 2 / (1 - self.beta2) - 1
        k = n - 2 * t * self.beta2**t / (1 - self.beta2**t)
        if k <= 5:
            return None
        return sqrt((k - 4) * (k - 2) * n / ((n - 4) * (n - 2) * k))
