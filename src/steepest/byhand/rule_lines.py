"""The update rules written for a person: one line of arithmetic after the other, for one weight.

``w`` the weight, ``g`` its gradient, ``t`` the step, counted from 1; other letters are the rule's memory, which
starts at 0. A name on the left of a line and again on its right means its value from before the line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import UserError

FormulaLine = tuple[str, str]  # the name, and the formula that gives it

MOMENTS = (("m", "beta1 * m + (1 - beta1) * g"), ("s", "beta2 * s + (1 - beta2) * g**2"))
UNBIASED = ("m_hat", "m / (1 - beta1**t)")
ADAM = (
    *MOMENTS,
    UNBIASED,
    ("s_hat", "s / (1 - beta2**t)"),
    ("w", "w - lr * m_hat / (sqrt(s_hat) + eps)"),
)


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
