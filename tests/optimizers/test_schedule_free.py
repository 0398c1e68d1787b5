"""What makes the schedule-free rules what they are."""

import pytest
import torch

from optimizer_fakes import LR, slope, vector
from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose
from steepest.optimizers.problems import quadratic


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
