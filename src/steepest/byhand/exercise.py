"""One student's exercise: what is given, what is asked, and the slips by which it is usually got wrong."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import floor, log10

from .formula import evaluate, names_in
from .maps import Matrix
from .table import Line, Table, work

DIGITS = 4  # significant: what a pocket calculator's user writes down
TRIES = 300  # drawings until every kind of slip can be told from the right answer
APART = 5  # times what rounding can do: no rounding on the way then makes a slip look right
MOST_STUDENTS = 1_000


@dataclass(frozen=True)
class Slip:
    """A wrong way to a cell that people take.

    Args:
        cell: the name of the cell.
        name: of the slip, in words.
        formula: what is then worked out in place of the right formula.
    """

    cell: str
    name: str
    formula: str


@dataclass(frozen=True)
class Exercise:
    """What one student gets.

    Args:
        title: of the sheet.
        task: sentences that say what is to be worked out.
        given: every given number by name.
        lines: the way to the answers.
        slips: of the cells.
        matrices: given numbers to be shown as a grid instead, by name.
        asked: names of the lines whose values are to be written down, in order; None for all of them.
    """

    title: str
    task: tuple[str, ...]
    given: dict[str, float]
    lines: tuple[Line, ...]
    slips: tuple[Slip, ...]
    matrices: dict[str, Matrix] = field(default_factory=dict)
    asked: tuple[str, ...] | None = None

    @cached_property
    def table(self) -> Table:
        """The exercise worked out."""
        return work(self.given, self.lines)

    @property
    def answers(self) -> dict[str, float]:
        """The right values of what is asked."""
        names = [line.name for line in self.lines] if self.asked is None else self.asked
        return {name: self.table.values[name] for name in names}

    def telling(self, digits: int) -> "Exercise":
        """Return the same with only those slips whose value can be told from the right one."""
        values = self.table.values
        formulas = {line.name: line.formula for line in self.lines}
        kept = []
        for slip in self.slips:
            right = values[slip.cell]
            unsure = slack(formulas[slip.cell], values, self.answers, digits)
            if abs(evaluate(slip.formula, values) - right) > APART * unsure:
                kept.append(slip)
        return replace(self, slips=tuple(kept))


def slack(formula: str, values: Mapping[str, float], rounded: Container[str], digits: int) -> float:
    """Return how far a formula's rounded result can lie from the true one.

    half a unit of the result, and for each rounded value how much half a unit of it changes the result

    Args:
        formula: what is worked out.
        values: of the names in it.
        rounded: names of the values that were rounded before they were put in.
        digits: significant ones, of all of them.
    """
    result = evaluate(formula, values)
    return half_unit(result, digits) + sum(
        abs(evaluate(formula, {**values, name: values[name] + half_unit(values[name], digits)}) - result)
        for name in names_in(formula)
        if name in rounded
    )


def half_unit(value: float, digits: int) -> float:
    """Return half a unit of the last of so many significant digits: what rounding can take away.

    >>> half_unit(0.01234, 4), half_unit(123.4, 4)
    (5e-06, 0.05)
    """
    power = floor(log10(abs(value))) if value else 0
    # as text, since 0.5 * 10.0**-5 is not the double nearest to 0.000005
    return float(f"5e{power - digits}")
