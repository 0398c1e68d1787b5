"""An optimizer's steps worked with numbers on a bowl, each line in symbols and in numbers, beside the rule itself.

    E(w) = sum of h * (w - c)^2 / 2,   g = dE/dw = h * (w - c)

Names carry the weight and the step: ``m2_t3`` is the memory m of weight 2 after step 3.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..lazy import brief
from .formula import substituted
from .table import Check, Line, Table, check, work

if TYPE_CHECKING:
    from ..optimizers import Choice

# A rule is one line of arithmetic after the other, for one weight: ``w`` the weight, ``g`` its gradient, ``t`` the
# step, counted from 1; other letters are the rule's memory, which starts at 0. A name on the left of a line and
# again on its right means its value from before the line.
FormulaLine = tuple[str, str]  # the name, and the formula that gives it

MOMENTS = (("m", "beta1 * m + (1 - beta1) * g"), ("s", "beta2 * s + (1 - beta2) * g**2"))
UNBIASED = ("m_hat", "m / (1 - beta1**t)")
ADAM = (*MOMENTS, UNBIASED, ("s_hat", "s / (1 - beta2**t)"), ("w", "w - lr * m_hat / (sqrt(s_hat) + eps)"))


@dataclass(frozen=True)
class RuleLines:
    """How a person works one step of a rule.

    Args:
        write: a rule's record -> its lines; a switch of the rule can choose others.
        memory: each letter that lasts from step to step, and what the rule's own state calls it.
    """

    write: Callable[[Any], tuple[FormulaLine, ...]]
    memory: dict[str, str]


def _fixed(*lines: FormulaLine, **memory: str) -> RuleLines:
    return RuleLines(lambda rule: lines, memory)


def _momentum(rule: Any) -> tuple[FormulaLine, ...]:
    direction = "(g + beta * v)" if rule.nesterov else "v"
    return (("v", "beta * v + g"), ("w", f"w - lr * {direction}"))


def _rmsprop(rule: Any) -> tuple[FormulaLine, ...]:
    lines: list[FormulaLine] = [("s", "rho * s + (1 - rho) * g**2")]
    size = "s"
    if rule.centred:
        lines.append(("a", "rho * a + (1 - rho) * g"))
        size = "max(0, s - a**2)"
    ratio = f"g / (sqrt({size}) + eps)"
    if rule.momentum:
        return (*lines, ("v", f"momentum * v + {ratio}"), ("w", "w - lr * v"))
    return (*lines, ("w", f"w - lr * {ratio}"))


PLAIN = _fixed(("w", "w - lr * g"))
LINES: dict[str, RuleLines] = {
    "gradient-descent": PLAIN,
    "sgd": PLAIN,
    "momentum": RuleLines(_momentum, {"v": "velocity"}),
    "nesterov": _fixed(("v", "beta * v + g"), ("w", "w - lr * (g + beta * v)"), v="velocity"),
    "adagrad": _fixed(("s", "s + g**2"), ("w", "w - lr * g / (sqrt(s) + eps)"), s="square"),
    "adadelta": _fixed(
        ("s", "rho * s + (1 - rho) * g**2"),
        ("d", "g * sqrt(a + eps) / sqrt(s + eps)"),
        ("a", "rho * a + (1 - rho) * d**2"),
        ("w", "w - lr * d"),
        s="square",
        a="moved",
    ),
    "rmsprop": RuleLines(_rmsprop, {"s": "square", "a": "mean", "v": "velocity"}),
    "adam": _fixed(*ADAM, m="mean", s="square"),
    "adamw": _fixed(("w", "w - lr * weight_decay * w"), *ADAM, m="mean", s="square"),
    "amsgrad": _fixed(
        *MOMENTS,
        ("h", "max(h, s)"),
        UNBIASED,
        ("h_hat", "h / (1 - beta2**t)"),
        ("w", "w - lr * m_hat / (sqrt(h_hat) + eps)"),
        m="mean",
        s="square",
        h="highest",
    ),
    "adamax": _fixed(
        MOMENTS[0],
        ("u", "max(beta2 * u, abs(g) + eps)"),
        UNBIASED,
        ("w", "w - lr * m_hat / u"),
        m="mean",
        u="highest",
    ),
    "signsgd": _fixed(("w", "w - lr * sign(g)")),
    "lion": _fixed(
        ("d", "sign(beta1 * m + (1 - beta1) * g)"),
        ("m", "beta2 * m + (1 - beta2) * g"),
        ("w", "w - lr * (d + weight_decay * w)"),
        m="mean",
    ),
}


def lines_of(rule: Any) -> tuple[tuple[FormulaLine, ...], dict[str, str]]:
    """Return a rule's lines, and the letters of its memory with what its state calls them.

    Raises:
        UserError: the rule has no lines for a single weight.
    """
    written = LINES.get(getattr(rule, "name", ""))
    if written is None:
        name = getattr(rule, "name", type(rule).__name__)
        raise UserError(f"`{name}` is not written out by hand. These are: {', '.join(LINES)}.")
    lines = written.write(rule)
    used = {name for name, _ in lines}
    return lines, {letter: key for letter, key in written.memory.items() if letter in used}


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
            inner = f"w{k}" if not centre else f"(w{k} {'-' if centre > 0 else '+'} {abs(centre):g})"
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

    def __repr__(self) -> str:
        return brief(self)


def stepping(rule: str, bowl: Bowl | None = None, *, steps: int = 1, lr: float | None = None) -> Stepping:
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


def step_lines(formulas: Sequence[FormulaLine], memory: Sequence[str], weights: int, steps: int) -> Iterator[Line]:
    """Yield every line of every step, weight by weight, each name with its weight and step."""
    for step in range(1, steps + 1):
        for weight in range(1, weights + 1):
            yield from _one_step(formulas, memory, weight, step)


def _one_step(formulas: Sequence[FormulaLine], memory: Sequence[str], weight: int, step: int) -> Iterator[Line]:
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
    for k, (start, curvature, centre) in enumerate(zip(bowl.start, bowl.curvature, bowl.centre, strict=True), 1):
        given |= {f"w{k}_t0": start, f"h{k}": curvature, f"c{k}": centre}
        given |= {f"{letter}{k}_t0": 0.0 for letter in memory}
    if any("**t" in formula for _, formula in formulas):
        given |= {f"t_{step}": float(step) for step in range(1, steps + 1)}
    rule: Any = choice.rule  # every rule is a record of its settings
    settings = {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}
    numbers = {name: float(value) for name, value in settings.items() if isinstance(value, int | float)}
    return given | {"lr": choice.lr} | numbers


def _check(choice: "Choice", bowl: Bowl, steps: int, table: Table, memory: dict[str, str]) -> Check:
    """Return the table held against the rule's own step and autograd."""
    import torch

    from ..objective import FunctionObjective
    from ..optimizers import descend

    curvature, centre = (torch.tensor(each, dtype=torch.float64) for each in (bowl.curvature, bowl.centre))
    objective = FunctionObjective(lambda w: (curvature * (w - centre).square()).sum() / 2)
    params = torch.tensor(bowl.start, dtype=torch.float64)
    taken = descend(choice.rule, objective, params.clone(), choice.lr)
    values: dict[str, float] = {}
    for step in range(1, steps + 1):
        _, grad = objective.loss_and_grad(params)
        values |= _numbered("g", grad, step)
        made = next(taken)
        params = made.params
        values |= _numbered("w", params, step)
        for letter, key in memory.items():
            values |= _numbered(letter, made.state[key], step)
    return check(table, values, "the rule's own step and autograd in float64")


def _numbered(letter: str, vector: Any, step: int) -> dict[str, float]:
    return {f"{letter}{k + 1}_t{step}": value for k, value in enumerate(vector.tolist())}
