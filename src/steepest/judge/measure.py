"""What is compared, and of what: the words and the unit in which a verdict is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """How differences are printed.

    Args:
        factor: what a difference is multiplied by for the reader.
        unit: what the product is called, in the plural; may be empty.
        digits: after the decimal point.
        one: what a single difference belongs to.
        many: its plural.

    >>> POINTS.told(0.0042), POINTS.signed(0.0042)
    ('0.42 points', '+0.42 points')
    >>> POINTS.counted(1), Measure(one="seed", many="seeds").counted(12)
    ('1 pair', '12 seeds')
    """

    factor: float = 100.0
    unit: str = "points"
    digits: int = 2
    one: str = "pair"
    many: str = "pairs"

    def told(self, value: float) -> str:
        """Return a size with its unit."""
        return f"{self.number(value)} {self.unit}".strip()

    def signed(self, value: float) -> str:
        """Return a difference with its sign and unit."""
        return f"{value * self.factor:+,.{self.digits}f} {self.unit}".strip()

    def number(self, value: float) -> str:
        """Return a difference without its unit."""
        return f"{value * self.factor:,.{self.digits}f}"

    def counted(self, n: int) -> str:
        """Return a number of pairs, studies or seeds."""
        return f"{n:,} {self.one if n == 1 else self.many}"


# a point is a hundredth of accuracy: 0.971 is one point above 0.961
POINTS = Measure()


def chance(p: float) -> str:
    """Return a p-value for a reader.

    >>> chance(0.0625), chance(0.03125), chance(0.00000191), chance(0.99998)
    ('0.0625', '0.0312', '0.0000019', '1')
    """
    if p >= 1:
        return "1"
    if p < 1e-9:  # more digits would only be zeros
        return f"{p:.0e}"
    digits = 4 if p >= 0.001 else min(9, 2 - int(f"{p:e}".split("e")[1]) - 1)
    return f"{p:.{digits}f}".rstrip("0").removesuffix(".")
