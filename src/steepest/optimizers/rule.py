"""What an update rule is: init, step, weights; and how a class becomes one.

    @rule("momentum", lr=0.1)
    class Momentum:
        beta: float = hyperparameter(default=0.9, low=0, below=1, why="a velocity must fade")

        def init(self, params, layout):
            return {"velocity": torch.zeros_like(params)}

        def update(self, grad, params, state, lr):
            state["velocity"].mul_(self.beta).add_(grad)
            return descend(params, state["velocity"], lr)

A rule that needs more than the gradient writes ``step`` instead of ``update``. Either way it keeps nothing
between calls: everything it knows comes in by its arguments.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar, cast, dataclass_transform, runtime_checkable

import torch
from torch import Tensor

from ..errors import UserError
from ..layout import Layout
from ..objective import Objective
from .hyperparameter import check_hyperparameters, hyperparameter, inner_rule

State = Any  # any nest of dicts, lists and tuples over tensors, numbers, booleans and None
LearningRate = float | Tensor  # one number, or [P]: parameter groups; 0 freezes

RuleClass = TypeVar("RuleClass", bound=type)


class Step(NamedTuple):
    """What one step gives back: the new params [P], the new state, and the loss [] where it began."""

    params: Tensor
    state: State
    loss: Tensor


@runtime_checkable
class Optimizer(Protocol):
    """An update rule. ``step`` owns its params and state and may overwrite them in place."""

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return the state before the first step at params [P]."""

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return the params, state and loss of one step.

        Args:
            params: [P], the rule's own: it may overwrite them.
            state: as ``init`` or the last ``step`` gave it.
            lr: the learning rate of this step, a number or [P].
            generator: for this step's noise; a function of seed and step.
        """

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return the [P] weights to evaluate and save: params, for most rules."""


RULES: dict[str, type[Any]] = {}


@dataclass_transform(frozen_default=True, field_specifiers=(hyperparameter, inner_rule))
def rule(name: str, *, lr: float | None, also: tuple[str, ...] = ()) -> Callable[[RuleClass], RuleClass]:
    """Make a class a rule: a frozen, checked dataclass that is registered under a name.

    Args:
        name: what ``--optimizer`` calls it.
        lr: the learning rate when none is given; None for a rule that takes the one of the rule it wraps.

    Raises:
        UserError: the class has neither ``update`` nor ``step``, or another class has the name.
    """

    def register(cls: RuleClass) -> RuleClass:
        made: Any = cls
        made.__post_init__ = check_hyperparameters
        made.name, made.default_lr = name, lr
        frozen = dataclasses.dataclass(frozen=True)(complete(made))
        for each in (name, *also):
            _refuse_taken(each, frozen)
            RULES[each] = frozen
        return cast(RuleClass, frozen)

    return register


def _refuse_taken(name: str, cls: type[Any]) -> None:
    holder = RULES.get(name, cls)
    # a file that is imported again brings its own class again
    if (holder.__module__, holder.__qualname__) != (cls.__module__, cls.__qualname__):
        raise UserError(f"The name `{name}` is taken by {holder.__module__}.{holder.__qualname__}.")


def complete(cls: type[Any]) -> type[Any]:
    """Return the class with the parts of ``Optimizer`` that it leaves out.

    ``update(grad, params, state, lr) -> params`` becomes a ``step``; ``init`` defaults to an empty state,
    ``weights`` to params. ``gradient_only`` says whether one gradient at params is all that a step asks for.
    """
    if not (hasattr(cls, "update") or hasattr(cls, "step")):
        raise UserError(
            f"{cls.__name__} is no rule yet: it needs update(self, grad, params, state, lr), which returns "
            "the new params, or step(self, objective, params, state, lr, generator)."
        )
    parts: dict[str, Any] = {
        "init": _empty_state,
        "weights": _same_weights,
        "gradient_only": not hasattr(cls, "step"),
        "step": _step,
    }
    for name, default in parts.items():
        if not hasattr(cls, name):
            setattr(cls, name, default)
    return cls


def gradient(objective: Objective, params: Tensor, lr: LearningRate) -> tuple[Tensor, Tensor]:
    """Return the loss [] and the gradient [P] at params, with zeros where a weight is frozen (lr is 0).

    So a frozen weight takes no part in any norm, velocity or average either.
    """
    loss, grad = objective.loss_and_grad(params)
    _freeze(grad, lr)
    return loss, grad


def _freeze(grad: Tensor, lr: LearningRate) -> None:
    if isinstance(lr, Tensor) and lr.dim():
        grad.masked_fill_(lr == 0, 0.0)


def _step(  # noqa: PLR0917  # becomes a method: the signature is the protocol's
    self: Any, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
) -> Step:
    """Return one step of ``update`` with the gradient at params."""
    loss, grad = objective.loss_and_grad(params)
    _freeze(grad, lr)
    return Step(self.update(grad, params, state, lr), state, loss)


def _empty_state(self: Any, params: Tensor, layout: Layout) -> State:
    """Return the empty state: the rule remembers nothing."""
    return {}


def _same_weights(self: Any, params: Tensor, state: State) -> Tensor:
    """Return params: the rule evaluates where it steps."""
    return params
