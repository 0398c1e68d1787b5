"""How a rule's hyperparameters are declared and checked: a default, a range, and the reason for the range."""

import dataclasses
from typing import Any, Literal

from ..errors import UserError

# The same reasons hold in many rules; each is written once.
FORGETS = "an average that never forgets cannot follow"
FADES = "a velocity that never fades grows forever"
DIVIDES = "it keeps the division finite where the gradient is 0"
SHRINKS = "a negative decay makes weights grow"


@dataclasses.dataclass(frozen=True)
class Range:
    """Which values a hyperparameter may take, and why."""

    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    why: str = ""

    def admits(self, value: float) -> bool:
        """Say whether the value lies in the range; NaN and the infinities never do."""
        return (
            abs(value) < float("inf")
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        lower = f"({self.above:g}" if self.above is not None else "(-∞"
        lower = f"[{self.low:g}" if self.low is not None else lower
        upper = f"{self.below:g})" if self.below is not None else "∞)"
        upper = f"{self.high:g}]" if self.high is not None else upper
        return f"{lower}, {upper}"


Scale = Literal["log", "linear", "complement"]


@dataclasses.dataclass(frozen=True)
class Search:
    """Where tuning looks for a hyperparameter.

    Args:
        scale: ``log``; ``linear``; ``complement``: 1 - value is log-uniform, for averages such as 0.9, 0.99.
    """

    low: float
    high: float
    scale: Scale = "log"

    def __post_init__(self) -> None:
        least = {"log": 0.0, "linear": -float("inf"), "complement": -float("inf")}[self.scale]
        most = 1.0 if self.scale == "complement" else float("inf")
        if not least < self.low < self.high < most:
            raise UserError(
                f"A search range from {self.low:g} to {self.high:g} on a {self.scale} scale is none: its ends "
                f"must rise and lie between {least:g} and {most:g}."
            )

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}, {self.scale}"


def hyperparameter(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
    why: str = "",
    search: tuple[float, float, Scale] | None = None,
) -> Any:
    """Declare a rule's hyperparameter with its default, its range and the reason for the range.

    Args:
        default: also fixes the type: bool, int, float or str.
        why: completes "... is not in [0, 1): ".
        search: (low, high, scale) for a value without which the rule cannot be judged fairly: ``steepest tune``
            and ``steepest compare`` look for it there, beside the learning rate; scales are those of ``Search``.
            Each such value thins out the trials of the others, so declare few.
    """
    metadata = {
        "range": Range(low, high, above, below, why),
        "search": None if search is None else Search(*search),
    }
    return dataclasses.field(default=default, metadata=metadata)


def inner_rule(default: Any) -> Any:
    """Declare the rule that a wrapping rule wraps, with the one it wraps when none is named."""
    return dataclasses.field(default=default, metadata={"wraps": True})


def inner_rule_field(cls: Any) -> dataclasses.Field[Any] | None:
    """Return the field that holds the wrapped rule, or None for a rule that wraps none."""
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    return next((each for each in fields if "wraps" in each.metadata), None)


def hyperparameters(cls: Any) -> list[dataclasses.Field[Any]]:
    """Return the declared hyperparameters of a rule, without the rule it wraps."""
    return [each for each in dataclasses.fields(cls) if "wraps" not in each.metadata]


def range_of(field: dataclasses.Field[Any]) -> Range:
    """Return a hyperparameter's range; everything, where none is declared."""
    declared: Range = field.metadata.get("range", Range())
    return declared


def search_of(field: dataclasses.Field[Any]) -> Search | None:
    """Return where tuning looks for a hyperparameter; None where it stays at its default."""
    found: Search | None = field.metadata.get("search")
    return found


def check_hyperparameters(rule: Any) -> None:
    """Refuse a value of another type than its default's, or outside its range.

    A whole number is taken where a fraction is meant.

    Raises:
        UserError: names the hyperparameter, the range and the reason.
    """
    name = getattr(rule, "name", type(rule).__name__)
    for field in hyperparameters(rule):
        value, kind = getattr(rule, field.name), type(field.default)
        if kind is float and type(value) is int:
            value = float(value)
            object.__setattr__(rule, field.name, value)
        if kind in _KINDS and type(value) is not kind:
            raise UserError(f"{name}: {field.name} must be {_KINDS[kind]}, not {value!r}.")
        allowed = range_of(field)
        if isinstance(value, float | int) and not allowed.admits(value):
            reason = f": {allowed.why}" if allowed.why else ""
            raise UserError(f"{name}: {field.name} = {value:g} is not in {allowed}{reason}.")


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}
