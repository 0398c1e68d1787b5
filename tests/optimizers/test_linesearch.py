"""What makes Polyak's and Armijo's step sizes what they are."""

import pytest
import torch

from optimizer_fakes import DOUBLE, LR, slope, vector
from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose
from steepest.optimizers.problems import quadratic


def test_polyaks_step_ends_where_a_straight_line_would_reach_the_minimum(walk):
    path, _ = walk("polyak:minimum=-2", slope(vector(3.0, 4.0)), vector(1.0, 1.0), 1, lr=100.0)
    assert (path[1] * vector(3.0, 4.0)).sum() == pytest.approx(-2)


def test_polyak_never_exceeds_the_largest_step_and_stays_below_the_minimum(walk):
    path, _ = walk("polyak", slope(vector(1.0)), vector(5.0), 1, lr=0.5)
    assert path[1].item() == 4.5
    path, _ = walk("polyak:minimum=10", slope(vector(1.0)), vector(5.0), 1)
    assert path[1].item() == 5.0


def test_armijo_takes_the_first_step_that_lowers_the_loss_enough(watch):
    problem = quadratic()
    watched, rule = watch(problem), choose("armijo:share=0.3").rule
    params = problem.start
    state = rule.init(params, problem.layout)
    start_loss, grad = problem.objective.loss_and_grad(params)
    result = rule.step(watched, params, state, 10.0, torch.Generator())
    promised = 0.3 * grad.square().sum()
    sizes = [(point - problem.start).norm() / grad.norm() for point in watched.points[1:]]
    enough = [
        problem.objective.loss(point) <= start_loss - size * promised
        for point, size in zip(watched.points[1:], sizes, strict=True)
    ]
    assert torch.allclose(torch.stack(sizes), 10 * 0.5 ** torch.arange(len(sizes), dtype=DOUBLE))
    assert enough == [False] * (len(enough) - 1) + [True]
    assert len(enough) > 1
    assert torch.equal(result.params, watched.points[-1])


def test_armijo_starts_the_next_search_at_twice_the_last_step_and_never_above_the_rate(watch, walk):
    rule, problem = choose("armijo").rule, quadratic()
    params = problem.start
    state = rule.init(params, problem.layout)
    _, grad = problem.objective.loss_and_grad(params)
    params, state, _ = rule.step(problem.objective, params, state, 100.0, torch.Generator())
    taken = (params - problem.start).norm() / grad.norm()
    assert taken < 50  # or doubling it would end at the rate
    watched = watch(problem)
    rule.step(watched, params.clone(), state, 100.0, torch.Generator())
    tried = (watched.points[1] - params).norm() / problem.objective.loss_and_grad(params)[1].norm()
    assert tried == pytest.approx(float(2 * taken))
    path, state = walk("armijo", slope(vector(1.0)), vector(0.0), 3)
    assert torch.allclose(path[1:] - path[:-1], vector(-LR).expand(3, 1))
    assert float(state["first"]) == 1.0


def test_armijo_stays_where_no_step_helps_and_starts_anew_at_the_rate():
    def uphill(w):  # autograd is told a gradient of +1 for a function that falls with w
        return (w - 2 * w.detach()).sum()

    rule, layout = choose("armijo:trials=4").rule, Layout(("w",), ((1,),))
    state = {"first": torch.tensor(0.125)}
    step = rule.step(FunctionObjective(uphill, layout), vector(1.0), state, LR, torch.Generator())
    assert step.params == vector(1.0)
    assert float(step.state["first"]) == 1.0
