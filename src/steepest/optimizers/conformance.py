"""What every rule must do, as checks that tell in words what fails: for ours and for a stranger's alike.

for finding in check(choose("my_rule.py:MyRule")):
    print(finding)
"""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..errors import UserError
from ..objective import FunctionObjective
from .choosing import Choice, choose
from .descending import descend
from .packing import pack, unpack
from .problems import PROBLEMS, Problem, network, network_batch, network_model, quadratic
from .rule import LearningRate, Optimizer, State, Step
from .to_torch import Closure, ToTorch

SEED = 0
ENOUGH_STEPS = 100  # for the loss to fall from the start of any of the problems
RATES_TRIED = (1.0, 0.1, 0.01, 0.001)  # of a rule's own: Rosenbrock is steeper than any network
TOLERANCE = 1e-12  # the loop's gradients may be summed in another order than ours
STEPS = 8  # of a wrapped rule


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: its name, and a complaint in words, empty where it passed."""

    name: str
    complaint: str

    @property
    def passed(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.complaint

    def __str__(self) -> str:
        return f"ok    {self.name}" if self.passed else f"FAILS {self.name}: {self.complaint}"


def check(rule: Choice | str, lr: float | None = None) -> list[Finding]:
    """Return what every check finds on a rule.

    Args:
        rule: a rule that was chosen, or its name or ``file.py:Class`` as ``choose`` takes it.
        lr: the learning rate to check a named one with; None takes its own.

    Raises:
        UnknownName: no rule is called so.
    """
    choice = choose(rule, lr) if isinstance(rule, str) else rule
    return [Finding(name, complaint_of(name, choice)) for name in CHECKS]


def complaint_of(name: str, choice: Choice) -> str:
    """Return the complaint of one check, empty where it passes; an exception is a complaint."""
    try:
        return CHECKS[name](choice)
    except Exception as error:
        return str(error) if isinstance(error, UserError) else f"it raised {type(error).__name__}: {error}"


@dataclass
class Run:
    """A rule at work on a problem, step by step."""

    rule: Optimizer
    problem: Problem
    lr: LearningRate
    params: Tensor
    state: State
    steps: int = 0

    @classmethod
    def of(cls, choice: Choice, problem: Problem, lr: LearningRate | None = None) -> "Run":
        """Return a run at the problem's start."""
        params = problem.start
        state = choice.rule.init(params, problem.layout)
        return cls(choice.rule, problem, choice.lr if lr is None else lr, params, state)

    def step(self, count: int = 1) -> "Run":
        """Take some steps, each with noise that is a function of its number."""
        taken = descend(
            self.rule, self.problem.objective, self.params, self.lr, SEED, state=self.state, first=self.steps
        )
        for given in islice(taken, count):
            if not isinstance(given, Step):
                raise UserError(
                    f"step returns a {type(given).__name__}; return steepest.optimizers.Step(params, state, loss)"
                )
            self.last = given
            self.params, self.state = self.last.params, self.last.state
            self.steps += 1
        return self

    last: Step | None = None

    @property
    def weights(self) -> Tensor:
        """What would be evaluated now."""
        return self.rule.weights(self.params, self.state)

    @property
    def loss(self) -> float:
        """The loss of what would be evaluated now."""
        return float(self.problem.objective.loss(self.weights))


def shape_complaint(choice: Choice) -> str:
    """Complain of params of another shape or type, or of a loss that is not the one at the start."""
    for dtype in (torch.float64, torch.float32):
        problem = quadratic()
        problem = Problem(problem.name, problem.objective, problem.layout, problem.first.to(dtype))
        start = float(problem.objective.loss(problem.start))
        run = Run.of(choice, problem)
        result = run.step().last
        assert result is not None  # step() has just set it
        for what, vector in (("params", result.params), ("weights", run.weights)):
            if vector.shape != problem.first.shape or vector.dtype != dtype:
                came, wanted = _kind(vector), _kind(problem.first)
                return f"after a step the {what} are {came}, where they were {wanted}."
        if abs(float(result.loss) - start) > 1e-5 * abs(start):  # float32 has seven digits
            return f"step gives the loss {float(result.loss):g}; where the step began it is {start:g}."
    return ""


def bits_complaint(choice: Choice) -> str:
    """Complain of two runs with the same seed that differ."""
    once = Run.of(choice, network()).step(20).params.clone()
    torch.rand(1)  # moves torch's global generator, which no rule may draw from
    again = Run.of(choice, network()).step(20).params
    return _difference(
        once, again, "two runs with the same seed differ", "Draw all noise from the generator that step is given."
    )


