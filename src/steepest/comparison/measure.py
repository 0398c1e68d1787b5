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
    >>> STUDIES.counted(1), STUDIES.counted(12)
    ('1 study', '12 studies')
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
STUDIES = Measure(one="study", many="studies")
SEEDS = Measure(one="seed", many="seeds")
