"""A command made of a verb, the flags that many verbs share, and how a verb prints its JSON object."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from inspect import Parameter as Own
from inspect import Signature, cleandoc, signature
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from cyclopts import Parameter

from ..errors import printable_lines

AsJson = Annotated[bool, Parameter(name="--json", help="Print one JSON object on standard output.", negative="")]
DataDir = Annotated[
    Path | None,
    Parameter(
        name="--data-dir", help="The folder of data; without it STEEPEST_DATA, else the platform's cache folder."
    ),
]
ConfigFile = Annotated[Path | None, Parameter(name="--config", help="A TOML file of settings; flags win over it.")]
Model = Annotated[str | None, Parameter(name="--model", help="A named model, a notation, or file.py:Class.")]
AllowCode = Annotated[
    bool,
    Parameter(
        name="--allow-code",
        help="Run code that a file names though it was never run or confirmed here; it gets all your rights.",
        negative="",
    ),
]
Portable = Annotated[
    bool,
    Parameter(
        help="Compute so that any x86-64 processor with AVX2 gives the same bytes; slower, on one thread.",
        negative="",
    ),
]
RunName = Annotated[str, Parameter(help="A run's folder, or its name under runs/.")]

SHARED = {"data_dir": DataDir, "run": RunName, "allow_code": AllowCode}
PYTHON_ONLY = ("note", "progress")
FORMAT = 1  # of the JSON objects: counted up where a field changes its meaning or goes
PRINTED: list[str] = []  # the verbs of the objects that this command has printed


def print_json(verb: str, record: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output; its ``format`` names the verb and the version.

    >>> print_json("evaluate", {"run": "runs/a"})
    {"format": "steepest evaluate 1", "run": "runs/a"}
    """
    print(json.dumps({"format": f"steepest {verb} {FORMAT}", **record}), flush=True)
    PRINTED.append(verb)


def print_note(line: str) -> None:
    """Print a line for people, on standard error."""
    print(printable_lines(line), file=sys.stderr)


def command(
    verb: Callable[..., Any],
    *,
    first: str = "",
    work: Callable[..., Any] | None = None,
    before: Callable[..., None] | None = None,
    **kinds: Any,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a verb and of the function that shows its answer.

    The verb's docstring is the help. A parameter without a default stands by itself, any other is a flag; what
    may be text, or a path, is typed so. Further parameters of the function that shows are flags of the command;
    those that both have it gets as they were given, and may give a default. A verb's ``note`` prints on standard
    error.

    Args:
        verb: whose parameters, where they are not in ``kinds``, have annotations that load nothing heavy.
        first: a parameter that stands by itself although it has a default.
        work: what is called in the verb's stead, with the same parameters.
        before: what may refuse the flags of the function that shows, before anything is done.
        kinds: parameters of which a command takes something else than the verb.
    """
    description, helps = told(verb)
    own = {each.name: each for each in signature(verb).parameters.values() if each.name not in PYTHON_ONLY}
    notes = {"note": print_note} if "note" in signature(verb).parameters else {}

    def made(show: Callable[..., None]) -> Callable[..., None]:
        _, *shown = signature(show).parameters.values()
        more = [each for each in shown if each.name not in own]
        defaults = {each.name: each.default for each in shown if each.default is not Own.empty}
        given = [
            _as_typed(each.replace(default=defaults.get(each.name, each.default)), kinds, helps, first)
            for each in own.values()
        ]
        flags = Signature(sorted([*given, *more], key=lambda each: each.kind))

        def run(*words: Any, **named: Any) -> None:
            bound = flags.bind(*words, **named)
            bound.apply_defaults()
            values = bound.arguments
            to_show = {each.name: values[each.name] for each in shown}
            if before is not None:
                before(**to_show)
            answer = (work or verb)(**{name: values[name] for name in own}, **notes)
            show(answer, **to_show)

        run.__name__, run.__doc__ = verb.__name__, description
        run.__signature__ = flags  # type: ignore[attr-defined]
        return run

    return made


def told(verb: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return what a docstring says to a person at a command line: its text, and a sentence for each parameter."""
    text, _, rest = cleandoc(verb.__doc__ or "").partition("\n\nArgs:")
    helps = dict[str, str]()
    for each in re.split(r"\n    (?=\S)", rest.partition("\n\n")[0])[1:]:
        names, _, sentence = " ".join(each.split()).partition(": ")
        helps |= dict.fromkeys(names.split(", "), sentence)
    return text.partition("\n\n>>>")[0].partition("\n\nRaises:")[0], helps


def _as_typed(own: Own, kinds: Mapping[str, Any], helps: Mapping[str, str], first: str) -> Own:
    """Return a verb's parameter as a command takes it."""
    kind, default = {**SHARED, **kinds}.get(own.name, own.annotation), own.default
    plain = kind
    if get_origin(kind) in (Union, UnionType):
        plain = next(each for each in (Path, str, *get_args(kind)) if each in get_args(kind))
        kind = plain | None if type(None) in get_args(kind) else plain
    if plain is Path and isinstance(default, str):
        default = Path(default)
    said = getattr(kind, "__metadata__", ())
    if not any(each.help for each in said):
        negative = "" if default is False or get_origin(plain) is list else None
        kind = Annotated[kind, Parameter(help=helps.get(own.name), negative=negative)]
    flag = own.kind == Own.KEYWORD_ONLY or default is not Own.empty or any(each.name for each in said)
    place = Own.KEYWORD_ONLY if flag and own.name != first else Own.POSITIONAL_ONLY
    return own.replace(annotation=kind, default=default, kind=place)
