"""How the tests of rules walk: a rule on a function, from a start, with all its points kept."""

import pytest
import torch

from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose


@pytest.fixture
def walk():
    """Return a function that gives the points [steps + 1, P] a rule visits, and its last state."""

    def along(text, function, start, steps, *, lr=0.01, shapes=None):
        shapes = shapes or ((start.numel(),),)
        layout = Layout(tuple(f"t{number}" for number in range(len(shapes))), shapes)
        objective, rule = FunctionObjective(function, layout), choose(text).rule
        params, path = start.clone(), [start.clone()]
        state = rule.init(params, layout)
        for step in range(steps):
            noise = torch.Generator().manual_seed(step)
            params, state, _ = rule.step(objective, params, state, lr, noise)
            path.append(params.clone())
        return torch.stack(path), state

    return along


class Watched:
    """An objective that remembers every point at which it was asked."""

    def __init__(self, problem):
        self.inner, self.layout, self.points = problem.objective, problem.layout, []

    def loss(self, params):
        self.points.append(params.clone())
        return self.inner.loss(params)

    def loss_and_grad(self, params):
        self.points.append(params.clone())
        return self.inner.loss_and_grad(params)


@pytest.fixture
def watch():
    """Return the class of an objective that remembers every point at which it was asked."""
    return Watched
