"""Any rule of ours as a ``torch.optim.Optimizer``, for anybody's own training loop.

optimizer = ToTorch(model.parameters(), "sam:rho=0.1 of adam", lr=1e-3)

optimizer.zero_grad(); loss = ...; loss.backward(); optimizer.step()     # rules that need the gradient alone
optimizer.step(closure)                                                  # all rules

with optimizer.averaged():                                               # the weights to evaluate
    ...
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from ..layout import Layout
from .choosing import choose, default_lr
from .descending import descend
from .rule import LearningRate, Optimizer, State

Closure = Callable[[], Any]  # clears the gradients, computes the loss, calls backward, returns the loss


class ToTorch(torch.optim.Optimizer):
    """A rule that steps the parameters of somebody else's loop.

    Parameter groups may set ``lr``; what has no gradient, or ``requires_grad=False``, stands still. All
    evaluations within one step see the same draws from torch's global generator, and so the same dropout mask.

    Args:
        params: parameters, or groups of them, as for every torch optimizer.
        lr: the learning rate; None takes the rule's own default.
        seed: of the rule's noise, which is a function of seed and step.

    Raises:
        UserError: the text names no rule, a group sets something other than lr, or the parameters differ in
            type or device.

    >>> weight = torch.nn.Parameter(torch.tensor([2.0]))
    >>> optimizer = ToTorch([weight], "sgd", lr=0.25)
    >>> (weight**2).sum().backward()
    >>> _ = optimizer.step()
    >>> weight.detach()
    tensor([1.])
    """

    def __init__(
        self, params: Iterable[Any], rule: Optimizer | str, lr: float | None = None, seed: int = 0
    ) -> None:
        self.rule, rate = _chosen(rule, lr)
        self._seed, self._steps = seed, 0
        self._memory: State = None  # until the first step
        super().__init__(params, {"lr": rate})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, before the first step.

        Raises:
            UserError: the rule has begun already, or the group sets something other than lr.
        """
        if self._memory is not None:
            raise UserError("Parameters cannot be added after the first step: the rule's state has its size.")
        odd = sorted(set(param_group) - {"params", "param_names", "lr", "initial_lr"})
        if odd:
            raise UserError(f"A parameter group may set lr; `{odd[0]}` belongs to the rule, which is one for all.")
        super().add_param_group(param_group)
        kinds = {(each.dtype, each.device) for each in self._parameters()}
        if len(kinds) > 1:
            found = " and ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
            raise UserError(f"All parameters must have one type on one device; there are {found}.")

    def step(self, closure: Closure | None = None) -> Any:
        """Take one step and return the loss where it began, or None without a closure.

        Args:
            closure: clears the gradients, computes the loss, calls ``backward`` and returns the loss.

        Raises:
            UserError: the rule asks for more than one gradient and no closure is given.
        """
        if closure is None and not getattr(self.rule, "gradient_only", False):
            name = getattr(self.rule, "name", type(self.rule).__name__)
            raise UserError(
                f"`{name}` evaluates the loss more than once or uses its value. Call step(closure) with a "
                "function that clears the gradients, computes the loss, calls backward and returns the loss."
            )
        objective = _Loop(self._parameters(), closure)
        if closure is not None:
            objective.evaluate()
        params = objective.params()
        with torch.no_grad():
            going = {"state": self._memory, "first": self._steps}
            lr = self._rates(objective)
            result = next(descend(self.rule, objective, params, lr, self._seed, **going))
            objective.put(result.params)
        self._memory = result.state
        self._steps += 1
        return None if closure is None else result.loss

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the weights to evaluate and save into the parameters, and at the end the stepping ones back."""
        loop = _Loop(self._parameters(), None)
        stepping = loop.params()
        if self._memory is not None:
            loop.put(self.rule.weights(stepping, self._memory))
        try:
            yield
        finally:
            loop.put(stepping)

    def state_dict(self) -> dict[str, Any]:
        """Return the groups, the rule's state and the count of steps, as ``load_state_dict`` takes them."""
        plain = super().state_dict()
        memory = {"rule": repr(self.rule), "step": self._steps, "seed": self._seed}
        return {**plain, "state": memory | {"memory": self._memory}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where ``state_dict`` was taken.

        Raises:
            UserError: it was taken of another rule.
        """
        memory = state_dict["state"]
        if memory.get("rule") != repr(self.rule):
            raise UserError(f"The state is of {memory.get('rule')}; this optimizer is {self.rule!r}.")
        super().load_state_dict({**state_dict, "state": {}})
        self._steps, self._seed = memory["step"], memory["seed"]
        self._memory = deepcopy(memory["memory"])

    def _parameters(self) -> list[Tensor]:
        return [each for group in self.param_groups for each in group["params"]]

    def _rates(self, objective: "_Loop") -> LearningRate:
        """Return the groups' rate where they agree and nothing is frozen, else one per weight."""
        groups = [(float(group["lr"]), each) for group in self.param_groups for each in group["params"]]
        frozen = objective.frozen
        rates = [0.0 if still else rate for (rate, _), still in zip(groups, frozen, strict=True)]
        if len(set(rates)) == 1:
            return rates[0]
        return torch.cat(
            [each.new_full((each.numel(),), rate) for (_, each), rate in zip(groups, rates, strict=True)]
        )


def _chosen(rule: Optimizer | str, lr: float | None) -> tuple[Optimizer, float]:
    if isinstance(rule, str):
        choice = choose(rule, lr)
        return choice.rule, choice.lr
    return rule, default_lr(rule) if lr is None else lr


class _Loop:
    """The foreign loop's closure as an objective over one flat vector."""

    def __init__(self, parameters: list[Tensor], closure: Closure | None) -> None:
        self.parameters = parameters
        self.layout = Layout.of_tensors({str(n): each for n, each in enumerate(parameters)})
        self._closure = closure
        self._fresh = True  # the gradients at hand are those at the values where the step began
        self._result = torch.tensor(float("nan"))
        self._draws: Tensor | None = None

    @property
    def frozen(self) -> list[bool]:
        """Which tensors stand still: those without a gradient."""
        return [each.grad is None or not each.requires_grad for each in self.parameters]

    def params(self) -> Tensor:
        """Return a new vector [P] of the parameters' values."""
        return torch.cat([each.detach().reshape(-1) for each in self.parameters])

    def put(self, params: Tensor) -> None:
        """Write a vector [P] into the parameters."""
        for parameter, view in zip(self.parameters, self.layout.views(params), strict=True):
            parameter.data.copy_(view)

    def loss(self, params: Tensor) -> Tensor:
        """Return the loss [] at params [P]."""
        return self.loss_and_grad(params)[0]

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss [] and the gradient [P] at params."""
        if not (self._fresh and torch.equal(params, self.params())):
            self.put(params)
            self.evaluate()
        self._fresh = False
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        return self._result, torch.cat([each.detach().reshape(-1) for each in grads])

    def evaluate(self) -> None:
        """Call the closure at the parameters' present values, with the same random draws each time."""
        if self._closure is None:
            raise UserError("This rule evaluates more than one gradient in a step: call step(closure).")
        if self._draws is None:
            self._draws = torch.get_rng_state()
        else:
            torch.set_rng_state(self._draws)
        with torch.enable_grad():
            self._result = torch.as_tensor(self._closure()).detach()
