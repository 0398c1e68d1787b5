"""What makes each rule that steps by the gradient the rule that it is, besides being equal to a reference."""

from math import sqrt

import pytest
import torch

DOUBLE = torch.float64
LR = 0.01  # what walk steps with where it is not told otherwise


def vector(*numbers):
    return torch.tensor(numbers, dtype=DOUBLE)


def slope(direction):
    """Return the linear loss whose gradient is ``direction`` everywhere."""
    return lambda w: (w * direction).sum()


def test_gradient_descent_reaches_the_bottom_in_one_step_at_the_inverse_curvature(walk):
    path, _ = walk(
        "gradient-descent", lambda w: 2.5 * w.square().sum(), vector(1.0, -3.0), 1, lr=0.2
    )
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


def test_adagrads_steps_fall_as_the_root_of_their_number(walk):
    path, _ = walk("adagrad", slope(vector(3.0)), vector(0.0), 100)
    steps = (path[:-1] - path[1:]).flatten()
    assert torch.allclose(steps, LR / torch.arange(1, 101, dtype=DOUBLE).sqrt())


@pytest.mark.parametrize(
    "text",
    ["adadelta:eps=1e-12", "rmsprop:eps=1e-300", "adam:eps=1e-300", "adamax:eps=1e-300", "lion"],
)
def test_a_rule_that_divides_by_the_gradients_size_ignores_the_losss_unit(text, walk):
    start = vector(1.0, -2.0)
    one, _ = walk(text, lambda w: w.square().sum(), start, 20)
    # 2^20: large, and exact in binary
    million, _ = walk(text, lambda w: 2.0**20 * w.square().sum(), start, 20)
    tolerance = 1e-3 if text.startswith("adadelta") else 1e-12  # eps has a unit
    assert torch.allclose(one, million, rtol=tolerance)


def test_rmsprop_takes_its_first_step_ten_times_too_long(walk):
    path, _ = walk("rmsprop:rho=0.99", slope(vector(5.0)), vector(0.0), 1)
    assert torch.allclose(path[1], vector(-LR / sqrt(1 - 0.99)))


def test_centred_rmsprop_survives_a_gradient_that_never_changes(walk):
    path, _ = walk("rmsprop:centred=true,rho=0.5", slope(vector(0.1)), vector(0.0), 200)
    assert path.isfinite().all()


def test_adams_first_step_is_the_rate_whatever_the_gradient(walk):
    path, _ = walk("adam", slope(vector(1e-3, -1e3)), vector(0.0, 0.0), 1)
    assert torch.allclose(path[1], vector(-LR, LR), rtol=1e-4)  # eps against 1e-3


def test_adamw_shrinks_weights_that_have_no_gradient(walk):
    path, _ = walk("adamw:weight_decay=0.5", slope(vector(0.0)), vector(2.0), 10)
    assert torch.allclose(path[-1], vector(2 * (1 - LR * 0.5) ** 10))


def test_amsgrad_never_forgets_a_large_gradient(walk):
    def spike(w):  # a gradient of 100 in the first step and of 1 later
        return torch.where(w > -1e-9, 100 * w, w).sum()

    _, state = walk("amsgrad:beta2=0.5", spike, vector(0.0), 50)
    _, forgetful = walk("adam:beta2=0.5", spike, vector(0.0), 50)
    assert state["highest"].item() == pytest.approx(0.5 * 100**2)
    assert forgetful["square"].item() == pytest.approx(1)


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


@pytest.mark.parametrize("text", ["signsgd", "lion"])
def test_every_weight_moves_by_the_rate_against_its_sign(text, walk):
    path, _ = walk(text, slope(vector(1e-6, -50.0, 0.0)), vector(1.0, 1.0, 1.0), 1)
    assert torch.allclose(path[1] - path[0], vector(-LR, LR, 0.0), atol=1e-15)
