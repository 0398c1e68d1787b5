"""What makes the rules that look at losses what they are: line searches and blind ones."""

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


def blind_step(watch, text, seed):
    problem = network()
    watched, rule = watch(problem), choose(text).rule
    params = problem.start
    state = rule.init(params, problem.layout)
    return (
        problem,
        watched,
        rule.step(watched, params, state, 0.05, torch.Generator().manual_seed(seed)),
    )


@pytest.mark.parametrize("seed", range(6))
def test_blind_descent_keeps_the_lowest_of_its_candidates_with_its_own_velocity(seed, watch):
    problem, watched, result = blind_step(watch, "blind-descent:eta=0.5,candidates=3", seed)
    _, *candidates = watched.points
    losses = [float(problem.objective.loss(each)) for each in candidates]
    assert len(candidates) == 4
    assert float(problem.objective.loss(result.params)) == min(losses)
    # from rest, the velocity kept is the one that led here
    led = (problem.start - result.params) / 0.05
    assert torch.allclose(result.state["velocity"], led, rtol=1e-9, atol=1e-12)


def test_blind_descents_first_candidate_is_momentum_and_wins_ties(watch):
    problem, watched, result = blind_step(watch, "blind-descent:eta=0", 0)
    _, grad = problem.objective.loss_and_grad(problem.start)
    assert torch.allclose(watched.points[1], problem.start - 0.05 * grad, rtol=1e-14)
    assert torch.equal(result.params, watched.points[1])


def test_blind_descents_noise_fills_its_band_and_no_more(watch):
    problem, watched, _ = blind_step(watch, "blind-descent:eta=0.5,candidates=40", 1)
    _, grad = problem.objective.loss_and_grad(problem.start)
    noisy = (problem.start - torch.stack(watched.points[2:])) / 0.05
    relative = ((noisy - grad) / grad.abs())[:, grad != 0]
    assert relative.abs().max() <= 0.5 * (1 + 1e-9)
    assert relative.max() > 0.45
    assert relative.min() < -0.45
    assert relative.mean().abs() < 0.03


def test_the_winner_of_several_blind_steps_is_sometimes_the_noisy_one(watch):
    kept = [blind_step(watch, "blind-descent:eta=0.5", seed) for seed in range(12)]
    wins = [torch.equal(result.params, watched.points[2]) for _, watched, result in kept]
    assert any(wins)
    assert not all(wins)


def test_a_candidate_whose_loss_is_nan_is_never_kept(walk):
    def cliff(w):  # NaN to the right of the start, where noise leads half the time
        return torch.where(w > 0, torch.nan, -w).sum()

    path, _ = walk("blind-search:candidates=5", cliff, vector(-1e-3), 30, lr=0.5)
    assert path.isfinite().all()
    assert (path <= 0).all()


def test_blind_search_never_raises_the_batchs_loss_and_draws_with_the_rate_as_deviation(watch):
    problem = network()
    losses = []
    rule, params = choose("blind-search:candidates=2").rule, problem.start
    watched, state = watch(problem), rule.init(params, problem.layout)
    for step in range(60):
        before = params.clone()
        noise = torch.Generator().manual_seed(step)
        params, state, loss = rule.step(watched, params, state, 0.03, noise)
        losses += [float(loss), float(problem.objective.loss(params))]
        draws = torch.stack(watched.points[-2:]) - before
        assert draws.std() == pytest.approx(0.03, rel=0.3)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]
