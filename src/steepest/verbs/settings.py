"""What a call or a command gives, made into what a verb takes; nothing heavy is imported here."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from shlex import quote
from typing import Any, ParamSpec, TypeVar

from ..config import Config, fitted, read_toml
from ..errors import UnknownName, UserError
from ..specification import files_of
from ..usercode import allow_foreign, foreign

SETTINGS = tuple(each.name for each in fields(Config))
CONTINUES = re.compile(r"\s*[A-Za-z_]\w*=")  # `eps=1e-7` names no side: it belongs to the one before
ALL, REPRODUCTIONS = "all", Path("reproductions")  # every experiment, and where their pages go
ROOMS = ("byhand", "data", "optimizers")  # whose verbs are theirs
Words = ParamSpec("Words")
Answer = TypeVar("Answer")


def takes(*more: str, kinds: bool = True) -> Callable[[Callable[Words, Answer]], Callable[Words, Answer]]:
    """Let a verb refuse with a sentence what it does not take.

    Args:
        more: names that it takes besides its parameters, by its ``**``.
        kinds: whether a value must be of its parameter's plain kind; else it may be what acts alike.

    Raises:
        UnknownName: from the verb: no argument is called so.
        UserError: from the verb: an argument is missing, or is of another kind.
    """

    def checked(verb: Callable[Words, Answer]) -> Callable[Words, Answer]:
        signature, room = inspect.signature(verb), verb.__module__.rpartition(".")[2]
        name = f"steepest.{room}.{verb.__name__}" if room in ROOMS else f"steepest.{verb.__name__}"
        own = [each.name for each in signature.parameters.values() if each.kind != each.VAR_KEYWORD]

        @wraps(verb)
        def call(*given: Words.args, **named: Words.kwargs) -> Answer:
            known = dict.fromkeys([*own, *more])
            for each in named:
                if each not in known:
                    raise UnknownName(f"argument of {name}", each, known)
            try:
                bound = signature.bind(*given, **named).arguments
            except TypeError as error:
                raise UserError(f"{name}: {error}.") from None
            if kinds:
                fit({key: value for key, value in bound.items() if key in own}, verb)
            return verb(*given, **named)

        return call

    return checked


def fit(values: Mapping[str, Any], function: Callable[..., Any]) -> None:
    """Refuse values of another kind than a function declares for the parameters of these names.

    Raises:
        UserError: names the parameter, what came and what is possible.
    """
    declared = inspect.signature(function).parameters  # an annotation that is text takes everything
    for name, value in values.items():
        fitted(name, value, declared[name].annotation)


def path_or_none(given: Path | str | None) -> Path | None:
    """Return a place as a path; None, or nothing at all, is none."""
    return Path(given) if given else None


def config_from(
    config: Config | Path | str | None,
    settings: Mapping[str, Any],
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> Config:
    """Return defaults, overlaid by a config or a TOML file's values, overlaid by the settings given.

    Args:
        allow_code: confirm the code that the file names; what the settings name is the user's own word.
        note: takes a line for each file of code that is confirmed so.

    Raises:
        UserError: the file or a value cannot be used.
    """
    if isinstance(config, Config):
        made = Config.of({**config.to_dict(), **settings})
    else:
        below = foreign(read_toml(Path(config)), config) if config else {}
        made = Config.of({**below, **settings}, str(config) if config else "the settings")
    if allow_code:
        allow_foreign(made.to_dict(), note)
    return made


def sides_from(
    sides: Sequence[str] | str,
    against: Sequence[str] | str | None,
    vary: str,
    candidate: str | None,
    settings: Mapping[str, Any],
) -> list[str]:
    """Return the texts of all sides; ``settings`` were given by name for all of them.

    Raises:
        UserError: the optimizer is given as a setting of all while optimizers are compared, or nobody is against
            anybody.
    """
    if vary == "optimizer" and "optimizer" in settings:
        raise UserError("The sides are optimizers here: leave --optimizer out, or give --vary.")
    if against is not None and candidate is None:
        raise UserError("--against needs --candidate: the side that the claim is about.")
    return [*separated(sides), *separated(against or "")]


def separated(texts: Sequence[str] | str) -> list[str]:
    """Return sides from a list with commas, some of which belong to a side's own settings.

    A comma in the path of a file that is there belongs to the path.

    >>> separated("sgd,adam:beta1=0.8,eps=1e-7,sam of sgd@lr=0.1")
    ['sgd', 'adam:beta1=0.8,eps=1e-7', 'sam of sgd@lr=0.1']
    """
    if not isinstance(texts, str):
        return list(texts)
    found: list[str] = []
    left = texts.split(",")
    while left:
        count = _words_of_a_path(left)
        part, left = ",".join(left[:count]).strip(), left[count:]
        if found and CONTINUES.match(part):
            found[-1] += f",{part}"
        elif part:
            found.append(part)
    return found


def takes_no_setting(resume: Path | str, name: str) -> UserError:
    """Return the error of other settings beside a run to go on with; ``name`` is what it was given as."""
    here = next((each for each in (Path(resume), Path("runs", resume)) if each.is_dir()), Path(resume))
    config, weights = quote(str(here / "config.toml")), quote(str(here))
    return UserError(
        f"{name} goes on with a run as it was started: give no other setting. To train its weights further, start "
        f"a new run from them: steepest train --config {config} --init-from {weights} and what differs."
    )


def _words_of_a_path(words: Sequence[str]) -> int:
    """Return how many words, the first of all, are one side because a file's path has the commas between them."""
    for count in range(2, len(words) + 1):
        named = files_of(",".join(words[:count]) or "-")
        if sum(str(path).count(",") for path in named) == count - 1 and all(path.is_file() for path in named):
            return count
    return 1
