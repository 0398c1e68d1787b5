"""How numbers and names are spelled, the same in the terminal, the report and a notebook."""

from math import isfinite

JOINERS = "\u200c\u200d"  # invisible, but some scripts and emoji are misspelled without them


def percent(share: float, digits: int = 2) -> str:
    """Return a fraction in [0, 1] as percent.

    >>> percent(0.976)
    '97.60%'
    """
    return f"{share:.{digits}%}"


def interval_text(interval: tuple[float, float]) -> str:
    """Return the ends of an interval of fractions.

    >>> interval_text((0.9646, 0.9838))
    '96.46% to 98.38%'
    """
    return f"{percent(interval[0])} to {percent(interval[1])}"


def duration(seconds: float) -> str:
    """Return seconds as a person would say them.

    >>> duration(4.218), duration(75), duration(3725)
    ('4.2 s', '1 min 15 s', '1 h 2 min')
    """
    if seconds < 59.95:  # what would round to 60.0 s is a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def number(value: float, digits: int = 4) -> str:
    """Return a number with fixed digits, and NaN or infinity in words.

    >>> number(0.08123), number(float("nan"))
    ('0.0812', 'not a number')
    """
    if isfinite(value):
        return f"{value:.{digits}f}"
    return "not a number" if value != value else "infinite"  # noqa: PLR0124  # only NaN is not itself


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "image"), counted(2500, "image"), counted(2, "class", "classes")
    ('1 image', '2,500 images', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def printable(text: object) -> str:
    r"""Return text in which nothing invisible is left: control characters are written out.

    Names of classes and files come from strangers' folders. An escape sequence could rewrite the terminal, a
    right-to-left mark could reverse a line, and half a character cannot be encoded at all.

    >>> printable("cat\x1b[2J")
    'cat\\x1b[2J'
    """
    return "".join(
        each if each.isprintable() or each in JOINERS else _written_out(each) for each in str(text)
    )


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()
