"""The family of Adam: a momentum whose every coordinate is scaled by its own recent size."""

from math import sqrt

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import counted, decay, descend_ratio, follow, zeros
from .hyperparameter import DIVIDES, FORGETS, SHRINKS, hyperparameter
from .rule import LearningRate, State, rule


def adam_step(rule: "Adam | AdamW", grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
    """Return params [P] after Adam's update with this gradient, which it overwrites.

    The correction of s is moved out of the vector operations, as the paper suggests at the end of section 2:
    m' / (sqrt(s / c) + eps) = sqrt(c) * m' / (sqrt(s) + sqrt(c) * eps).
    """
    t = counted(state)
    mean = state["mean"].lerp_(grad, 1 - rule.beta1)
    square = follow(state["square"], grad, rule.beta2)
    correction = sqrt(1 - rule.beta2**t)
    # the root of an exact zero takes six times as long as that of a number, and images have dead pixels
    root = torch.clamp(square, min=torch.finfo(square.dtype).tiny, out=grad).sqrt_()
    root.add_(rule.eps * correction)
    return descend_ratio(params, mean, root, lr, correction / (1 - rule.beta1**t))


@rule("adam", lr=1e-3)
class Adam:
    """Adam: the running mean of the gradient over the root of its running square, both unbiased.

    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g^2
    w = w - lr * (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + eps)

    Idea: The ratio of mean to root mean square is near 1 where gradients agree and near 0 where they are
    noise, so each weight moves by at most about lr, the more the surer it is. The two divisions undo that the
    averages start at 0.
    Fails: Where rare, large gradients matter: s has forgotten them by the time they come (see ``amsgrad``).
    Source: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return two averages of zero and a count of steps."""
        return zeros(params, "mean", "square")

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        return adam_step(self, grad, params, state, lr)


@rule("adamw", lr=1e-3)
class AdamW:
    """Adam with weight decay of its own, which the running averages never see.

    w = w - lr * weight_decay * w
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g^2
    w = w - lr * (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + eps)

    Idea: A penalty in the loss is divided by sqrt(s) like any gradient, so weights with large gradients decay
    least. Decaying the weights beside the gradient step shrinks all of them alike.
    Fails: Where Adam does; and lr scales the decay, so that a schedule changes both at once.
    Source: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101, algorithm 2.
    Choice: The decay is multiplied by the learning rate, as in torch; the paper multiplies it by the schedule
    alone.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)
    weight_decay: float = hyperparameter(default=0.01, low=0, why=SHRINKS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return two averages of zero and a count of steps."""
        return zeros(params, "mean", "square")

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after the decay and one step of Adam."""
        decay(params, self.weight_decay, lr)
        return adam_step(self, grad, params, state, lr)


@rule("amsgrad", lr=1e-3)
class AMSGrad:
    """Adam that divides by the largest running square so far, so that no coordinate's rate ever grows.

    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g^2
    h = max(h, s)
    w = w - lr * (m / (1 - beta1^t)) / (sqrt(h / (1 - beta2^t)) + eps)

    Idea: Adam can diverge on a convex problem because s forgets a rare, large gradient just before it comes
    again. Keeping the maximum forgets nothing that was large.
    Fails: After one huge gradient: that coordinate stays slow for the rest of the run.
    Source: Reddi, Kale and Kumar 2018, https://openreview.net/forum?id=ryQu7f-RZ, algorithm 2.
    Choice: Both averages are unbiased, as in torch; the paper's algorithm corrects neither.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return two averages and a maximum of zero, and a count of steps."""
        return zeros(params, "mean", "square", "highest")

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step."""
        t = counted(state)
        mean = state["mean"].lerp_(grad, 1 - self.beta1)
        square = follow(state["square"], grad, self.beta2)
        highest = torch.maximum(state["highest"], square, out=state["highest"])
        root = torch.sqrt(highest, out=grad).div_(sqrt(1 - self.beta2**t)).add_(self.eps)
        return descend_ratio(params, mean, root, lr, 1 / (1 - self.beta1**t))
