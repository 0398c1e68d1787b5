"""What came of checking a claim or a run: findings, each of which holds, is refuted, or cannot be judged here."""

from dataclasses import dataclass
from typing import Any

from ..errors import printable


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Args:
        name: what of.
        accepted: whether it holds; None where nothing refutes it and it cannot be judged here.
        text: what was found, for the user.
    """

    name: str
    accepted: bool | None
    text: str

    def __str__(self) -> str:
        return printable(f"{MARKS[self.accepted]:<7}  {self.name}: {self.text}")


MARKS = {True: "ok", False: "REFUTED", None: "UNKNOWN"}  # of an outcome


class Refuted(Exception):
    """A rule that a claim breaks, in a sentence."""


@dataclass(frozen=True)
class Verification:
    """What came of it.

    Args:
        subject: the claim's or the run's path.
        findings: in the order in which they were made.
    """

    subject: str
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool | None:
        """Whether all of it holds; None where nothing is refuted, and something cannot be judged here."""
        if self.refuted:
            return False
        return None if self.unjudged else True

    @property
    def refuted(self) -> list[Finding]:
        """What does not hold."""
        return [each for each in self.findings if each.accepted is False]

    @property
    def unjudged(self) -> list[Finding]:
        """What cannot be judged here, though nothing refutes it."""
        return [each for each in self.findings if each.accepted is None]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        rows = [vars(each) for each in self.findings]
        return {"subject": self.subject, "accepted": self.accepted, "verdict": self.verdict, "findings": rows}

    def __repr__(self) -> str:
        return f"<verification of {self.subject}: {self.verdict}>"

    @property
    def verdict(self) -> str:
        """What came of it, in words: what is refuted, else what cannot be judged here, by name."""
        words = {"refuted": self.refuted, "cannot be judged to the byte here": self.unjudged}
        for word, found in words.items():
            if found:
                return f"{word}: {', '.join(dict.fromkeys(each.name for each in found))}"
        return "accepted"
