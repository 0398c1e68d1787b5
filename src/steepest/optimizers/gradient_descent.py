"""The family of plain gradient steps: gradient descent, SGD, and momentum in its two forms.

Here and in every family: w the weights, g the gradient of the batch's loss at w, lr the learning rate.
"""

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import descend
from .hyperparameter import FADES, hyperparameter
from .rule import LearningRate, State, rule


@rule("gradient-descent", lr=0.1)
class GradientDescent:
    """Gradient descent: a step straight downhill on the loss of all the data.

    w = w - lr * g

    Idea: The gradient points where the loss grows fastest, so a small step against it lowers the loss. The
    gradient shrinks towards a minimum, and the steps with it.
    Fails: In a narrow valley: a rate that is safe across it crawls along it. Above 2 / (largest curvature) the
    steps grow instead of shrinking.
    Source: Cauchy 1847, "Méthode générale pour la résolution des systèmes d'équations simultanées".
    Choice: The formula is that of ``sgd``; what differs is the batch. A rule sees the batch that it is given,
    so gradient descent proper is this rule with a batch as large as the training split.
    """

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step against the gradient."""
        return descend(params, grad, lr)


@rule("sgd", lr=0.1)
class SGD:
    """Stochastic gradient descent: a step against the gradient of one batch.

    w = w - lr * g

    Idea: A batch's gradient is right on average and costs a fraction of the whole gradient. Its noise averages
    out over many small steps.
    Fails: With a constant rate it never settles: it wanders around the minimum at a distance that grows with lr.
    Source: Robbins and Monro 1951, https://doi.org/10.1214/aoms/1177729586
    """

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step against the gradient."""
        return descend(params, grad, lr)


def gather(grad: Tensor, state: State, beta: float) -> Tensor:
    """Return the velocity after this gradient: ``v = beta * v + g``."""
    # one pass over the memory, where mul_ and add_ would take two: this is what a large step waits for
    return torch.add(grad, state["velocity"], alpha=beta, out=state["velocity"])


@rule("momentum", lr=0.1, also=("heavy-ball",))
class Momentum:
    """Heavy ball: a velocity gathers the gradients of the past, and the weights follow it.

    v = beta * v + g
    w = w - lr * v                     (nesterov=true: w = w - lr * (g + beta * v))

    Idea: Gradients that keep their direction add up, up to 1 / (1 - beta) times one of them, and those that
    alternate cancel. So the ball rolls along a valley instead of bouncing between its walls.
    Fails: It overshoots: near a sharp minimum the velocity carries it past, and back, and past.
    Source: Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5
    Choice: The rate multiplies the velocity, as in torch, and not the gradient that enters it, so that a
    schedule acts at once and a rate of 0 stands still.
    """

    beta: float = hyperparameter(default=0.9, low=0, below=1, why=FADES)
    nesterov: bool = hyperparameter(default=False)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a velocity of zero."""
        return {"velocity": torch.zeros_like(params)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step along the velocity."""
        velocity = gather(grad, state, self.beta)
        if self.nesterov:
            velocity = grad.add_(velocity, alpha=self.beta)
        return descend(params, velocity, lr)


@rule("nesterov", lr=0.1)
class Nesterov:
    """Nesterov's momentum: a heavy ball that takes its gradient where the velocity is about to carry it.

    v = beta * v + g
    w = w - lr * (g + beta * v)

    Idea: A ball that looks ahead brakes before the slope turns up, where the heavy ball brakes after. On convex
    functions this is the fastest rate that any method with gradients alone can promise.
    Fails: As the heavy ball on noisy gradients, where looking ahead looks at noise.
    Source: Nesterov 1983, "A method for solving the convex programming problem with convergence rate O(1/k^2)";
    Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html
    Choice: Written, as Sutskever did, for weights that already stand at the point where the next gradient is
    taken. Nesterov's own sequence of beta, which grows towards 1, is replaced by a constant. The same as
    ``momentum:nesterov=true``.
    """

    beta: float = hyperparameter(default=0.9, low=0, below=1, why=FADES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a velocity of zero."""
        return {"velocity": torch.zeros_like(params)}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step along gradient and velocity."""
        velocity = gather(grad, state, self.beta)
        return descend(params, grad.add_(velocity, alpha=self.beta), lr)
