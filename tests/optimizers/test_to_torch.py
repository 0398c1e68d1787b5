"""A rule of ours in a foreign loop, beyond what the table of test_conformance.py checks for every rule."""

import io

import pytest
import torch
from torch import nn

from steepest.errors import UserError
from steepest.optimizers import ToTorch, choose
from steepest.optimizers.conformance import ForeignLoop


def parameter(*numbers):
    return nn.Parameter(torch.tensor(numbers, dtype=torch.float64))


def test_a_gradient_rule_needs_no_closure():
    weight = parameter(3.0, -1.0)
    optimizer = ToTorch([weight], "momentum:beta=0.5", lr=0.25)
    for _ in range(2):
        optimizer.zero_grad()
        weight.square().sum().backward()
        assert optimizer.step() is None
    # v = 6, w = 1.5; then v = 3 + 3, w = 0
    assert weight.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("text", ["sam", "polyak", "armijo", "blind-descent", "ema of sam"])
def test_a_rule_that_needs_more_than_the_gradient_asks_for_a_closure(text):
    weight = parameter(1.0)
    optimizer = ToTorch([weight], text)
    weight.square().sum().backward()
    with pytest.raises(UserError, match=r"Call step\(closure\) with a function that clears the"):
        optimizer.step()


def test_a_rule_that_hides_that_it_needs_more_is_told_as_well():
    class Twice:
        gradient_only = True

        def init(self, params, layout):
            return {}

        def step(self, objective, params, state, lr, generator):
            objective.loss_and_grad(params)
            return objective.loss_and_grad(params + 1)

        def weights(self, params, state):
            return params

    weight = parameter(1.0)
    weight.square().sum().backward()
    with pytest.raises(UserError, match="evaluates more than one gradient in a step"):
        ToTorch([weight], Twice(), lr=0.1).step()


def test_with_a_closure_step_returns_the_loss_where_it_began():
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), "sam", lr=0.1)
    start = loop.closure(optimizer)()
    assert optimizer.step(loop.closure(optimizer)) == start


def test_the_rate_is_the_rules_own_unless_given():
    assert ToTorch([parameter(1.0)], "nesterov").param_groups[0]["lr"] == 0.1
    assert ToTorch([parameter(1.0)], choose("lion").rule).param_groups[0]["lr"] == 3e-4
    assert ToTorch([parameter(1.0)], "nesterov", lr=0.5).param_groups[0]["lr"] == 0.5


def test_a_parameter_without_a_gradient_stands_still():
    used, unused = parameter(1.0), parameter(5.0)
    optimizer = ToTorch([used, unused], "adamw:weight_decay=0.5", lr=0.1)
    used.square().sum().backward()
    optimizer.step()
    assert unused.item() == 5.0
    assert used.item() < 1.0


def test_every_evaluation_of_a_step_sees_the_same_dropout_mask():
    weight, masks = parameter(*([1.0] * 64)), []
    optimizer = ToTorch([weight], "blind-descent:candidates=2", lr=0.01)

    def closure():
        optimizer.zero_grad()
        mask = torch.rand(64) < 0.5
        masks.append(mask)
        loss = (weight * mask).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert len(masks) == 4
    assert all(torch.equal(masks[0], each) for each in masks)
    optimizer.step(closure)
    assert not torch.equal(masks[0], masks[-1])


def test_averaged_shows_the_weights_to_evaluate_and_then_goes_back():
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), "ema:decay=0.9 of sgd", lr=0.1)
    with optimizer.averaged():  # before the first step: the weights as they are
        assert torch.equal(loop.weights(), loop.problem.first)
    stepping = loop.train(optimizer)
    with optimizer.averaged():
        averaged = loop.weights()
    assert not torch.equal(averaged, stepping)
    assert torch.equal(loop.weights(), stepping)


def test_averaged_goes_back_after_an_error_too():
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), "ema of sgd", lr=0.1)
    stepping = loop.train(optimizer)
    with pytest.raises(KeyError), optimizer.averaged():
        raise KeyError
    assert torch.equal(loop.weights(), stepping)


def test_the_noise_is_a_function_of_seed_and_step():
    def reached(seed):
        loop = ForeignLoop()
        return loop.train(ToTorch(loop.model.parameters(), "blind-search", lr=0.05, seed=seed))

    assert torch.equal(reached(1), reached(1))
    assert not torch.equal(reached(1), reached(2))


def test_state_dict_survives_torch_save_without_pickled_code():
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), "muon", lr=0.1)
    loop.train(optimizer)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    other = ToTorch(ForeignLoop().model.parameters(), "muon")
    other.load_state_dict(loaded)
    assert other.param_groups[0]["lr"] == 0.1
    assert torch.equal(other.state_dict()["state"]["memory"]["mean"], optimizer._memory["mean"])


def test_a_state_of_another_rule_is_refused():
    saved = ToTorch([parameter(1.0)], "adam").state_dict()
    with pytest.raises(UserError, match=r"The state is of Adam\(.*this optimizer is SGD\(\)"):
        ToTorch([parameter(1.0)], "sgd").load_state_dict(saved)


def test_groups_set_the_rate_and_nothing_else():
    with pytest.raises(UserError, match=r"may set lr; `weight_decay` belongs to the rule"):
        ToTorch([{"params": [parameter(1.0)], "weight_decay": 0.1}], "adamw")


def test_parameters_join_before_the_first_step_only():
    first, second = parameter(1.0), parameter(1.0)
    optimizer = ToTorch([first], "sgd", lr=0.5)
    optimizer.add_param_group({"params": [second], "lr": 0.25})
    (first + second).square().sum().backward()
    optimizer.step()
    assert (first.item(), second.item()) == (-1.0, 0.0)
    with pytest.raises(UserError, match="cannot be added after the first step"):
        optimizer.add_param_group({"params": [parameter(1.0)]})


def test_parameters_of_two_types_are_refused():
    with pytest.raises(UserError, match=r"float32 on cpu and torch\.float64 on cpu"):
        ToTorch([parameter(1.0), nn.Parameter(torch.ones(1))], "sgd")


def test_a_rule_from_torch_and_back_is_the_torch_optimizer():
    ours, theirs = ForeignLoop(), ForeignLoop()
    reached = ours.train(ToTorch(ours.model.parameters(), "torch.optim.NAdam", lr=0.01))
    expected = theirs.train(torch.optim.NAdam(theirs.model.parameters(), lr=0.01))
    assert torch.allclose(reached, expected, rtol=1e-12)


def test_lbfgs_evaluates_as_often_as_it_likes():
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), "torch.optim.LBFGS:max_iter=5", lr=0.5)
    start = float(loop.closure(optimizer)().detach())
    loop.train(optimizer, 4)
    assert float(loop.closure(optimizer)().detach()) < 0.5 * start
