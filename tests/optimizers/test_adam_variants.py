"""What makes Adamax, NAdam and RAdam what they are."""

from math import prod, sqrt

import pytest
import torch

from optimizer_fakes import DOUBLE, LR, slope, vector


def test_no_step_of_adamax_exceeds_its_bound(walk):
    generator = torch.Generator().manual_seed(0)
    directions = iter(torch.randn(50, 4, generator=generator, dtype=DOUBLE).exp())
    path, _ = walk("adamax", lambda w: (w * next(directions)).sum(), torch.zeros(4).double(), 50)
    steps = (path[1:] - path[:-1]).abs().amax(dim=1)
    bounds = LR / (1 - 0.9 ** torch.arange(1, 51, dtype=DOUBLE))
    assert (steps <= bounds * (1 + 1e-12)).all()


def test_radam_starts_with_plain_steps_and_then_divides(walk):
    path, _ = walk("radam", slope(vector(100.0)), vector(0.0), 6)
    steps = (path[:-1] - path[1:]).flatten()
    assert torch.allclose(steps[:5], torch.full((5,), 100 * LR, dtype=DOUBLE))
    assert 0 < steps[5] < LR


def test_nadam_applies_the_next_steps_momentum_already_in_this_one(walk):
    grads = [3.0, -1.0, 2.0, 0.5]
    given = iter(vector(*grads))
    path, _ = walk("nadam:eps=1e-300", lambda w: (w * next(given)).sum(), vector(0.0), 4)
    # the formula of the docstring in plain numbers
    b = [0.9 * (1 - 0.5 * 0.96 ** (t * 0.004)) for t in range(6)]
    m = s = w = 0.0
    for t, g in enumerate(grads, 1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        ahead = (1 - b[t]) / (1 - prod(b[1 : t + 1])) * g
        ahead += b[t + 1] / (1 - prod(b[1 : t + 2])) * m
        w -= LR * ahead / sqrt(s / (1 - 0.999**t))
        assert path[t].item() == pytest.approx(w, rel=1e-12)


def test_radam_divides_from_the_start_of_trust_and_nears_adam_as_it_grows(walk):
    start = slope(vector(2.0))
    path, _ = walk("radam:beta2=0.9,eps=1e-300", start, vector(0.0), 200)
    last = (path[-2] - path[-1]).item()
    # k tends to n = 19, at which the rectification is 1, and Adam's step by a steady gradient is the rate
    assert last == pytest.approx(LR, rel=1e-6)
