"""An optimizer's steps worked with numbers on a bowl, each line in symbols and in numbers, beside the rule itself.

    E(w) = sum of h * (w - c)^2 / 2,   g = dE/dw = h * (w - c)

Names carry the weight and the step: ``m2_t3`` is the memory m of weight 2 after step 3.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .formula import substituted
from .rule_lines import FormulaLine, lines_of
from .table import Check, Line, Table, check, work

if TYPE_CHECKING:
    from ..optimizers import Choice


@dataclass(frozen=True)
class Bowl:
    """The objective: for each weight its start, the curvature h and the centre c.

    The default is ten times steeper along the second weight, so that what rules do differently can be seen.
    """

    start: tuple[float, ...] = (1.0, 1.0)
    curvature: tuple[float, ...] = (1.0, 10.0)
    centre: tuple[float, ...] = (0.0, 0.0)

    def __post_init__(self) -> None:
        lengths = {len(self.start), len(self.curvature), len(self.centre)}
        if len(lengths) != 1 or not self.start:
            said = f"{len(self.start)} starts, {len(self.curvature)} curvatures, {len(self.centre)} centres"
            raise UserError(f"The bowl needs one of each for every weight; {said} came.")

    def __str__(self) -> str:
        terms = []
        for k, (curvature, centre) in enumerate(zip(self.curvature, self.centre, strict=True), 1):
            inner = (
                f"w{k}" if not centre else f"(w{k} {'-' if centre > 0 else '+'} {abs(centre):g})"
            )
            terms.append(f"{curvature:g} * {inner}^2 / 2")
        return "E(w) = " + " + ".join(terms)


@dataclass(frozen=True)
class Stepping:
    """Worked steps: the rule and its rate, the objective, the table, and the table's check."""

    rule: str
    lr: float
    bowl: Bowl
    steps: int
    table: Table
    check: Check


def stepping(
    rule: str, bowl: Bowl | None = None, *, steps: int = 1, lr: float | None = None
) -> Stepping:
    """Return ``steps`` steps of a rule on a bowl, worked by hand and held against the rule's real step.

    Args:
        rule: as ``--optimizer`` takes it: ``adam:beta1=0.8``.
        bowl: the objective; a default one without it.
        steps: at least 1.
        lr: the learning rate; None takes the rule's own.

    Raises:
        UserError: the rule has no written lines, or steps is below 1.

    >>> print(stepping("momentum", Bowl((1.0,), (2.0,), (0.0,)), steps=2).table["v1_t2"])
    v1_t2 = beta × v1_t1 + g1_t2 = 0.9 × 2 + 1.6 = 3.4
    """
    from ..optimizers import choose

    if steps < 1:
        raise UserError(f"At least 1 step can be worked; steps {steps} came.")
    bowl = bowl or Bowl()
    choice = choose(rule, lr)
    formulas, memory = lines_of(choice.rule)
    given = _given(choice, bowl, steps, tuple(memory), formulas)
    table = work(given, step_lines(formulas, tuple(memory), len(bowl.start), steps))
    return Stepping(rule, choice.lr, bowl, steps, table, _check(choice, bowl, steps, table, memory))


def step_lines(
    formulas: Sequence[FormulaLine], memory: Sequence[str], weights: int, steps: int
) -> Iterator[Line]:
    """Yield every line of every step, weight by weight, each name with its weight and step."""
    for step in range(1, steps + 1):
        for weight in range(1, weights + 1):
            yield from _one_step(formulas, memory, weight, step)


def _one_step(
    formulas: Sequence[FormulaLine], memory: Sequence[str], weight: int, step: int
) -> Iterator[Line]:
    current = {letter: f"{letter}{weight}_t{step - 1}" for letter in ("w", *memory)}
    current["t"] = f"t_{step}"
    group = f"step {step}, weight {weight}"
    current["g"] = f"g{weight}_t{step}"
    yield Line(current["g"], f"h{weight} * ({current['w']} - c{weight})", group)
    left = Counter(name for name, _ in formulas)
    for name, formula in formulas:
        written = substituted(formula, lambda each: current.get(each, each))
        left[name] -= 1
        # a weight that is changed twice in a step, as by a decay before it, is `wd1_t1` in between
        current[name] = f"{name}{'d' * left[name]}{weight}_t{step}"
        yield Line(current[name], written, group)


def _given(
    choice: "Choice", bowl: Bowl, steps: int, memory: Sequence[str], formulas: Sequence[FormulaLine]
) -> dict[str, float]:
    given: dict[str, float] = {}
    for k, (start, curvature, centre) in enumerate(
        zip(bowl.start, bowl.curvature, bowl.centre, strict=True), 1
    ):
        given |= {f"w{k}_t0": start, f"h{k}": curvature, f"c{k}": centre}
        given |= {f"{letter}{k}_t0": 0.0 for letter in memory}
    if any("**t" in formula for _, formula in formulas):
        given |= {f"t_{step}": float(step) for step in range(1, steps + 1)}
    return given | {"lr": choice.lr} | _settings(choice.rule)


def _settings(rule: Any) -> dict[str, float]:
    return {
        field.name: float(getattr(rule, field.name))
        for field in dataclasses.fields(rule)
        if isinstance(getattr(rule, field.name), int | float)
    }


def _check(choice: "Choice", bowl: Bowl, steps: int, table: Table, memory: dict[str, str]) -> Check:
    """Return the table held against the rule's own step and autograd."""
    import torch

    from ..objective import FunctionObjective
    from ..randomness import generator

    curvature, centre = (
        torch.tensor(each, dtype=torch.float64) for each in (bowl.curvature, bowl.centre)
    )
    objective = FunctionObjective(lambda w: (curvature * (w - centre).square()).sum() / 2)
    params = torch.tensor(bowl.start, dtype=torch.float64)
    state = choice.rule.init(params.clone(), objective.layout)
    values: dict[str, float] = {}
    for step in range(1, steps + 1):
        _, grad = objective.loss_and_grad(params)
        values |= _numbered("g", grad, step)
        made = choice.rule.step(
            objective, params.clone(), state, choice.lr, generator(0, "by hand", step)
        )
        params, state = made.params, made.state
        values |= _numbered("w", params, step)
        for letter, key in memory.items():
            values |= _numbered(letter, state[key], step)
    return check(table, values, "the rule's own step and autograd in float64")


def _numbered(letter: str, vector: Any, step: int) -> dict[str, float]:
    return {f"{letter}{k + 1}_t{step}": value for k, value in enumerate(vector.tolist())}
