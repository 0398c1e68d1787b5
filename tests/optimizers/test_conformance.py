"""One table over every registered rule and every torch.optim class; and the checks themselves can fail."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from steepest.errors import UserError
from steepest.optimizers import RULES, ToTorch, choose, conformance, rule
from steepest.optimizers.arithmetic import descend
from steepest.optimizers.choosing import Choice
from steepest.optimizers.conformance import (
    CHECKS,
    ForeignLoop,
    check,
    complaint_of,
    groups_complaint,
    resumed_complaint,
    schedule_complaint,
    wrapped_complaint,
)
from steepest.optimizers.rule import complete

TORCH_CLASSES = [
    f"torch.optim.{name}"
    for name, value in vars(torch.optim).items()
    if isinstance(value, type)
    and issubclass(value, torch.optim.Optimizer)
    # the base class; sparse gradients only; matrices only
    and name not in ("Optimizer", "SparseAdam", "Muon")
]
# LBFGS takes a single parameter group
NEEDS_GROUPS = {
    "a rate of 0 freezes",
    "one rate or one per weight",
    "wrapped: parameter groups and frozen parameters",
}
AROUND = ["sam of torch.optim.RAdam", "ema:decay=0.9 of lookahead:k=2 of sam of adamw"]
OTHER_SETTINGS = [
    "rmsprop:centred=true,momentum=0.9",
    "momentum:nesterov=true",
    "blind-descent:candidates=3,eta=0.5",
]
TABLE = [
    (text, name)
    for text in [
        *(name for name, cls in RULES.items() if cls.name == name),
        *OTHER_SETTINGS,
        *AROUND,
        *TORCH_CLASSES,
    ]
    for name in CHECKS
    if not (text == "torch.optim.LBFGS" and name in NEEDS_GROUPS)
]


@pytest.mark.parametrize(("text", "name"), TABLE)
def test_a_rule_keeps_the_contract(text, name):
    assert complaint_of(name, choose(text)) == ""


def test_sparse_adam_is_refused_with_the_reason():
    with pytest.raises(UserError, match=r"SparseAdam takes sparse gradients only.*our own `adam`"):
        choose("torch.optim.SparseAdam")


def test_lbfgs_says_that_it_has_one_group():
    complaint = complaint_of("a rate of 0 freezes", choose("torch.optim.LBFGS"))
    assert "LBFGS doesn't support per-parameter options" in complaint


def complaints_about(cls, lr=0.01):
    return {finding.name: finding.complaint for finding in check(Choice(cls(), lr)) if not finding.passed}


@pytest.fixture
def registry():
    """Let rules be registered for one test only."""
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def test_a_rule_of_four_lines_passes_every_check(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            return descend(params, grad, lr)

    assert complaints_about(Mine) == {}


def test_draws_from_the_global_generator_are_found(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            return descend(params, grad * torch.rand(()), lr)

    assert "from the generator that step is given" in complaints_about(Mine)["same seed, same bits"]


def test_memory_outside_the_state_is_found():
    class Mine:
        def __init__(self):
            self.velocity = 0.0

        def update(self, grad, params, state, lr):
            self.velocity = 0.9 * self.velocity + float(grad.sum())
            return descend(params, grad + 0.01 * self.velocity, lr)

    found = complaints_about(complete(Mine))
    assert "Keep everything in the state" in found["nothing remembered outside the state"]


def test_memory_in_a_shared_list_is_found(registry):
    seen = []

    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            seen.append(float(grad.sum()))
            return descend(params, grad + 0.001 * sum(seen), lr)

    found = complaints_about(Mine)
    assert "must be in its state" in found["the state survives a checkpoint"]


def test_a_decay_that_ignores_the_rate_is_found(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            return descend(params.mul_(0.999), grad, lr)

    found = complaints_about(Mine)
    assert "move where their learning rate is 0" in found["a rate of 0 freezes"]


def test_a_division_by_zero_is_found(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            return descend(params, grad / grad.norm(), lr)

    assert "something is divided by 0" in complaints_about(Mine)["a gradient of 0"]


def test_a_wrong_sign_is_found(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            return descend(params, -grad, lr)

    assert "on the quadratic the loss does not fall below" in complaints_about(Mine)["the loss falls"]


def test_a_changed_type_is_found(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def update(self, grad, params, state, lr):
            return params.double() - lr * grad

    expected = "the params are [12] of torch.float64, where they were [12] of torch.float32"
    assert expected in complaints_about(Mine)["shapes, types and loss"]


def test_a_state_that_cannot_be_saved_is_found(registry):
    @rule("mine", lr=0.01)
    class Mine:
        def init(self, params, layout):
            return {"seen": set()}

        def update(self, grad, params, state, lr):
            return descend(params, grad, lr)

    complaint = complaints_about(Mine)["the state survives a checkpoint"]
    assert "holds a set at `seen`" in complaint


def test_a_finding_reads_as_a_line(registry):
    first = check(choose("sgd"))[0]
    assert str(first) == "ok    shapes, types and loss"


def test_a_step_that_returns_a_plain_tuple_is_told_what_to_return():
    class Plain:
        def init(self, params, layout):
            return {}

        def step(self, objective, params, state, lr, generator):
            loss, _ = objective.loss_and_grad(params)
            return params, state, loss

        def weights(self, params, state):
            return params

    complaint = complaint_of("shapes, types and loss", Choice(Plain(), 0.1))
    assert complaint == "step returns a tuple; return steepest.optimizers.Step(params, state, loss)"


COMPLAINTS = [wrapped_complaint, resumed_complaint, groups_complaint, schedule_complaint]


def wrapper(monkeypatch, **parts):
    """Put a wrapper with some parts of its own in the place of the real one."""
    monkeypatch.setattr(conformance, "ToTorch", type("Wrong", (ToTorch,), parts))


def first_rate(self, objective):
    """Return the rate with which the optimizer was made, for all parameters, as a wrong wrapper would."""
    return self.defaults["lr"]


def test_the_loop_is_the_third_problem_in_a_models_own_tensors():
    loop = ForeignLoop()
    assert torch.equal(loop.weights(), loop.problem.start)
    start, grad = loop.problem.objective.loss_and_grad(loop.problem.start)
    loss = loop.closure(torch.optim.SGD(loop.model.parameters(), lr=0.1))()
    theirs = torch.cat([each.grad.reshape(-1) for each in loop.model.parameters()])
    assert loss.item() == pytest.approx(start.item(), rel=1e-14)
    assert torch.allclose(theirs, grad, rtol=1e-12)
    moved = loop.problem.start + 1
    loop.put(moved)
    assert torch.equal(loop.weights(), moved)


def test_the_loop_clears_its_gradients_and_takes_as_many_steps_as_it_is_told():
    loop, twin = ForeignLoop(), ForeignLoop()
    reached = loop.train(torch.optim.SGD(loop.model.parameters(), lr=0.1), 3)
    inputs, targets = twin.batch
    for _ in range(3):
        loss = cross_entropy(twin.model(inputs), targets)
        grads = torch.autograd.grad(loss, list(twin.model.parameters()))
        with torch.no_grad():
            for parameter, grad in zip(twin.model.parameters(), grads, strict=True):
                parameter.sub_(0.1 * grad)
    assert torch.allclose(reached, twin.weights(), rtol=1e-12)


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_nothing_is_said_of_a_right_wrapper(complaint):
    assert complaint(choose("momentum")) == ""


def test_noise_of_another_seed_is_found(monkeypatch):
    def other_seed(self, *arguments):
        ToTorch.__init__(self, *arguments, seed=1)

    wrapper(monkeypatch, __init__=other_seed)
    found = wrapped_complaint(choose("blind-search"))
    assert found.startswith("the wrapped rule ends elsewhere than the rule itself, by ")
    assert wrapped_complaint(choose("momentum")) == ""  # which draws nothing


def test_a_state_that_is_not_taken_up_is_found(monkeypatch):
    wrapper(monkeypatch, load_state_dict=lambda self, state: None)
    assert resumed_complaint(choose("momentum")).startswith("a run resumed from state_dict ends")


def test_a_rate_that_is_not_restored_is_found(monkeypatch):
    wrapper(monkeypatch, _rates=first_rate)
    assert resumed_complaint(choose("sgd")).startswith("a run resumed from state_dict ends")


def test_groups_and_schedules_that_are_ignored_are_found(monkeypatch):
    wrapper(monkeypatch, _rates=first_rate)
    assert groups_complaint(choose("sgd")).startswith("the wrapped rule with parameter groups ends")
    assert schedule_complaint(choose("sgd")).startswith("the wrapped rule under a schedule ends")
