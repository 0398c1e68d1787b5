"""The three small problems are the formulas of their docstrings, and their gradients those of numpy."""

import numpy as np
import pytest
import torch

from steepest.optimizers.problems import (
    PROBLEMS,
    network,
    network_batch,
    network_model,
    quadratic,
    rosenbrock,
    waves,
)


def test_waves_are_sines_of_whole_numbers_counted_from_one():
    assert np.allclose(waves(5, 1.3).numpy(), np.sin(1.3 * np.arange(1, 6)), rtol=1e-15)
    assert waves(5, 1.3).dtype == torch.float64


def test_the_bowl_is_its_formula_and_twenty_times_steeper_on_one_side():
    h, c = 10 ** np.linspace(-1, np.log10(2), 12), np.sin(1.3 * np.arange(1, 13))
    problem = quadratic()
    for w in (problem.start.numpy(), c, np.zeros(12)):
        expected = (h * (w - c) ** 2).sum() / 2 + (w - c).sum() ** 2 / 20
        loss, grad = problem.objective.loss_and_grad(torch.from_numpy(w))
        assert loss.item() == pytest.approx(expected, rel=1e-14, abs=1e-30)
        assert np.allclose(grad.numpy(), h * (w - c) + (w - c).sum() / 10, rtol=1e-13)
    hessian = torch.autograd.functional.hessian(problem.objective.function, problem.start)
    diagonal = (hessian - 0.1).diagonal()
    assert (diagonal[-1] / diagonal[0]).item() == pytest.approx(20)
    assert problem.layout.shapes == ((3, 4),)


def test_the_valley_has_the_classic_start_and_its_minimum_at_one_one():
    problem = rosenbrock()
    assert problem.start.tolist() == [-1.2, 1.0]
    assert problem.objective.loss(problem.start).item() == pytest.approx(24.2)
    loss, grad = problem.objective.loss_and_grad(torch.ones(2, dtype=torch.float64))
    assert (loss.item(), grad.abs().max().item()) == (0, 0)


def test_the_networks_loss_is_that_of_numpy_on_the_same_sines():
    problem, start = network(), 0.7 * np.sin(1.9 * np.arange(1, 52))
    assert np.allclose(problem.start.numpy(), start, rtol=1e-14)
    a, b = start[:24].reshape(6, 4), start[24:30]
    c, d = start[30:48].reshape(3, 6), start[48:]
    points, classes = np.sin(0.7 * np.arange(1, 81)).reshape(20, 4), np.arange(20) * 7 % 3
    logits = np.tanh(points @ a.T + b) @ c.T + d
    right = logits[np.arange(20), classes]
    expected = (np.log(np.exp(logits).sum(1)) - right).mean()
    assert problem.objective.loss(problem.start).item() == pytest.approx(expected, rel=1e-13)


def test_the_network_and_its_batch_can_be_had_apart():
    inputs, targets = network_batch()
    assert tuple(inputs.shape) == (20, 4)
    assert sorted(set(targets.tolist())) == [0, 1, 2]
    assert network_model()(inputs).dtype == torch.float64


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_start_is_the_rules_own_to_overwrite(name):
    problem = PROBLEMS[name]()
    assert problem.name == name
    problem.start.zero_()
    assert torch.equal(problem.start, PROBLEMS[name]().first)
    assert problem.start.abs().max() > 0
