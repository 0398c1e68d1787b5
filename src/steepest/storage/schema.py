"""JSON from a stranger: read with bounds on everything, before anything of it is used.

    path -> bytes, at most so many -> JSON without tricks -> kinds with bounds -> values

A kind is a function that refuses a value which is none. No field decides how long anybody works: sizes are bounded
by the file's, and numbers by what a record can have.
"""

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from ..errors import IntegrityError, UserError, refuse_trouble
from .files import MOST_BYTES, read_bytes

Kind = Callable[[Any, str], None]  # takes a value and where it stands

DIGITS = 19  # of a whole number: no count or seed has more
WIDEST = 60  # characters of a value that is quoted
COUNT = 2**53  # above any count; beyond it a float holds no unit


class Misfit(ValueError):
    """Something that cannot stand where it stands; the message names the place."""


def misfit(where: str, value: Any, wanted: str) -> Misfit:
    """Return the error of a value that is of another kind than it must be."""
    return Misfit(f"{where or 'it'} is {_quoted(value)}, and must be {wanted}")


def read_json(path: Path, kind: Kind, what: str, most: int = MOST_BYTES) -> Any:
    """Return what a JSON file holds, once it is of a kind.

    Args:
        what: the file is, such as ``claim``.
        most: bytes that it may have.

    Raises:
        UserError: there is no such file, or it is no file.
        IntegrityError: it is too large, is no JSON, or something in it is of another kind.
    """
    try:
        found = _parsed(_content(path, what, most))
        kind(found, "")
    except Misfit as error:
        raise IntegrityError(f"{path} is damaged or no {what}: {error}.") from None
    except ValueError as error:
        if isinstance(error, UserError):
            raise
        raise IntegrityError(f"{path} is damaged or no {what}: it is no JSON ({error}).") from None
    except RecursionError:
        raise IntegrityError(f"{path} is damaged or no {what}: its JSON is nested too deep.") from None
    return found


def _content(path: Path, what: str, most: int) -> bytes:
    """Return a file's bytes; a pipe or a device is not waited for, and no more is read than may be there."""
    try:
        found = "a folder" if path.is_dir() else "a pipe or a device" if path.exists() else f"no {what}"
        if path.is_file():
            return read_bytes(path, most)
    except (OSError, ValueError) as error:
        refuse_trouble(error)
        said = getattr(error, "strerror", None) or error
        raise UserError(f"{path} cannot be opened: {said}. Give the path of a {what}.") from None
    if found.startswith("no"):
        raise UserError(f"There is {found} {path}.")
    raise UserError(f"{path} is {found}. Give the path of a {what}.")


def _parsed(content: bytes) -> Any:
    return json.loads(
        content.decode(),
        parse_int=_whole,
        parse_float=_float,
        parse_constant=_float,
        object_pairs_hook=_without_doubles,
    )


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise ValueError(f"the number {_shortened(text)} is beyond any that can be")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"the number {_shortened(text)} is not finite")
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {_quoted(twice)} comes twice")
    return found


def _shortened(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}..."


def _quoted(value: Any) -> str:
    """Return a value as an error quotes it; a large one by its size."""
    if isinstance(value, dict | list):
        kind = "a table" if isinstance(value, dict) else "a list"
        return f"{kind} of {len(value):,}"
    return "null" if value is None else _shortened(repr(value[: WIDEST + 1] if isinstance(value, str) else value))


# Kinds


def whole(low: int = 0, high: int = COUNT) -> Kind:
    """Return the kind of whole numbers from low to high."""

    def check(value: Any, where: str) -> None:
        if type(value) is not int or not low <= value <= high:
            raise misfit(where, value, f"a whole number from {low:,} to {high:,}")

    return check


def number(low: float, high: float) -> Kind:
    """Return the kind of finite numbers from low to high."""

    def check(value: Any, where: str) -> None:
        if type(value) not in (int, float) or not low <= value <= high:
            raise misfit(where, value, f"a number from {low:g} to {high:g}")

    return check


