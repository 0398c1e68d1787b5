"""What every rule must do as a ``torch.optim.Optimizer`` in somebody else's loop."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..randomness import generator
from .choosing import Choice
from .problems import network, network_batch, network_model
from .rule import LearningRate
from .to_torch import Closure, ToTorch

TOLERANCE = 1e-12  # the loop's gradients may be summed in another order than ours
STEPS = 8


class ForeignLoop:
    """A model and the few lines that people write around it; the same problem as ``network``."""

    def __init__(self) -> None:
        self.problem = network()
        self.model, self.batch = network_model(), network_batch()
        self.put(self.problem.first)

    def put(self, params: Tensor) -> None:
        """Write a vector [P] into the model."""
        for parameter, view in zip(
            self.model.parameters(), self.problem.layout.views(params), strict=True
        ):
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
    params = problem.start
    state = choice.rule.init(params, problem.layout)
    for number, lr in enumerate(rates):
        noise = generator(0, "optimizer", number)
        params, state, _ = choice.rule.step(problem.objective, params, state, lr, noise)
    return params


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
    groups = [
        {"params": list(first.parameters())},
        {"params": list(second.parameters()), "lr": choice.lr / 2},
    ]
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
