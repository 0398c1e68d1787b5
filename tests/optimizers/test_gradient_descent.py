"""What makes plain gradient steps and the two momenta what they are."""

import pytest
import torch

from optimizer_fakes import LR, slope, vector


def test_gradient_descent_reaches_the_bottom_in_one_step_at_the_inverse_curvature(walk):
    path, _ = walk("gradient-descent", lambda w: 2.5 * w.square().sum(), vector(1.0, -3.0), 1, lr=0.2)
    assert path[1].abs().max() < 1e-15


@pytest.mark.parametrize(("lr", "grows"), [(0.39, False), (0.41, True)])
def test_gradient_descent_diverges_above_twice_the_inverse_curvature(lr, grows, walk):
    path, _ = walk("gradient-descent", lambda w: 2.5 * w.square().sum(), vector(1.0), 200, lr=lr)
    assert (path[-1].abs() > 1).item() is grows


def test_a_steady_gradient_speeds_the_heavy_ball_up_to_its_terminal_velocity(walk):
    path, _ = walk("momentum:beta=0.9", slope(vector(1.0)), vector(0.0), 400)
    assert path[1] == -LR
    assert torch.allclose(path[-1] - path[-2], vector(-LR / (1 - 0.9)))


def test_nesterov_is_momentum_with_its_flag(walk):
    function, start = (lambda w: w.square().sum()), vector(1.0, 2.0)
    one, _ = walk("nesterov:beta=0.7", function, start, 30)
    other, _ = walk("momentum:beta=0.7,nesterov=true", function, start, 30)
    assert torch.equal(one, other)
