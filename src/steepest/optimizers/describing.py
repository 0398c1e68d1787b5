"""A rule described: its formula and words from the docstring, its cost from running it."""

from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from ..layout import Layout
from ..objective import Objective
from .choosing import class_of, default_lr
from .descending import descend
from .hyperparameter import hyperparameters, inner_rule_field, range_of, search_of
from .problems import network
from .rule import RULES, Optimizer

SECTIONS = ("Idea", "Fails", "Source", "Choice")
COUNTED_STEPS = 10  # enough for rules whose steps differ, such as line searches


@dataclass(frozen=True)
class Parameter:
    """A hyperparameter as users see it.

    Args:
        name: what ``name=value`` calls it.
        tuned: where ``steepest tune`` and ``compare`` look for it; empty where they leave it at its default.
    """

    name: str
    default: Any
    range: str
    why: str
    tuned: str


@dataclass(frozen=True)
class Cost:
    """What a step costs on average, counted by running it.

    Args:
        forwards: evaluations of the loss, those with a gradient included.
        backwards: evaluations of the gradient.
        vectors: size of the state in vectors of P numbers, on a network of 51 parameters.
    """

    forwards: float
    backwards: float
    vectors: float


@dataclass(frozen=True)
class Description:
    """All that is to be said of a rule.

    Args:
        name: what ``--optimizer`` calls it.
        family: the file that holds it.
        choice: where the source is ambiguous or we deviate; empty where neither.
        wraps: the rule it wraps when none is named; empty for one that wraps none.
    """

    name: str
    names: tuple[str, ...]
    family: str
    summary: str
    formula: str
    idea: str
    fails: str
    source: str
    choice: str
    wraps: str
    lr: float
    parameters: tuple[Parameter, ...]
    cost: Cost


def registered() -> list[str]:
    """Return every rule's first name, in the order of the families."""
    return [name for name, cls in RULES.items() if cls.name == name]


@cache
def describe(name: str) -> Description:
    """Return the description of a rule, by any of its names or as ``file.py:Class``.

    Raises:
        UnknownName: no rule is called so.
        UserError: it is a class of torch, which torch describes.

    >>> describe("sgd").formula
    'w = w - lr * g'
    """
    cls: Any = class_of(name)
    if not hasattr(cls, "default_lr"):
        raise UserError(
            f"`{name}` is no rule of steepest's, and has no formula to show. Torch's own are explained at "
            "https://docs.pytorch.org/docs/stable/optim.html"
        )
    rule: Optimizer = cls()
    summary, formula, sections = read_docstring(cls.__doc__ or "")
    inner = inner_rule_field(cls)
    return Description(
        name=cls.name,
        names=tuple(each for each, held in RULES.items() if held is cls) or (cls.name,),
        family=cls.__module__.rpartition(".")[2],
        summary=summary,
        formula=formula,
        **{section.lower(): sections.get(section, "") for section in SECTIONS},
        wraps=getattr(inner.default, "name", "") if inner else "",
        lr=default_lr(rule),
        parameters=tuple(
            Parameter(each.name, each.default, _range_text(each), range_of(each).why, str(search_of(each) or ""))
            for each in hyperparameters(cls)
        ),
        cost=measure_cost(rule),
    )


def read_docstring(text: str) -> tuple[str, str, dict[str, str]]:
    """Return a rule's summary, its formula, and its sections by name.

    The first paragraph is the summary, the lines up to ``Idea:`` are the formula, and each section runs to
    the next.
    """
    summary, _, rest = cleandoc(text).replace("``", "`").partition("\n\n")
    parts: dict[str, list[str]] = {"Formula": []}
    current = "Formula"
    for line in rest.splitlines():
        word, colon, after = line.partition(": ")
        if colon and word in SECTIONS:
            current = word
            parts[current] = [after]
        else:
            parts[current].append(line)
    formula = "\n".join(parts.pop("Formula")).strip()
    sections = {name: " ".join(" ".join(lines).split()) for name, lines in parts.items()}
    return " ".join(summary.split()), formula, sections


class CountingObjective:
    """An objective that counts how often it is asked."""

    def __init__(self, objective: Objective) -> None:
        self.objective, self.forwards, self.backwards = objective, 0, 0

    @property
    def layout(self) -> Layout:
        """The wrapped objective's layout."""
        return self.objective.layout

    def loss(self, params: Tensor) -> Tensor:
        """Return the loss [] at params [P]."""
        self.forwards += 1
        return self.objective.loss(params)

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss [] and the gradient [P] at params."""
        self.forwards += 1
        self.backwards += 1
        return self.objective.loss_and_grad(params)


def measure_cost(rule: Optimizer) -> Cost:
    """Return what a step of a rule costs, counted over some steps on a small network."""
    problem = network()
    counting = CountingObjective(problem.objective)
    taken = descend(rule, counting, problem.start, default_lr(rule))
    *_, last = islice(taken, COUNTED_STEPS)
    return Cost(
        forwards=counting.forwards / COUNTED_STEPS,
        backwards=counting.backwards / COUNTED_STEPS,
        vectors=round(_numbers_in(last.state) / last.params.numel(), 2),
    )


def _numbers_in(state: Any) -> int:
    """Return how many numbers the tensors of a state hold, counters left out."""
    if isinstance(state, Tensor):
        return state.numel() if state.dim() and state.dtype != torch.int64 else 0
    if isinstance(state, dict):
        return sum(map(_numbers_in, state.values()))
    return sum(map(_numbers_in, state)) if isinstance(state, list | tuple) else 0


def _range_text(field: Any) -> str:
    if isinstance(field.default, bool):
        return "true or false"
    whole = "whole numbers in " if isinstance(field.default, int) else ""
    return f"{whole}{range_of(field)}"
