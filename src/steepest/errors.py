"""Every error that steepest raises on purpose, the exit code each one ends a command with, and "did you mean".

SteepestError                      1   our fault
├── UserError (ValueError)         2   what was asked cannot be done; one line says what can
│   ├── UnknownName                    a name that is in no table, with the nearest ones
│   ├── NotationError                  a model's text; points at the token
│   ├── ShapeError                     sizes that do not fit, with the arithmetic
│   ├── DataError                      images or labels that cannot be used
│   └── MissingDataset                 neither in the cache nor to be fetched
├── IntegrityError                 3   a file that is damaged or is not what it says
├── DivergedError                  4   the loss became NaN or infinite
├── CannotBeJudgedHere             5   nothing refutes it, and this machine cannot confirm it
├── StoppedError                  75   stopped, and can be resumed
└── Interrupted                  130   somebody pressed Ctrl-C
"""

import errno
import os
import re
from collections.abc import Iterable

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of an OSError: make room, and go on
OF_THE_MACHINE = (
    *DISK_FULL,
    errno.EIO,
    errno.ENOMEM,
    errno.EMFILE,
    errno.ENFILE,
)  # nobody asked for the wrong thing
OUT_OF_MEMORY = re.compile(
    "can't allocate|cannot allocate|not enough memory|out of memory|bad_alloc|failed to map", re.IGNORECASE
)  # as torch says it
INTERRUPTED = 130
# with which a spreadsheet's formula begins, in some also at full width, but for a negative number
FORMULAS, NEGATIVE = tuple("=+-@|＝＋－＠"), re.compile(r"-[0-9.]+(e[+-]?[0-9]+)?|-inf")
LONGEST_NAME = 60  # characters of a name that is repeated and looked up
WINDOW = 400  # characters of a model's text that are repeated: several lines, and more than any named model's
EXIT_CODES = {
    0: "done",
    1: "our fault",
    2: "yours (one line)",
    3: "a damaged file",
    4: "training diverged",
    5: "cannot be judged here",
    75: "stopped but resumable (SIGTERM, SIGHUP, a full disk)",
    INTERRUPTED: "Ctrl-C",
}
"""What each code says that a command ends with; README and ``steepest --help`` are held to it."""

JOINERS = "\u200c\u200d"  # invisible, but some scripts and emoji are misspelled without them

OTHER_WORDS = {  # what other programs call our settings, verbs and splits
    "image_size": "imgsz imgsize",
    "lr": "lr0 learningrate",
    "batch_size": "batch bs",
    "model": "arch architecture net network",
    "data": "dataset",
    "val": "valsplit valfraction validationsplit",
    "validation": "val valid dev",
    "optimizer": "opt optim solver",
    "schedule": "scheduler lrscheduler lrschedule",
    "epochs": "nepochs numepochs maxepochs",
    "weight_decay": "wd l2",
    "augment": "augmentation transform transforms",
    "patience": "earlystopping",
    "out": "output outdir savedir project",
    "train": "fit",
    "evaluate": "test val eval score validate",
    "predict": "infer inference classify",
    "fashion-mnist": "fmnist",
}


def exit_codes_sentence() -> str:
    """Return the table of exit codes as one sentence, as README and the help say it."""
    return "Exit codes: " + ", ".join(f"{code} {word}" for code, word in EXIT_CODES.items()) + "."


def trouble(error: BaseException) -> str | None:
    """Return what the machine lacked, and what helps; None where an error is no such trouble.

    >>> trouble(OSError(28, "No space left on device")), trouble(ValueError("x"))
    ('The disk is full. Make room.', None)
    """
    said = str(error) if isinstance(error, RuntimeError | ImportError) else ""
    if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(said):
        return "There is not enough memory. Leave more, or ask for less: a smaller --batch-size or model."
    number = (
        error.errno if isinstance(error, OSError) else errno.EMFILE if os.strerror(errno.EMFILE) in said else None
    )
    if number not in OF_THE_MACHINE:
        return None
    if number == errno.EFBIG:
        return "A file would become larger than is allowed here. See `ulimit -f`."
    if number in DISK_FULL:
        return "The disk is full. Make room."
    if number in {errno.EMFILE, errno.ENFILE}:
        return "Too many files are open. See `ulimit -n`."
    return trouble(MemoryError()) if number == errno.ENOMEM else f"The system says: {os.strerror(number)}."


def refuse_trouble(error: BaseException) -> None:
    """Raise an error again that says what the machine lacks: it blames no file and nobody's word.

    Where it was taken for a damaged picture, a folder was read without the picture.
    """
    if trouble(error) is not None:
        raise error


def find_name(kind: str, name: str, known: Iterable[str], hint: str = "") -> str:
    """Return a name as its table spells it, whatever its case.

    Args:
        kind, name, known, hint: as of ``UnknownName``.

    Raises:
        UnknownName: the table does not hold it.

    >>> find_name("optimizer", "Adam", ["adam", "sgd"])
    'adam'
    """
    known = list(known)
    found = spelled(name, known)
    if found is None:
        raise UnknownName(kind, name, known, hint)
    return found


