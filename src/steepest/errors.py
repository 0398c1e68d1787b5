"""Every error that steepest raises on purpose, and the exit code each one ends a command with.

SteepestError                      1   our fault
├── UserError (ValueError)         2   what was asked cannot be done; one line says what can
│   ├── UnknownName                    a name that is in no table, with the nearest ones
│   ├── NotationError                  a model's text; points at the token
│   ├── ShapeError                     sizes that do not fit, with the arithmetic
│   ├── DataError                      images or labels that cannot be used
│   └── MissingDataset                 neither in the cache nor to be fetched
├── IntegrityError                 3   a file that is damaged or is not what it says
├── DivergedError                  4   the loss became NaN or infinite
└── StoppedError                  75   stopped, and can be resumed
"""

import errno
from collections.abc import Iterable
from difflib import get_close_matches

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # of an OSError: make room, and go on


class SteepestError(Exception):
    """The root: catch it to catch everything that steepest raises on purpose."""

    exit_code = 1


class UserError(SteepestError, ValueError):
    """What was asked cannot be done; the message says what came and what is possible."""

    exit_code = 2


class UnknownName(UserError):
    """A name that its table does not hold.

    Args:
        kind: what the name names, with its article: ``"an optimizer"``.
        name: what came.
        known: every name the table holds.
        hint: one more sentence, such as where the table can be seen.

    >>> print(UnknownName("optimizer", "adm", ["adam", "sgd"]))
    No optimizer is called `adm`. Did you mean `adam`?
    >>> print(UnknownName("optimizer", "zzz", ["adam", "sgd"]))
    No optimizer is called `zzz`. Known: adam, sgd.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        known = list(known)
        near = get_close_matches(name.lower(), known, n=3, cutoff=0.6)
        if near:
            advice = "Did you mean " + " or ".join(f"`{each}`" for each in near) + "?"
        else:
            advice = "Known: " + ", ".join(known) + "."
        super().__init__(" ".join(filter(None, [f"No {kind} is called `{name}`.", advice, hint])))
        self.name = name


class NotationError(UserError):
    """A model's text that cannot be read; the message holds the text and a caret under the token."""

    def __init__(self, message: str, text: str, position: int, length: int = 1) -> None:
        pointer = " " * position + "^" * max(1, length)
        super().__init__(f"{message}\n  {text}\n  {pointer}")
        self.position = position


class ShapeError(UserError):
    """Sizes that do not fit together; the message holds the arithmetic."""


class DataError(UserError):
    """Images, labels or a folder that cannot be used as asked."""


class MissingDataset(UserError):
    """A dataset that is neither in the cache nor can be fetched; the message lists the ways out."""


class IntegrityError(SteepestError):
    """A file that is damaged, truncated, or whose content is not what it claims to be."""

    exit_code = 3


class DivergedError(SteepestError):
    """The loss became NaN or infinite; the message says when, and what to try."""

    exit_code = 4


class StoppedError(SteepestError):
    """Work was stopped before its end and can be resumed."""

    exit_code = 75
