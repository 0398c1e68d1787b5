"""A config's values as flags: each is None unless the user gave it, so that a file can lie below the flags."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from cyclopts import Parameter

from ..config import Config, read_toml

POSITIONAL = {"model"}


def _flag(each: "dataclasses.Field[Any]", hint: Any) -> tuple[str, Any, Any]:
    default = "" if each.default in (None, "") else f" [default: {_spelled(each.default)}]"
    help_text = each.metadata["help"] + default
    kind = Annotated[hint | None, Parameter(help=help_text, show_default=False)]
    return each.name, kind, dataclasses.field(default=None)


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_hints = get_type_hints(Config)
Settings: Any = dataclasses.make_dataclass(
    "Settings",
    [
        _flag(each, _hints[each.name])
        for each in dataclasses.fields(Config)
        if each.name not in POSITIONAL
    ],
    frozen=True,
    # Python 3.11 says `types` here, and cyclopts takes a class of that module for one value, not for flags
    namespace={"__module__": __name__},
)


def config_of(file: Path | None, model: str | None, settings: Any) -> Config:
    """Return defaults, overlaid by the file's values, overlaid by the flags given."""
    below = read_toml(file) if file else {}
    flags = {"model": model, **(dataclasses.asdict(settings) if settings else {})}
    given = {key: value for key, value in flags.items() if value is not None}
    return Config.of({**below, **given}, str(file) if file else "the flags")