def purity_complaint(choice: Choice) -> str:
    """Complain of a rule that remembers something outside its state."""
    alone = Run.of(choice, network()).step(10).params.clone()
    one, other = Run.of(choice, network()), Run.of(choice, quadratic())
    for _ in range(10):
        one.step()
        other.step()
        _ = (one.weights, other.weights)
    return _difference(
        alone,
        one.params,
        "a run differs when another run of the same rule goes on between its steps",
        "Keep everything in the state; `weights` must change nothing.",
    )


def progress_complaint(choice: Choice) -> str:
    """Complain of a loss that falls at no reasonable rate."""
    for name, build in PROBLEMS.items():
        problem = build()
        start = float(problem.objective.loss(problem.start))
        ends: list[str] = []
        for part in RATES_TRIED:
            lr = part * choice.lr
            end = Run.of(choice, problem, lr).step(ENOUGH_STEPS).loss
            if end < start:
                break
            ends.append(f"{end:g} at lr {lr:g}")
        else:
            return (
                f"on the {name} the loss does not fall below {start:g} in {ENOUGH_STEPS} steps: it "
                f"ends at {', '.join(ends)}."
            )
    return ""


def checkpoint_complaint(choice: Choice) -> str:
    """Complain of a run that goes on differently after a checkpoint."""
    straight = Run.of(choice, network()).step(15).params.clone()
    run = Run.of(choice, network()).step(8)
    run.params, run.state = run.params.clone(), through_checkpoint(run.state)
    return _difference(
        straight,
        run.step(7).params,
        "8 steps, a checkpoint and 7 more differ from 15 steps in one go",
        "Everything that a rule remembers must be in its state.",
    )


def through_checkpoint(state: State) -> State:
    """Return a state as it comes back from a file."""
    tensors, skeleton = pack(state)
    copies = {name: tensor.clone() for name, tensor in tensors.items()}
    return unpack(copies, json.loads(json.dumps(skeleton)))


def frozen_complaint(choice: Choice) -> str:
    """Complain of weights that move although their rate is 0, or of others that do not."""
    problem = network()
    frozen = torch.zeros(problem.layout.count, dtype=torch.bool)
    problem.layout.unflatten(frozen)["0.weight"].fill_(True)
    lr = torch.where(frozen, 0.0, choice.lr).double()
    run = Run.of(choice, problem, lr).step(12)
    for what, vector in (("params", run.params), ("weights", run.weights)):
        moved = vector != problem.first
        if bool(moved[frozen].any()):
            return f"{what} move where their learning rate is 0. Multiply everything by lr: decay and noise too."
    if not bool((run.params != problem.first)[~frozen].any()):
        return "nothing moves when a part of the weights is frozen."
    return ""


def rates_complaint(choice: Choice) -> str:
    """Complain of a rate per weight, all alike, that does not act as one number does."""
    one = Run.of(choice, network()).step(5).params.clone()
    problem = network()
    many = Run.of(choice, problem, torch.full_like(problem.first, choice.lr)).step(5).params
    return _difference(
        one,
        many,
        "a vector of equal learning rates acts otherwise than the one number",
        "lr may be a tensor [P].",
        tolerance=1e-9,  # the two multiply in another order
    )


def rest_complaint(choice: Choice) -> str:
    """Complain of NaN or infinity where the gradient is zero."""
    problem = quadratic()
    flat = FunctionObjective(lambda params: 0.0 * params.sum(), problem.layout)
    run = Run.of(choice, Problem("flat", flat, problem.layout, problem.first)).step(5)
    if not bool(run.params.isfinite().all() and run.weights.isfinite().all()):
        return "where the gradient is 0 the weights become NaN or infinite: something is divided by 0."
    return ""


def _kind(vector: Tensor) -> str:
    return f"{list(vector.shape)} of {vector.dtype}"


def _difference(expected: Tensor, came: Tensor, what: str, advice: str, tolerance: float = 0.0) -> str:
    if torch.equal(expected, came):
        return ""
    distance = float((expected - came).norm() / expected.norm())
    return "" if distance <= tolerance else f"{what} (by {distance:.1e}, relative). {advice}"


