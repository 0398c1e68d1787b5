"""What a check found, and how it says that something does not hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Args:
        name: what of.
        accepted: whether it holds.
        text: what was found, for the user.
    """

    name: str
    accepted: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok     ' if self.accepted else 'REFUTED'}  {self.name}: {self.text}"


class Refuted(Exception):
    """A rule that a claim breaks, in a sentence."""
