"""What makes SAM what it is."""

import pytest
import torch

from steepest.optimizers import choose
from steepest.optimizers.problems import network, quadratic


def test_sams_point_lies_at_distance_rho_uphill(watch):
    problem = network()
    watched, rule, params = watch(problem), choose("sam:rho=0.3").rule, problem.start
    state = rule.init(params, problem.layout)
    before, (_, grad) = params.clone(), problem.objective.loss_and_grad(params)
    rule.step(watched, params, state, 0.1, torch.Generator())
    first, second = watched.points
    assert torch.equal(first, before)
    assert (second - first).norm() == pytest.approx(0.3, rel=1e-12)
    assert torch.allclose((second - first) / 0.3, grad / grad.norm())


def test_sam_with_no_distance_is_the_wrapped_rule(walk):
    problem = quadratic()
    plain, _ = walk("momentum", problem.objective.function, problem.start, 20)
    around, _ = walk("sam:rho=0 of momentum", problem.objective.function, problem.start, 20)
    assert torch.equal(plain, around)
