"""How a class becomes a rule, and how a frozen weight is kept out of everything."""

import pytest
import torch

from steepest.errors import UserError
from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import RULES, Optimizer, choose, hyperparameter, rule
from steepest.optimizers.arithmetic import descend
from steepest.optimizers.averaging import EMA, Lookahead
from steepest.optimizers.rule import gradient

LAYOUT = Layout(("w",), ((3,),))
STEEP = FunctionObjective(lambda w: (w * torch.tensor([1.0, 2.0, 1000.0])).sum(), LAYOUT)


@pytest.fixture(autouse=True)
def registry():
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def test_update_alone_makes_a_rule():
    @rule("mine", lr=0.5, also=("ours",))
    class Mine:
        factor: float = hyperparameter(default=2.0, above=0, why="it scales")

        def update(self, grad, params, state, lr):
            return descend(params, self.factor * grad, lr)

    made = choose("ours").rule
    assert isinstance(made, Optimizer)
    assert (made.name, made.default_lr, made.gradient_only) == ("mine", 0.5, True)
    params, state, loss = made.step(STEEP, torch.zeros(3), made.init(None, LAYOUT), 1.0, None)
    assert params.tolist() == [-2.0, -4.0, -2000.0]
    assert (state, loss.item()) == ({}, 0.0)
    assert made.weights(params, state) is params


def test_a_rule_that_writes_step_itself_is_not_taken_for_one_that_needs_the_gradient_alone():
    assert choose("adam").rule.gradient_only
    assert not choose("sam").rule.gradient_only
    assert choose("lookahead of sgd").rule.gradient_only
    assert not choose("lookahead of armijo").rule.gradient_only
    assert not choose("ema of armijo").rule.gradient_only


def test_a_rule_that_does_not_say_what_it_needs_is_asked_for_a_closure():
    class Silent:
        def init(self, params, layout): ...

        def step(self, objective, params, state, lr, generator): ...

        def weights(self, params, state): ...

    assert not Lookahead(rule=Silent()).gradient_only
    assert not EMA(rule=Silent()).gradient_only


def test_a_class_without_update_or_step_is_refused():
    with pytest.raises(UserError, match="Mine is no rule yet: it needs update"):

        @rule("mine", lr=0.5)
        class Mine:
            pass


def test_a_frozen_weight_takes_no_part_in_a_norm():
    lr = torch.tensor([0.1, 0.1, 0.0])
    _, grad = gradient(STEEP, torch.zeros(3), lr)
    assert grad.tolist() == [1.0, 2.0, 0.0]
    start = torch.tensor([1.0, 1.0, 1.0])
    polyak = choose("polyak:minimum=1000").rule
    params, _, _ = polyak.step(STEEP, start.clone(), {}, 10 * lr, torch.Generator())
    # the gap is 3, and the slope is 1^2 + 2^2 without the frozen weight
    assert torch.allclose(params, start - 0.6 * torch.tensor([1.0, 2.0, 0.0]))


def test_an_infinite_gradient_of_a_frozen_weight_does_not_reach_it():
    wild = FunctionObjective(lambda w: w[0] + w[1].sqrt() + w[2], LAYOUT)
    lr = torch.tensor([0.1, 0.0, 0.1])
    params, _, _ = choose("adam").rule.step(
        *(wild, torch.zeros(3), choose("adam").rule.init(torch.zeros(3), LAYOUT), lr, None)
    )
    assert params[1] == 0
    assert params.isfinite().all()
