"""What makes the rules that wrap a rule, and the schedule-free ones, what they are."""

import pytest
import torch

from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose
from steepest.optimizers.problems import network, quadratic

DOUBLE = torch.float64
LR = 0.01  # what walk steps with where it is not told otherwise


def vector(*numbers):
    return torch.tensor(numbers, dtype=DOUBLE)


def slope(direction):
    """Return the linear loss whose gradient is ``direction`` everywhere."""
    return lambda w: (w * direction).sum()


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


def test_lookahead_returns_part_of_the_way_after_every_k_steps(walk):
    def function(w):
        return w.square().sum()

    path, state = walk("lookahead:k=3,alpha=0.25 of sgd", function, vector(1.0, 2.0), 3, lr=0.1)
    fast, _ = walk("sgd", function, vector(1.0, 2.0), 3, lr=0.1)
    assert torch.equal(path[2], fast[2])
    assert torch.allclose(path[3], path[0] + 0.25 * (fast[3] - path[0]))
    assert torch.equal(state["slow"], path[3])


def test_ema_is_the_weighted_mean_of_the_points_visited(walk):
    problem, decay = quadratic(), 0.8
    path, state = walk("ema:decay=0.8 of sgd", problem.objective.function, problem.start, 12)
    plain, _ = walk("sgd", problem.objective.function, problem.start, 12)
    assert torch.equal(path, plain)
    weights = decay ** torch.arange(11, -1, -1, dtype=DOUBLE)
    mean = (weights[:, None] * path[1:]).sum(0) / weights.sum()
    assert torch.allclose(choose("ema of sgd").rule.weights(path[-1], state), mean, rtol=1e-13)


def test_ema_averages_what_the_wrapped_rule_would_evaluate():
    rule, problem = choose("ema:decay=0 of lookahead:k=5 of sgd").rule, quadratic()
    params = problem.start
    state = rule.init(params, problem.layout)
    params, state, _ = rule.step(problem.objective, params, state, LR, torch.Generator())
    assert torch.equal(rule.weights(params, state), problem.start)  # the slow weights


def test_schedule_free_evaluates_the_mean_of_its_z():
    problem, beta = quadratic(), 0.9
    rule, layout = choose("schedule-free-sgd").rule, problem.layout
    params, points = problem.start, []
    state = rule.init(params, layout)
    for _ in range(10):
        params, state, _ = rule.step(problem.objective, params, state, LR, torch.Generator())
        points.append(state["z"].clone())
    mean = torch.stack(points).mean(0)
    assert torch.allclose(rule.weights(params, state), mean, rtol=1e-12)
    assert torch.allclose(params, beta * mean + (1 - beta) * state["z"], rtol=1e-12)


def test_schedule_free_weighs_each_point_by_the_square_of_the_largest_rate_so_far():
    rule, layout = choose("schedule-free-sgd").rule, Layout(("w",), ((1,),))
    objective = FunctionObjective(slope(vector(1.0)), layout)
    params = vector(0.0)
    state = rule.init(params, layout)
    for lr in (1.0, 3.0, 1.0):
        params, state, _ = rule.step(objective, params, state, lr, torch.Generator())
    # z is -1, -4, -5 with weights 1, 9, 9
    assert rule.weights(params, state).item() == pytest.approx(-(1 + 9 * 4 + 9 * 5) / 19)


def test_a_rate_of_zero_stops_schedule_free_altogether():
    rule, problem = choose("schedule-free-adamw").rule, quadratic()
    params = problem.start
    state = rule.init(params, problem.layout)
    for lr in (0.1, 0.1, 0.1):
        params, state, _ = rule.step(problem.objective, params, state, lr, torch.Generator())
    before = params.clone()
    params, state, _ = rule.step(problem.objective, params, state, 0.0, torch.Generator())
    assert torch.allclose(params, before, rtol=1e-15)


def test_schedule_free_goes_from_one_rate_to_many_and_back():
    rule, layout = choose("schedule-free-sgd").rule, Layout(("w",), ((2,),))
    objective = FunctionObjective(lambda w: w.sum(), layout)
    params = torch.zeros(2)
    state = rule.init(params, layout)
    for lr in (1.0, torch.tensor([3.0, 0.0]), 1.0):
        params, state, _ = rule.step(objective, params, state, lr, torch.Generator())
    # z is -1, -4, -5 with weights 1, 9, 9 on the left; -1, -2 with 1, 1 on the right, frozen in between
    expected = torch.tensor([-(1 + 9 * 4 + 9 * 5) / 19, -1.5])
    assert torch.allclose(rule.weights(params, state), expected)