class ForeignLoop:
    """A model and the few lines that people write around it; the same problem as ``network``."""

    def __init__(self) -> None:
        self.problem = network()
        self.model, self.batch = network_model(), network_batch()
        self.put(self.problem.first)

    def put(self, params: Tensor) -> None:
        """Write a vector [P] into the model."""
        for parameter, view in zip(self.model.parameters(), self.problem.layout.views(params), strict=True):
            parameter.data.copy_(view)

    def weights(self) -> Tensor:
        """Return the model's parameters as a new vector [P]."""
        return torch.cat([each.detach().reshape(-1) for each in self.model.parameters()])

    def closure(self, optimizer: torch.optim.Optimizer) -> Closure:
        """Return the function that people hand to ``step``."""

        def evaluate() -> Tensor:
            optimizer.zero_grad()
            inputs, targets = self.batch
            loss = cross_entropy(self.model(inputs), targets)
            loss.backward()
            return loss

        return evaluate

    def train(self, optimizer: torch.optim.Optimizer, steps: int = STEPS) -> Tensor:
        """Take some steps and return where they lead."""
        for _ in range(steps):
            optimizer.step(self.closure(optimizer))
        return self.weights()


def direct(choice: Choice, rates: Sequence[LearningRate]) -> Tensor:
    """Return where the rule itself leads, with these learning rates."""
    problem = network()
    taken = descend(choice.rule, problem.objective, problem.start, rates.__getitem__)
    *_, last = islice(taken, len(rates))
    return last.params


def wrapped_complaint(choice: Choice) -> str:
    """Complain of a wrapped rule that goes elsewhere than the rule itself."""
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), choice.rule, choice.lr)
    return _apart(direct(choice, [choice.lr] * STEPS), loop.train(optimizer), "the wrapped rule")


def resumed_complaint(choice: Choice) -> str:
    """Complain of a wrapped rule that goes on differently from its state_dict."""
    loop = ForeignLoop()
    first = ToTorch(loop.model.parameters(), choice.rule, choice.lr)
    loop.train(first, 5)
    saved, weights = deepcopy(first.state_dict()), loop.weights()
    straight = loop.train(first, 5)
    other = ForeignLoop()
    other.put(weights)
    second = ToTorch(other.model.parameters(), choice.rule, 1.0)
    second.load_state_dict(saved)
    return _apart(straight, other.train(second, 5), "a run resumed from state_dict")


def groups_complaint(choice: Choice) -> str:
    """Complain of parameter groups or frozen parameters that the wrapped rule ignores."""
    loop = ForeignLoop()
    first, second = loop.model[0], loop.model[2]
    loop.model.get_parameter("0.bias").requires_grad_(False)
    groups = [{"params": list(first.parameters())}, {"params": list(second.parameters()), "lr": choice.lr / 2}]
    reached = loop.train(ToTorch(groups, choice.rule, choice.lr))
    rates = {"0.weight": 1.0, "0.bias": 0.0, "2.weight": 0.5, "2.bias": 0.5}
    layout = loop.problem.layout
    lr = torch.zeros(layout.count, dtype=torch.float64)
    for name, piece in layout.unflatten(lr).items():
        piece.fill_(rates[name] * choice.lr)
    return _apart(direct(choice, [lr] * STEPS), reached, "the wrapped rule with parameter groups")


def schedule_complaint(choice: Choice) -> str:
    """Complain of a wrapped rule that torch's schedulers do not reach."""
    loop = ForeignLoop()
    optimizer = ToTorch(loop.model.parameters(), choice.rule, choice.lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    for _ in range(STEPS):
        loop.train(optimizer, 1)
        scheduler.step()
    rates = [choice.lr * 0.5**number for number in range(STEPS)]
    return _apart(direct(choice, rates), loop.weights(), "the wrapped rule under a schedule")


def _apart(expected: Tensor, came: Tensor, what: str) -> str:
    distance = float((expected - came).norm() / expected.norm())
    if distance <= TOLERANCE:
        return ""
    return f"{what} ends elsewhere than the rule itself, by {distance:.1e} relative."


CHECKS: dict[str, Callable[[Any], str]] = {
    "shapes, types and loss": shape_complaint,
    "same seed, same bits": bits_complaint,
    "nothing remembered outside the state": purity_complaint,
    "the loss falls": progress_complaint,
    "the state survives a checkpoint": checkpoint_complaint,
    "a rate of 0 freezes": frozen_complaint,
    "one rate or one per weight": rates_complaint,
    "a gradient of 0": rest_complaint,
    "wrapped as a torch optimizer": wrapped_complaint,
    "wrapped: state_dict": resumed_complaint,
    "wrapped: parameter groups and frozen parameters": groups_complaint,
    "wrapped: lr_scheduler": schedule_complaint,
}
