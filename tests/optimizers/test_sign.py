"""What makes the rules that keep only the gradient's sign what they are."""

import pytest
import torch

from optimizer_fakes import LR, slope, vector


@pytest.mark.parametrize("text", ["signsgd", "lion"])
def test_every_weight_moves_by_the_rate_against_its_sign(text, walk):
    path, _ = walk(text, slope(vector(1e-6, -50.0, 0.0)), vector(1.0, 1.0, 1.0), 1)
    assert torch.allclose(path[1] - path[0], vector(-LR, LR, 0.0), atol=1e-15)
