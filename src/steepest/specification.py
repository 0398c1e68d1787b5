"""`name:key=value,key=value` as users write it, read into a name and typed values.

The same text works on the command line, in TOML and in Python, for optimizers, schedules and augmentations:
``adam:beta1=0.8,eps=1e-7``; ``my_rule.py:MyRule:rho=0.1`` names a class in the user's own file, and ``a of b`` a
rule around a rule. Whoever hashes a file and whoever loads it reads its name here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .errors import UserError, spelled

Value = bool | int | float | str
WRAPS = " of "
LONGEST = 10_000  # characters of a text: what a stranger wrote is to be read in no time
# A part of a chain, from the left: a plain name, else as little as ends in `.py:Class`; settings have a `=`.
_PART = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]*(?<!\.py)|(?P<file>.+?\.py):[A-Za-z_]\w*)"
    r"(?::(?P<settings>(?![\\/])[^=]*=.*?))?(?<!\s)(?P<end>\s+of\s+|\s*\Z)",  # white space is tried once
    re.DOTALL,
)
_FILE_CLASS = re.compile(r"(.+\.py):([A-Za-z_]\w*)", re.DOTALL)


class Foreign(str):
    """A text that stands in a file, and not what the user typed: the code that it names is run once confirmed.

    Args:
        where: what to call the file that it stands in.
        recorded: SHA-256 by path of the files that it named when it was written, where that is known.
    """

    where: str
    recorded: Mapping[str, str]

    def __new__(cls, text: str, where: str = "", recorded: Mapping[str, str] | None = None) -> Self:
        """Return the text, marked."""
        made = super().__new__(cls, text)
        made.where, made.recorded = where, recorded or {}
        return made


def like(source: str, text: str) -> str:
    """Return a text that was made of another one: foreign where that is."""
    return Foreign(text, source.where, source.recorded) if isinstance(source, Foreign) else text


@dataclass(frozen=True)
class Specification:
    """A name and its settings, as written.

    >>> Specification.parse("adam:beta1=0.8,nesterov=true")
    Specification(name='adam', settings={'beta1': 0.8, 'nesterov': True})
    >>> str(Specification.parse("my rule.py:MyRule:k=4"))
    'my rule.py:MyRule:k=4'
    """

    name: str
    settings: dict[str, Value]

    @classmethod
    def parse(cls, text: str) -> "Specification":
        """Read ``name`` or ``name:key=value,...``; a file's class keeps its colon in the name.

        Raises:
            UserError: a setting is not of the form key=value, or is given twice, or there are several parts.
        """
        first, *more = cls.chain(text)
        if more:
            raise UserError(
                f"`{text}` names {len(more) + 1} things, of which one is wanted here. Leave `of` away."
            )
        return first

    @classmethod
    def chain(cls, text: str) -> "list[Specification]":
        """Read ``a:k=1 of b of my_rule.py:Mine``: the outermost first.

        Raises:
            UserError: as of ``parse``.
        """
        return [cls(like(text, part.name), _settings(part.settings, text)) for part in _parts(text)]

    @property
    def file(self) -> Path | None:
        """The file of ``file.py:Class`` as it was named; None for a plain name."""
        found = _FILE_CLASS.fullmatch(self.name)
        return Path(found[1]) if found else None

    def __str__(self) -> str:
        pairs = ",".join(f"{key}={_written(value)}" for key, value in self.settings.items())
        return f"{self.name}:{pairs}" if pairs else self.name


@dataclass(frozen=True)
class _Part:
    """A part of a chain, as it was written; ``start`` and ``end`` are where its name lies in the text."""

    name: str
    settings: str
    start: int
    end: int


def _parts(text: str) -> list[_Part]:
    if len(text) > LONGEST:
        raise UserError(
            f"`{text[:60]}...` has {len(text):,} characters; a name and its settings have {LONGEST:,}."
        )
    found, place = [], len(text) - len(text.lstrip())
    while True:
        part = _PART.match(text, place)
        if part is None:  # it is no name: a notation, or what a table will refuse
            stop = text.find(WRAPS, place)
            name = text[place : stop if stop >= 0 else None].rstrip()
            found.append(_Part(name, "", place, place + len(name)))
            place = stop + len(WRAPS)
            if stop < 0:
                break
        else:
            found.append(_Part(part["name"], part["settings"] or "", *part.span("name")))
            place = part.end()
            if not part["end"].strip():
                break
    if not all(part.name for part in found):
        raise UserError(f"`{text}` names nothing. Write a name, or name:key=value.")
    return found


def _settings(written: str, text: str) -> dict[str, Value]:
    settings: dict[str, Value] = {}
    for part in filter(None, written.split(",")):
        key, equals, value = part.partition("=")
        key = key.strip()
        if not equals or not key or not value.strip():
            raise UserError(f"`{part}` in `{text}` is no setting. Write key=value, with commas between.")
        if key in settings:
            raise UserError(f"`{key}` is given twice in `{text}`.")
        settings[key] = read_value(value)
    return settings


def read_value(text: str) -> Value:
    """Return text as a boolean, integer or float where it reads as one, else as it is.

    >>> read_value("1e-3"), read_value("4"), read_value("true"), read_value("linear")
    (0.001, 4, True, 'linear')
    """
    text = text.strip()
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_known_spelling(text: str, known: Iterable[str]) -> str:
    """Return a specification, or several, with each name as its table spells it.

    >>> in_known_spelling("SAM:rho=0.1 of Momentum", ["sam", "momentum"])
    'sam:rho=0.1 of momentum'
    """
    known = list(known)

    def known_as(name: str) -> str:
        head, colon, rest = name.partition(":")
        return (spelled(head, known) or head) + colon + rest

    return with_names(text, known_as)


def with_names(text: str, change: Callable[[str], str]) -> str:
    """Return text with the name of each part changed, and all else as it was written."""
    for part in reversed(_parts(text)):
        text = like(text, text[: part.start] + change(part.name) + text[part.end :])
    return text


def is_file_class(text: str) -> bool:
    """Say whether a text, or a part of it, names a class as ``file.py:Class``.

    >>> is_file_class("my rule.py:MyRule"), is_file_class("sam of my_rule.py:MyRule:k=3"), is_file_class("adam")
    (True, True, False)
    """
    return bool(files_of(text))


def with_absolute_files(text: str, folder: Path | None = None) -> str:
    """Return text with each ``file.py:`` in it as an absolute path, so that it holds in every folder.

    Args:
        folder: where relative ones are looked for; None takes the current one.

    Raises:
        UserError: a folder on the way is called so that the path reads as something else.

    >>> with_absolute_files("/a b/net.py:Net:k=1e-7"), with_absolute_files("adam:beta1=0.80")
    ('/a b/net.py:Net:k=1e-7', 'adam:beta1=0.80')
    """

    placed: list[Path] = []

    def absolute(name: str) -> str:
        found = _FILE_CLASS.fullmatch(name)
        if not found:
            return name
        placed.insert(0, (folder or Path()).joinpath(expanded(found[1])).absolute())  # the last part comes first
        return f"{placed[0]}:{found[2]}"

    made = with_names(text, absolute)
    if files_of(made) != placed:
        paths = ", ".join(map(str, placed))
        raise UserError(f"{paths} would be read as something else after a `.py:`. Give its folder another name.")
    return made


def with_short_files(text: str) -> str:
    """Return text with each file's name without its folders.

    >>> with_short_files("ema:decay=0.50 of /a b/net.py:Net")
    'ema:decay=0.50 of net.py:Net'
    """
    return with_names(text, lambda name: re.sub(r".*[\\/](?=[^\\/]*\.py:\w+\Z)", "", name, flags=re.DOTALL))


def files_of(text: str) -> list[Path]:
    """Return the files that a text names as ``file.py:Class``, in its order.

    >>> [path.name for path in files_of("lookahead of my rule.py:MyRule:k=3")], files_of("adam")
    (['my rule.py'], [])
    """
    found = (_FILE_CLASS.fullmatch(part.name) for part in _parts(text))
    return [expanded(each[1]) for each in found if each]


def expanded(path: Path | str) -> Path:
    """Return a path with a ``~`` replaced by the home it means, where that is known."""
    try:
        return at_home(path)
    except UserError:  # of nobody here
        return Path(path)


def at_home(path: Path | str) -> Path:
    """Return a path with a ``~`` replaced by the home it means.

    Raises:
        UserError: nobody of that name has a home here.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(
            f"The path {path} begins with ~, and nobody of that name has a home here. Write the path out."
        ) from error
