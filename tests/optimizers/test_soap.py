"""What makes SOAP what it is."""

import torch

from optimizer_fakes import DOUBLE
from steepest.optimizers.problems import quadratic, waves


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
    path, state = walk("soap:every=2", problem.objective.function, problem.start, 60, shapes=((3, 4),))
    for side in state["sides"][0]:
        basis, size = side["basis"], side["gram"].shape[0]
        assert torch.allclose(basis.T @ basis, torch.eye(size, dtype=DOUBLE), atol=1e-12)
        inside = basis.T @ side["gram"] @ basis
        off = inside - torch.diag(inside.diagonal())
        assert off.norm() < 0.1 * inside.norm()
    assert torch.equal(path[0], path[1])  # the first gradient only sets the bases up


def test_soap_keeps_the_axes_of_a_side_that_is_too_long(walk):
    _, state = walk("soap:longest=3", lambda w: w.square().sum(), waves(12, 1.0), 3, shapes=((3, 4),))
    left, right = state["sides"][0]
    assert left["basis"].shape == (3, 3)
    assert right is None
