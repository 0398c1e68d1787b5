"""What makes the rules that divide by a gradient's past size what they are."""

from math import sqrt

import pytest
import torch

from optimizer_fakes import DOUBLE, LR, slope, vector


def test_adagrads_steps_fall_as_the_root_of_their_number(walk):
    path, _ = walk("adagrad", slope(vector(3.0)), vector(0.0), 100)
    steps = (path[:-1] - path[1:]).flatten()
    assert torch.allclose(steps, LR / torch.arange(1, 101, dtype=DOUBLE).sqrt())


@pytest.mark.parametrize(
    "text", ["adadelta:eps=1e-12", "rmsprop:eps=1e-300", "adam:eps=1e-300", "adamax:eps=1e-300", "lion"]
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
