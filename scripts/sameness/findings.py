"""What was compared and how it differs, and what a side's own paths are called."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Findings:
    """What was compared, and what came of it.

    Args:
        compared: how many of each kind: files, tensors, values, lines, pictures, codes.
        equal: how many of them are the same.
        differences: a line each.
        added: what only the newer side has, where that is no difference.
        apart: what may differ, and does.
        codes: how many calls of the older side ended with each exit code.
    """

    compared: Counter[str] = field(default_factory=Counter)
    equal: int = 0
    differences: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    def note(self, kind: str, difference: str | None = None) -> None:
        """Count one thing that was compared, with the line that says how it differs."""
        self.compared[kind] += 1
        if difference is None:
            self.equal += 1
        else:
            self.differences.append(difference)

    def take(self, other: "Findings", where: str) -> None:
        """Add the findings about one call or file."""
        self.compared += other.compared
        self.equal += other.equal
        self.codes += other.codes
        begin = f"{where}: " if where else ""
        self.differences += [begin + each for each in other.differences]
        self.added += [begin + each for each in other.added]
        self.apart += [begin + each for each in other.apart]


TREE = "TREE"  # stands for a side's checkout
# Files of the package may move; which class of one is meant stands behind it.
OF_THE_PACKAGE = re.compile(rf"{TREE}/src/steepest/[\w/.-]*\.py\b")


@dataclass(frozen=True)
class Places:
    """What a side's paths are called, so that both sides' are the same.

    Args:
        names: by path: nothing for the folder of a call, since a path may be told from there or in full.
    """

    names: Mapping[str, str]

    def hidden(self, text: str) -> str:
        """Return text without this side's own paths.

        >>> Places({"/tmp/old": ""}).hidden("in /tmp/old/runs/a and /tmp/older")
        'in runs/a and /tmp/older'
        >>> Places({"/tmp/old": TREE}).hidden("/tmp/old/src/steepest/experiments/blind.py:Rule")
        'PACKAGE.py:Rule'
        """
        for path in sorted(self.names, key=len, reverse=True):  # one may lie within another
            name = self.names[path]
            text = re.sub(re.escape(path) + r"/(?=\w)", f"{name}/" if name else "", text)
            text = re.sub(re.escape(path) + r"(?![\w-])", name or ".", text)
        return OF_THE_PACKAGE.sub("PACKAGE.py", text)


Pair = tuple[Places, Places]  # of the older side and of the newer one
