"""The Blind Descent family: try candidates at random, keep what has the lowest loss on the same batch."""

import torch
from torch import Tensor

from ..layout import Layout
from ..objective import Objective
from .arithmetic import descend
from .gradient_descent import gather
from .hyperparameter import FADES, hyperparameter
from .rule import LearningRate, State, Step, gradient, rule

CANDIDATES_WHY = "each is a forward pass; with none there is nothing to choose"


def comparable(loss: Tensor) -> float:
    """Return a loss as a number that can be compared: NaN counts as infinitely bad."""
    value = float(loss)
    return value if value == value else float("inf")  # noqa: PLR0124  # false for NaN alone


@rule("blind-descent", lr=1e-3)
class BlindDescent:
    """Blind Descent: beside the momentum step, try steps with noisy gradients; keep the one of lowest loss.

    g[0] = g,  g[j] = g + U(-eta * |g|, eta * |g|)       j = 1 ... candidates, drawn per weight
    v[j] = beta * v + g[j]
    w[j] = w - lr * v[j]
    w, v = w[i], v[i]                                    where loss(w[i]) is the lowest

    Idea: If noise sometimes helps, measure when. The candidate's own velocity is kept with it, so that a
    lucky draw goes on to act.
    Fails: Against plain momentum at equal cost: noise of size eta * |g| changes the loss of the next point by
    far less than the step does, and the choice costs candidates + 1 forward passes.
    Source: the notebook of the experiment blind-descent, whose author calls it broken: it never cleared its
    gradients, compared the losses before and after one and the same step, and "restored" an alias.
    Choice: The notebook is ambiguous and this is what it sets out to do: all candidates start at one point, all
    losses are taken on one batch with one dropout mask, the noise reaches biases too, the momentum lives through
    the whole run, and there may be more than one noisy candidate. On a tie the noiseless one is kept.
    """

    beta: float = hyperparameter(default=0.9, low=0, below=1, why=FADES)
    eta: float = hyperparameter(
        default=0.01, low=0, why="it is the noise's size in units of |g|", search=(1e-3, 1, "log")
    )
    candidates: int = hyperparameter(default=1, low=1, why=CANDIDATES_WHY)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return a velocity of zero."""
        return {"velocity": torch.zeros_like(params)}

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return the candidate of lowest loss, with its velocity."""
        loss, grad = gradient(objective, params, lr)
        best = self._candidate(objective, params, state, lr, grad)
        for _ in range(self.candidates):
            noise = torch.empty_like(grad).uniform_(-self.eta, self.eta, generator=generator)
            noisy = torch.addcmul(grad, noise, grad.abs())
            tried = self._candidate(objective, params, state, lr, noisy)
            best = min(best, tried, key=lambda each: each[0])
        return Step(best[1], {"velocity": best[2]}, loss)

    def _candidate(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, grad: Tensor
    ) -> tuple[float, Tensor, Tensor]:
        """Return the loss, the weights and the velocity that this gradient leads to."""
        velocity = gather(grad, {"velocity": state["velocity"].clone()}, self.beta)
        weights = descend(params.clone(), velocity, lr)
        return comparable(objective.loss(weights)), weights, velocity


@rule("blind-search", lr=1e-3)
class BlindSearch:
    """Blind search: redraw every weight near where it is, and keep the draw if the batch's loss falls.

    w[j] = N(w, lr)                                      j = 1 ... candidates, drawn per weight
    w = w[i] if loss(w[i]) < loss(w) else w              where loss(w[i]) is the lowest

    Idea: The gradient-free ancestor of ``blind-descent``: selection without any slope. It shows what a gradient
    is worth.
    Fails: With many weights: a random direction is nearly at right angles to the gradient, so progress per step
    falls like 1 / sqrt(P). And a draw that suits one small batch may not suit the next.
    Source: the ancestor in the notebook of the experiment blind-descent; the method is Matyas 1965, "Random
    optimization", Automation and Remote Control 26.
    Choice: "N(w, 0.001)" is read as a standard deviation of 0.001, which is lr here, so that a schedule narrows
    the search and 0 freezes. The notebook builds a new net for each candidate, whose biases are therefore
    freshly initialised each time; here biases are redrawn near themselves like any weight. The loss at w is
    measured on the same batch as the candidates'.
    """

    candidates: int = hyperparameter(default=1, low=1, why=CANDIDATES_WHY)

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return the best draw, or params where none is better."""
        loss = objective.loss(params)
        best, lowest = params, comparable(loss)
        for _ in range(self.candidates):
            noise = torch.empty_like(params).normal_(generator=generator)
            tried = noise.mul_(lr).add_(params)
            reached = comparable(objective.loss(tried))
            if reached < lowest:
                best, lowest = tried, reached
        return Step(best, state, loss)