def text(most: int, form: str = "", called: str = "") -> Kind:
    """Return the kind of texts.

    Args:
        most: characters.
        form: a regular expression that the whole of it matches.
        called: the form in words.
    """
    wanted = called or f"text of at most {most:,} characters that can be written"

    def check(value: Any, where: str) -> None:
        if type(value) is not str or len(value) > most or not _is_writable(value):
            raise misfit(where, value, wanted)
        if form and not re.fullmatch(form, value):
            raise misfit(where, value, wanted)

    return check


def _is_writable(value: str) -> bool:
    """Say whether no half of a character is in it, and no end of a C string."""
    return "\0" not in value and (value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value))


def flag(value: Any, where: str) -> None:
    """Refuse what is neither true nor false."""
    if type(value) is not bool:
        raise misfit(where, value, "true or false")


def one_of(*values: Any) -> Kind:
    """Return the kind of values that are among these."""

    def check(value: Any, where: str) -> None:
        if not any(type(value) is type(each) and value == each for each in values):
            raise misfit(where, value, " or ".join("null" if v is None else str(v) for v in values))

    return check


def maybe(kind: Kind) -> Kind:
    """Return the kind of a value that may be null."""

    def check(value: Any, where: str) -> None:
        if value is not None:
            kind(value, where)

    return check


def rows(kind: Kind, most: int = COUNT, least: int = 0) -> Kind:
    """Return the kind of lists."""

    def check(value: Any, where: str) -> None:
        if type(value) is not list or not least <= len(value) <= most:
            raise misfit(where, value, f"a list{_counts(least, most)}")
        for place, each in enumerate(value):
            kind(each, f"{where}[{place}]")

    return check


def _counts(least: int, most: int) -> str:
    if most < COUNT:
        return f" of {least:,} to {most:,}"
    return f" of {least:,} or more" if least else ""


def table(key: Kind, kind: Kind, most: int = COUNT, least: int = 0) -> Kind:
    """Return the kind of tables whose keys are of one kind, and whose values are of another."""

    def check(value: Any, where: str) -> None:
        if type(value) is not dict or not least <= len(value) <= most:
            raise misfit(where, value, f"a table{_counts(least, most)}")
        for name, each in value.items():
            key(name, f"a key of {where or 'it'}")
            kind(each, _within(where, name))

    return check


def record(
    fields: Mapping[str, Kind], optional: Mapping[str, Kind] | None = None, more: Kind | None = None
) -> Kind:
    """Return the kind of tables with these fields.

    Args:
        optional: further ones, which may be missing.
        more: the kind of what else is there; None refuses it.
    """
    known = {**fields, **(optional or {})}

    def check(value: Any, where: str) -> None:
        if type(value) is not dict:
            raise misfit(where, value, "a table")
        for name in fields:
            if name not in value:
                raise Misfit(f"{_within(where, name)} is missing")
        for name, each in value.items():
            kind = known.get(name, more)
            if kind is None:
                raise Misfit(f"{_within(where, name)} is no field that can be there")
            kind(each, _within(where, name))

    return check


def _within(where: str, name: str) -> str:
    plain = name if name.isidentifier() and len(name) <= WIDEST else _quoted(name)
    return f"{where}.{plain}" if where else plain


def plain(depth: int, most: int) -> Kind:
    """Return the kind of whatever JSON holds.

    Args:
        depth: of lists and tables within each other.
        most: characters of a text.
    """
    word = text(most)

    def check(value: Any, where: str, left: int = depth) -> None:
        if isinstance(value, str):
            word(value, where)
        elif isinstance(value, dict | list):
            if not left:
                raise misfit(where, value, "nested less deep")
            for place, each in value.items() if isinstance(value, dict) else enumerate(value):
                word(str(place), f"a key of {where or 'it'}")
                check(each, _within(where, str(place)), left - 1)

    return check
