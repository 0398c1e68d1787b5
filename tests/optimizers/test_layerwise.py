"""What makes LARS and LAMB what they are."""

import pytest
import torch

from optimizer_fakes import LR, slope, vector
from steepest.optimizers.problems import waves


def test_lars_moves_each_matrix_by_the_same_fraction_of_its_size(walk):
    start = torch.cat([100 * waves(6, 1.0), 0.01 * waves(6, 2.0), vector(1.0, 1.0)])
    shapes = ((2, 3), (3, 2), (2,))
    path, _ = walk("lars:trust=0.02", slope(waves(14, 3.0)), start, 1, shapes=shapes)
    moved, size = (path[1] - path[0]), path[0]
    for part in (slice(0, 6), slice(6, 12)):
        assert moved[part].norm() == pytest.approx(LR * 0.02 * size[part].norm())
    assert torch.allclose(moved[12:], -LR * waves(14, 3.0)[12:])  # one dimension: as it is


def test_lars_decays_within_its_trust(walk):
    start, grad = waves(6, 1.0), waves(6, 3.0)
    text = "lars:trust=0.02,weight_decay=0.5"
    path, _ = walk(text, slope(grad), start, 1, shapes=((2, 3),))
    ratio = 0.02 * start.norm() / (grad.norm() + 0.5 * start.norm())
    assert torch.allclose(path[1], start - LR * ratio * (grad + 0.5 * start))


def test_lamb_moves_each_tensor_by_the_rate_times_its_size(walk):
    start = torch.cat([100 * waves(6, 1.0), 0.01 * waves(4, 2.0)])
    path, _ = walk("lamb", lambda w: w.square().sum(), start, 5, shapes=((2, 3), (4,)))
    for part in (slice(0, 6), slice(6, 10)):
        moved = (path[1:, part] - path[:-1, part]).norm(dim=1)
        assert torch.allclose(moved, LR * path[:-1, part].norm(dim=1))


def test_lamb_leaves_zeros_free_to_move(walk):
    path, _ = walk("lamb", slope(vector(1.0, 1.0)), vector(0.0, 0.0), 1, shapes=((2,),))
    assert torch.allclose(path[1], vector(-LR, -LR), rtol=1e-5)  # the ratio is 1, not 0
