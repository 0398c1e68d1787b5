"""A worked table: cells that each know their formula, in symbols and in numbers; and its check.

given + lines -> work -> Table of cells -> check against the machine's values -> Check
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan

from ..lazy import brief, html_of
from .formula import Values, evaluate, is_sum, label, numbers, spelled, substituted, symbols

# 53 bits of a double are 16 digits; two orders of summing a few hundred terms differ by a few hundred last bits
TOLERANCE = 1e-12
LONGEST_CHAIN = 400  # characters: what is longer says nothing that its factors do not


@dataclass(frozen=True)
class Line:
    """One line of a calculation: a name and the formula that gives it.

    Args:
        name: as later lines call it.
        formula: over names that come before it.
        group: the part of the calculation, such as ``forward``.
        chain: the derivative as a product of derivatives, ``dE/dw5 = dE/do1 · do1/dw5``, without its left side.
    """

    name: str
    formula: str
    group: str = ""
    chain: str = ""


@dataclass(frozen=True)
class Cell:
    """One worked value.

    >>> cell = Cell(Line("h1", "w1 * i1"), "0.15 × 0.05", 0.0075)
    >>> print(cell)
    h1 = w1 × i1 = 0.15 × 0.05 = 0.0075
    """

    line: Line
    numbers: str
    value: float

    @property
    def name(self) -> str:
        """As formulas call it."""
        return self.line.name

    @property
    def label(self) -> str:
        """As one writes it: ``dE/dw1``."""
        return label(self.line.name)

    @property
    def symbols(self) -> str:
        """Its formula as one writes it."""
        return symbols(self.line.formula)

    def __str__(self) -> str:
        steps = [self.label, self.line.chain, self.symbols, self.numbers, spelled(self.value, 9)]
        kept = [each for i, each in enumerate(steps) if each and each not in steps[:i]]
        return " = ".join(kept)


@dataclass(frozen=True)
class Table:
    """What was given, and what was worked out from it, in order.

    >>> table = work({"w": 2.0, "x": 3.0}, [Line("y", "w * x"), Line("E", "y**2 / 2")])
    >>> print(table["E"])
    E = y² / 2 = 6² / 2 = 18
    """

    given: Mapping[str, float]
    cells: tuple[Cell, ...]

    def __repr__(self) -> str:
        return brief(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    @cached_property
    def values(self) -> dict[str, float]:
        """Every value by name, given and worked out."""
        return {**self.given, **{cell.name: cell.value for cell in self.cells}}

    @cached_property
    def _by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.cells}

    def __getitem__(self, name: str) -> Cell:
        return self._by_name[name]

    def written_out(self, name: str) -> str:
        """Return a derivative's formula with every derivative in it replaced by its own, else ''.

        What remains are the values of the forward pass; '' where the result is too long to be read.
        """
        formula = self._without_derivatives(self[name].line.formula)
        return formula if len(formula) <= LONGEST_CHAIN else ""

    def _without_derivatives(self, formula: str) -> str:
        def replace(inner: str) -> str:
            cell = self._by_name.get(inner)
            if cell is None or label(inner) == inner:
                return inner
            written = self._without_derivatives(cell.line.formula)
            return f"({written})" if is_sum(written) else written

        return substituted(formula, replace) if len(formula) <= LONGEST_CHAIN else formula


def work(given: Mapping[str, float], lines: Iterable[Line]) -> Table:
    """Return the table of lines worked out one after the other.

    Raises:
        UserError: a line cannot be worked out.
    """
    values = dict(given)
    cells = []
    for line in lines:
        value = values[line.name] = evaluate(line.formula, values)
        cells.append(Cell(line, numbers(line.formula, values), value))
    return Table(dict(given), tuple(cells))


@dataclass(frozen=True)
class Deviation:
    """One value by hand beside the machine's."""

    name: str
    by_hand: float
    by_machine: float

    @property
    def size(self) -> float:
        """The difference: of values beyond 1 the relative one."""
        one, other = self.by_hand, self.by_machine
        if one == other or (isnan(one) and isnan(other)):
            return 0.0
        difference = abs(one - other) / max(1.0, abs(other))
        return difference if difference == difference else float("inf")  # noqa: PLR0124  # NaN