def spelled(name: str, known: Iterable[str]) -> str | None:
    """Return a name as its table spells it, whatever its case, or None where the table has it not."""
    alike = [each for each in known if each.casefold() == name.casefold()]
    return name if name in alike else next(iter(alike), None)


def nearest_names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that were probably meant, the nearest first; none where nothing is near.

    A name is near if it is another program's word for it, if one or two slips of the fingers lead there, or
    if one of both begins with the other. Case, hyphens and underscores do not count.

    >>> nearest_names("imgsz", ["model", "image_size"]), nearest_names("sdg", ["adam", "sgd"])
    (['image_size'], ['sgd'])
    >>> nearest_names("muon", ["mnist", "momentum"])
    []
    """
    asked, plain = _plain(name), {each: _plain(each) for each in known}
    ours = [_plain(key) for key, words in OTHER_WORDS.items() if asked in words.split()]
    if meant := [each for each, word in plain.items() if word in ours]:
        return meant[:most]
    allowed = 0 if len(asked) < 3 else 1 if len(asked) < 8 else 2
    ranks = {each: _slips(asked, word) for each, word in plain.items()}
    for each, word in plain.items():
        shorter, longer = sorted((asked, word), key=len)
        if len(shorter) >= 2 and longer.startswith(shorter):
            ranks[each] = min(ranks[each], allowed)
    return sorted((each for each in ranks if ranks[each] <= allowed), key=ranks.__getitem__)[:most]


def _plain(name: str) -> str:
    return name.casefold().translate(dict.fromkeys(map(ord, "-_ ")))


def _slips(one: str, other: str) -> int:
    """Return how many letters to add, drop, change or swap with a neighbour until one text is the other."""
    before: list[int] = []
    last, letter_before = list(range(len(other) + 1)), ""
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != wanted))
            if column > 1 and letter == other[column - 2] and letter_before == wanted:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last, letter_before = last, now, letter
    return last[-1]


def cell_text(text: str) -> str:
    """Return text as a cell of a CSV that no spreadsheet works out: with an apostrophe where one would.

    >>> cell_text("=1+1"), cell_text("-0.5"), cell_text("cat")
    ("'=1+1", '-0.5', 'cat')
    """
    runs = text.lstrip().startswith(FORMULAS) or text[:1].isspace()
    return f"'{printable(text)}" if runs and not NEGATIVE.fullmatch(text) else printable(text)


def printable(text: object) -> str:
    r"""Return text in which nothing invisible is left: control characters are written out.

    Names of classes and files come from strangers' folders. An escape sequence could rewrite the terminal, a
    right-to-left mark could reverse a line, and half a character cannot be encoded at all.

    >>> printable("cat\x1b[2J")
    'cat\\x1b[2J'
    """
    return "".join(each if each.isprintable() or each in JOINERS else _written_out(each) for each in str(text))


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()


def printable_lines(text: object) -> str:
    r"""Return a message in which nothing invisible is left but our own breaks of lines.

    Those come at its beginning, or before two blanks. A line that a stranger's name broke could pass for one of
    ours.

    >>> print(printable_lines("`a\nsteepest: b` is:\n  no side"))
    `a\nsteepest: b` is:
      no side
    """
    message = str(text)
    own = message.lstrip("\n")
    return "\n" * (len(message) - len(own)) + "\n  ".join(map(printable, own.split("\n  ")))


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
        if len(name) > LONGEST_NAME:  # no slip of the fingers; and each letter would be compared with all
            name = f"{name[:LONGEST_NAME]}.. ({len(name):,} characters)"
            near = []
        else:
            near = nearest_names(name, known)
        if near:
            advice = "Did you mean " + " or ".join(f"`{each}`" for each in near) + "?"
        else:
            advice = "Known: " + ", ".join(known) + "."
        super().__init__(" ".join(filter(None, [f"No {kind} is called `{name}`.", advice, hint])))
        self.name = name


class NotationError(UserError):
    """A model's text that cannot be read; the message holds the text around the token, and a caret under it."""

    def __init__(self, message: str, text: str, position: int, length: int = 1) -> None:
        start = max(0, position - WINDOW // 2) if len(text) > WINDOW else 0
        before, after = "..." * (start > 0), "..." * (start + WINDOW < len(text))
        window = before + printable(text[start : start + WINDOW]) + after
        ahead = len(before) + len(printable(text[start:position]))
        token = len(printable(text[position : min(position + length, start + WINDOW)]))
        super().__init__(f"{message}\n  {window}\n  {' ' * ahead}{'^' * max(1, token)}")
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


class CannotBeJudgedHere(SteepestError):
    """What was to be checked is refuted by nothing, and this machine or program cannot confirm it."""

    exit_code = 5


class StoppedError(SteepestError):
    """Work was stopped before its end and can be resumed."""

    exit_code = 75


class Interrupted(SteepestError):
    """Somebody pressed Ctrl-C, and the command ends."""

    exit_code = INTERRUPTED
