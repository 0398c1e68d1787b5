"""What makes the rules that try candidates at random what they are."""

import pytest
import torch

from optimizer_fakes import vector
from steepest.optimizers import choose
from steepest.optimizers.problems import network


def blind_step(watch, text, seed):
    problem = network()
    watched, rule = watch(problem), choose(text).rule
    params = problem.start
    state = rule.init(params, problem.layout)
    return (problem, watched, rule.step(watched, params, state, 0.05, torch.Generator().manual_seed(seed)))


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
