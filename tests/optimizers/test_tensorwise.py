"""What makes the rules that see tensors and matrices what they are."""

import pytest
import torch

from steepest.optimizers.muon import orthogonalized
from steepest.optimizers.problems import quadratic, waves

DOUBLE = torch.float64
LR = 0.01  # what walk steps with where it is not told otherwise


def vector(*numbers):
    return torch.tensor(numbers, dtype=DOUBLE)


def slope(direction):
    """Return the linear loss whose gradient is ``direction`` everywhere."""
    return lambda w: (w * direction).sum()


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


@pytest.mark.parametrize("shape", [(8, 8), (5, 20), (20, 5)])
def test_muons_update_has_singular_values_in_its_band(shape):
    # singular values spread over two decades, as a gradient's are
    generator = torch.Generator().manual_seed(1)
    u, _, v = torch.linalg.svd(
        torch.randn(shape, generator=generator, dtype=DOUBLE), full_matrices=False
    )
    matrix = u @ torch.diag(torch.logspace(-1.5, 0, min(shape), dtype=DOUBLE)) @ v
    result = orthogonalized(matrix, steps=5)
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.6
    assert values.max() < 1.25
    # and the same singular vectors: in their bases it is diagonal
    inside = u.T @ result @ v.T
    assert (inside - torch.diag(inside.diagonal())).abs().max() < 1e-12


def test_muon_takes_a_convolution_as_one_row_per_filter(walk):
    start, grad = waves(24, 1.0), slope(waves(24, 3.0))
    as_filters, _ = walk("muon", grad, start, 3, shapes=((4, 3, 2, 1),))
    as_matrix, _ = walk("muon", grad, start, 3, shapes=((4, 6),))
    assert torch.equal(as_filters, as_matrix)


def rotation(size, frequency):
    return torch.linalg.qr(waves(size * size, frequency).view(size, size)).Q


def test_soap_does_not_depend_on_the_axes_where_adam_does(walk):
    left, right = rotation(3, 1.7), rotation(4, 2.9)
    steepness, start = waves(12, 0.9).abs().view(3, 4) + 0.1, waves(12, 2.1).view(3, 4)

    def bowl(w):
        return (steepness * w.view(3, 4).square()).sum()

    def rotated_bowl(w):
        return bowl((left.T @ w.view(3, 4) @ right.T).reshape(-1))

    def apart(text):
        plain, _ = walk(text, bowl, start.reshape(-1), 25, shapes=((3, 4),))
        turned_start = (left @ start @ right).reshape(-1)
        turned, _ = walk(text, rotated_bowl, turned_start, 25, shapes=((3, 4),))
        return float((left @ plain[-1].view(3, 4) @ right - turned[-1].view(3, 4)).norm())

    assert apart("soap:weight_decay=0,every=4") < 1e-9
    assert apart("adam") > 1e-2


def test_soaps_bases_stay_orthonormal_and_find_the_eigenvectors(walk):
    problem = quadratic()
    path, state = walk(
        "soap:every=2", problem.objective.function, problem.start, 60, shapes=((3, 4),)
    )
    for side in state["sides"][0]:
        basis, size = side["basis"], side["gram"].shape[0]
        assert torch.allclose(basis.T @ basis, torch.eye(size, dtype=DOUBLE), atol=1e-12)
        inside = basis.T @ side["gram"] @ basis
        off = inside - torch.diag(inside.diagonal())
        assert off.norm() < 0.1 * inside.norm()
    assert torch.equal(path[0], path[1])  # the first gradient only sets the bases up


def test_soap_keeps_the_axes_of_a_side_that_is_too_long(walk):
    _, state = walk(
        "soap:longest=3", lambda w: w.square().sum(), waves(12, 1.0), 3, shapes=((3, 4),)
    )
    left, right = state["sides"][0]
    assert left["basis"].shape == (3, 3)
    assert right is None
