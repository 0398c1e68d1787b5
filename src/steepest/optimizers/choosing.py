"""From what a user writes to a rule: a name of the table, a ``torch.optim`` class, or the user's own file.

    adam                                      torch.optim.RAdam:weight_decay=0.01
    adam:beta1=0.8,eps=1e-7                   my_rule.py:MyRule:rho=0.1
    sam:rho=0.05 of momentum:beta=0.8         ema of lookahead:k=5 of adam

`` of `` puts a rule around a rule; each part has its own settings. Without it a wrapping rule takes its default.
"""

import dataclasses
import inspect
from dataclasses import dataclass
from typing import Any

import torch

from ..errors import UnknownName, UserError, find_name
from ..specification import Specification
from ..usercode import load
from .from_torch import FromTorch
from .hyperparameter import hyperparameters, inner_rule_field
from .rule import RULES, Optimizer, complete

TORCH_PREFIX = "torch.optim."
FALLBACK_LR = 1e-3  # for a class that states no default of its own


@dataclass(frozen=True)
class Choice:
    """A rule, and the learning rate it is to start with."""

    rule: Optimizer
    lr: float


def choose(text: str, lr: float | None = None) -> Choice:
    """Return the rule that ``text`` names, with its learning rate.

    Args:
        text: ``adam``, ``adam:beta1=0.8``, ``torch.optim.RAdam:weight_decay=0.01``, ``my_rule.py:MyRule``,
            ``sam:rho=0.1 of momentum``. ``lr`` may be among the settings.
        lr: the learning rate; None takes the one among the settings, else the rule's default.

    Raises:
        UnknownName: no rule has this name.
        UserError: a hyperparameter is unknown or outside its range, or lr is given twice.

    >>> choose("adam:beta1=0.8").rule
    Adam(beta1=0.8, beta2=0.999, eps=1e-08)
    >>> choose("lookahead:k=3 of sgd", lr=0.5)
    Choice(rule=Lookahead(rule=SGD(), k=3, alpha=0.5), lr=0.5)
    """
    rule: Optimizer | None = None
    for written in reversed(Specification.chain(text)):  # the innermost is written last
        settings = dict(written.settings)
        if "lr" in settings:
            lr = _one_rate(lr, settings.pop("lr"), text)
        rule = _make(written.name, settings, rule)
    assert rule is not None  # a chain has at least one part
    chosen = lr if lr is not None else default_lr(rule)
    if not 0 < chosen < float("inf"):
        raise UserError(f"The learning rate must be a number above 0, not {chosen:g}.")
    return Choice(rule, chosen)


def default_lr(rule: Optimizer) -> float:
    """Return the learning rate that a rule states for itself, or the rule that it wraps."""
    if isinstance(rule, FromTorch):
        parameter = inspect.signature(rule.optimizer_class).parameters.get("lr")
        stated = parameter.default if parameter else None
    else:
        stated = getattr(rule, "default_lr", None)
    if isinstance(stated, int | float):
        return float(stated)
    field = inner_rule_field(type(rule))
    return FALLBACK_LR if field is None else default_lr(getattr(rule, field.name))


def class_of(name: str) -> Any:
    """Return the class that a name stands for: a rule's, a torch optimizer's, or one in the user's file.

    Raises:
        UnknownName: no rule and no torch optimizer is called so.
        UserError: the user's file cannot be loaded.
    """
    if Specification(name, {}).file is not None:
        return load(name)
    if name.startswith(TORCH_PREFIX):
        return _torch_class(name.removeprefix(TORCH_PREFIX))
    hint = "`steepest optimizers list` shows them all."
    return RULES[find_name("optimizer", name, RULES, hint)]


def _one_rate(given: float | None, value: Any, text: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"The learning rate in `{text}` is no number.")
    if given is not None and given != value:
        raise UserError(f"The learning rate is given twice: {given:g}, and {value:g} in `{text}`.")
    return float(value)


def _torch_class(name: str) -> type[torch.optim.Optimizer]:
    classes = {
        key: value
        for key, value in vars(torch.optim).items()
        if isinstance(value, type) and issubclass(value, torch.optim.Optimizer)
    }
    known = sorted(set(classes) - {"Optimizer"})
    return classes[find_name("torch.optim class", name, known)]


def _make(name: str, settings: dict[str, Any], inner: Optimizer | None) -> Optimizer:
    cls = class_of(name)
    if isinstance(cls, type) and issubclass(cls, torch.optim.Optimizer):
        _refuse_wrapping(name, inner)
        return FromTorch(cls, settings)
    if not isinstance(cls, type):
        raise UserError(f"`{name}` is no class, but {cls!r:.60}.")
    field = inner_rule_field(cls)
    if inner is not None and field is not None:
        settings = {field.name: inner, **settings}
    elif inner is not None:
        _refuse_wrapping(name, inner)
    if dataclasses.is_dataclass(cls):
        _check_names(name, cls, settings, field)
    try:
        rule = complete(cls)(**settings)
    except TypeError as error:
        raise UserError(f"`{name}` does not take these settings: {error}") from error
    if not isinstance(rule, Optimizer):
        needs = "init(params, layout), step(objective, params, state, lr, generator), weights(params, state)"
        raise UserError(f"`{name}` is no optimizer: it needs {needs}, or to be a torch.optim.Optimizer.")
    return rule


def _refuse_wrapping(name: str, inner: Optimizer | None) -> None:
    if inner is not None:
        wrappers = [key for key, cls in RULES.items() if inner_rule_field(cls)]
        raise UserError(f"`{name}` wraps no other rule. These do: {', '.join(wrappers)}.")


def _check_names(name: str, cls: Any, settings: dict[str, Any], field: dataclasses.Field[Any] | None) -> None:
    known = [each.name for each in hyperparameters(cls)]
    for key, value in settings.items():
        if field is not None and key == field.name and isinstance(value, str):
            raise UserError(f"`{name}` wraps a rule by ` of `: write `{name} of {value}`.")
        if key not in known and not (field is not None and key == field.name):
            if not known:
                raise UserError(f"`{name}` has no hyperparameters; `{key}` was given.")
            raise UnknownName(f"hyperparameter of {name}", key, known)
