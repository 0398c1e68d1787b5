"""What makes Adam, AdamW and AMSGrad what they are."""

import pytest
import torch

from optimizer_fakes import LR, slope, vector


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
