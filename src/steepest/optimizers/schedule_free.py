"""The schedule-free family: averaging built into the rule, in place of a falling learning rate."""

from math import sqrt

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import counted, descend, descend_ratio, follow, zeros
from .hyperparameter import DIVIDES, FORGETS, SHRINKS, hyperparameter
from .rule import LearningRate, State, rule

BETA_WHY = "at 1 the gradient is taken at the mean alone"


def averaged(params: Tensor, state: State, beta: float, rate: LearningRate) -> Tensor:
    """Move the mean towards z and params between the two; the mean's weights are ``rate^2``.

    The largest rate so far counts, so that a schedule's falling end does not stop the mean; where the rate is
    0 nothing moves.
    """
    highest, total = state["highest"], state["total"]
    if not isinstance(rate, Tensor):
        rate = torch.full_like(highest, rate)
    highest, total = highest.to(rate), total.to(rate)
    state["highest"] = torch.maximum(highest, rate)
    weight = torch.where(rate > 0, state["highest"].square(), 0.0)
    state["total"] = total + weight
    share = torch.where(weight > 0, weight / state["total"], 0.0)
    mean = state["mean"].lerp_(state["z"], share if share.dim() else float(share))
    return torch.lerp(state["z"], mean, beta, out=params)


def averaging_state(params: Tensor) -> State:
    """Return a mean and a z at params, and the sums that weight the mean.

    The sums are numbers on the CPU; with a rate per weight they become vectors [P] like it.
    """
    none_yet = torch.zeros((), dtype=torch.float64)
    return {"mean": params.clone(), "z": params.clone(), "highest": none_yet, "total": none_yet.clone()}


@rule("schedule-free-sgd", lr=1.0)
class ScheduleFreeSGD:
    """Schedule-free SGD: step at one point, take the gradient between it and the mean, evaluate the mean.

    z = z - lr * (g + weight_decay * w)
    x = x + c * (z - x)                                  c = lr^2 / (sum of lr^2 so far); evaluated: x
    w = beta * x + (1 - beta) * z                        where the next gradient is taken

    Idea: A falling rate and a mean over constant-rate steps do the same work; this mean needs no horizon to be
    known in advance. Taking gradients mostly at the mean is what makes it converge as fast as the last step of
    the best schedule.
    Fails: With a schedule that falls: it needs a constant rate, after a warm-up if anything.
    Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, equations 1 to 3.
    Choice: The weighting by lr^2 and the decay taken at w are those of the authors' code.
    """

    beta: float = hyperparameter(default=0.9, low=0, below=1, why=BETA_WHY)
    weight_decay: float = hyperparameter(default=0.0, low=0, why=SHRINKS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a mean and a z at params."""
        return averaging_state(params)

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return the next point between z and the mean."""
        descend(state["z"], grad.add_(params, alpha=self.weight_decay), lr)
        return averaged(params, state, self.beta, lr)

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return the mean x."""
        mean: Tensor = state["mean"]
        return mean


@rule("schedule-free-adamw", lr=2.5e-3)
class ScheduleFreeAdamW:
    """Schedule-free AdamW: the mean in place of Adam's momentum, and of any schedule.

    s = beta2 * s + (1 - beta2) * g^2
    z = z - lr * (g / (sqrt(s / (1 - beta2^t)) + eps) + weight_decay * w)
    x = x + c * (z - x)                                  c = lr^2 / (sum of lr^2 so far); evaluated: x
    w = beta1 * x + (1 - beta1) * z                      where the next gradient is taken

    Idea: As ``schedule-free-sgd``, with each coordinate scaled by its recent size. beta1 is no momentum: it
    says how near to the mean the gradients are taken.
    Fails: With a schedule that falls; and beta1 = 0.9 is too low for long runs, where 0.95 to 0.98 is better.
    Source: Defazio et al. 2024, https://arxiv.org/abs/2405.15682, algorithm 1.
    Choice: The weighting by lr^2 and the decay taken at w are those of the authors' code.
    """

    beta1: float = hyperparameter(default=0.9, low=0, below=1, why=BETA_WHY)
    beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)
    weight_decay: float = hyperparameter(default=0.0, low=0, why=SHRINKS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a mean and a z at params, a running square of zero and a count of steps."""
        return zeros(params, "square") | averaging_state(params)

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return the next point between z and the mean."""
        t = counted(state)
        square = follow(state["square"], grad, self.beta2)
        root = square.sqrt().div_(sqrt(1 - self.beta2**t)).add_(self.eps)
        if self.weight_decay:
            descend(state["z"], params, self.weight_decay * lr)
        descend_ratio(state["z"], grad, root, lr)
        return averaged(params, state, self.beta1, lr)

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return the mean x."""
        mean: Tensor = state["mean"]
        return mean
