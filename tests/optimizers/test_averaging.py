"""What makes Lookahead and the exponential average what they are."""

import torch

from optimizer_fakes import DOUBLE, LR, vector
from steepest.optimizers import choose
from steepest.optimizers.problems import quadratic


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