@dataclass(frozen=True)
class Check:
    """Every value that was held against the machine's.

    Args:
        deviations: one for each compared value.
        machine: what gave the other value, in words: ``torch autograd, float64``.
        unchecked: names of cells that the machine has no value for.
    """

    deviations: tuple[Deviation, ...]
    machine: str
    unchecked: tuple[str, ...] = ()

    @cached_property
    def largest(self) -> float:
        """The largest deviation; 0 where nothing was compared."""
        return max((each.size for each in self.deviations), default=0.0)

    @property
    def agrees(self) -> bool:
        """Whether every value agrees to ``TOLERANCE``, and there was one to compare."""
        return bool(self.deviations) and self.largest <= TOLERANCE

    def __str__(self) -> str:
        count = f"{len(self.deviations):,} of {len(self.deviations) + len(self.unchecked):,} values"
        verdict = "all agree" if self.agrees else "THEY DO NOT AGREE"
        return (
            f"check: {count} against {self.machine}: largest deviation {self.largest:.1e}, {verdict} "
            f"(to {TOLERANCE:.0e})"
        )

    def as_json(self) -> dict[str, object]:
        """Return the outcome as plain values."""
        return {
            "machine": self.machine,
            "compared": len(self.deviations),
            "unchecked": list(self.unchecked),
            "largest_deviation": self.largest,
            "agrees": self.agrees,
        }


def check(table: Table, machine_values: Mapping[str, float], machine: str) -> Check:
    """Return a table's cells beside the machine's values of the same names."""
    deviations, unchecked = [], []
    for cell in table.cells:
        if cell.name in machine_values:
            deviations.append(Deviation(cell.name, cell.value, machine_values[cell.name]))
        else:
            unchecked.append(cell.name)
    return Check(tuple(deviations), machine, tuple(unchecked))


def joined(checks: Iterable[Check]) -> Check:
    """Return several checks against the same machine as one."""
    every = list(checks)
    machine = every[0].machine if every else "nothing"
    deviations = tuple(each for one in every for each in one.deviations)
    return Check(deviations, machine, tuple(name for one in every for name in one.unchecked))


# The published first row of the 2-2-2 worksheet. Its dE/dw3 and dE/dw4 are wrong in the seventh decimal: the sheet
# took the slope at h2 from a_h1. The slip carries into its second row.
DIGITS = 9  # decimals that were printed
FIRST_ROW: dict[str, float] = {
    "h1": 0.0275,
    "a_h1": 0.506874567,
    "h2": 0.0425,
    "a_h2": 0.510623401,
    "o1": 0.432530357,
    "a_o1": 0.606477732,
    "o2": 0.534280154,
    "a_o2": 0.630480835,
    "E1": 0.005668754,
    "E2": 0.008512624,
    "E": 0.014181378,
    "dE_dw1": 0.000316993,
    "dE_dw2": 0.000633987,
    "dE_dw3": 0.000351869,
    "dE_dw4": 0.000703737,
    "dE_dw5": 0.012880819,
    "dE_dw6": 0.012976085,
    "dE_dw7": 0.015408348,
    "dE_dw8": 0.015522308,
}
# E in row 68, after 67 updates, for each learning rate: recomputed without the slip
LAST_ERROR: dict[float, float] = {
    0.1: 0.00957214,
    0.2: 0.00636997,
    0.5: 0.00178202,
    0.8: 0.000478649,
    1.0: 0.000196838,
    2.0: 2.09236e-06,
    1000.0: 0.249997,
}


def differing(values: Values) -> tuple[str, ...]:
    """Return which published digits a first row does not give.

    >>> from .backpropagation import backprop
    >>> from .dense import DEFAULT
    >>> differing(backprop(DEFAULT).rows[0].values)
    ('dE_dw3', 'dE_dw4')
    """
    return tuple(name for name, said in FIRST_ROW.items() if round(values[name], DIGITS) != round(said, DIGITS))
