"""`name:key=value,key=value` as users write it, read into a name and typed values.

The same text works on the command line, in TOML and in Python, for optimizers, schedules and augmentations:
``adam:beta1=0.8,eps=1e-7``; ``my_rule.py:MyRule:rho=0.1`` names a class in the user's own file.
"""

import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import UserError, spelled

Value = bool | int | float | str
_FILE = re.compile(r"[^\s:]+\.py(?=:)")
PACKAGE = Path(__file__).resolve().parent
# Files of ours that finished runs name by where they lay: the end of that path -> their place in the package.
MOVED = {"steepest/experiments/blind_rule.py": "experiments/blind_descent/rule.py"}


@dataclass(frozen=True)
class Specification:
    """A name and its settings, as written.

    >>> Specification.parse("adam:beta1=0.8,nesterov=true")
    Specification(name='adam', settings={'beta1': 0.8, 'nesterov': True})
    >>> str(Specification.parse("my_rule.py:MyRule:k=4"))
    'my_rule.py:MyRule:k=4'
    """

    name: str
    settings: dict[str, Value]

    @classmethod
    def parse(cls, text: str) -> "Specification":
        """Read ``name`` or ``name:key=value,...``; a file's class keeps its colon in the name.

        Raises:
            UserError: a setting is not of the form key=value, or is given twice.
        """
        name, colon, rest = text.strip().rpartition(":")
        if not colon or "=" not in rest:
            name, rest = text.strip(), ""
        if not name:
            raise UserError(f"`{text}` names nothing. Write a name, or name:key=value.")
        settings: dict[str, Value] = {}
        for part in filter(None, rest.split(",")):
            key, equals, value = part.partition("=")
            key = key.strip()
            if not equals or not key or not value.strip():
                raise UserError(f"`{part}` in `{text}` is no setting. Write key=value, with commas between.")
            if key in settings:
                raise UserError(f"`{key}` is given twice in `{text}`.")
            settings[key] = read_value(value)
        return cls(name, settings)

    def __str__(self) -> str:
        pairs = ",".join(f"{key}={_written(value)}" for key, value in self.settings.items())
        return f"{self.name}:{pairs}" if pairs else self.name


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


def in_known_spelling(text: str, known: Iterable[str], between: str = " of ") -> str:
    """Return a specification, or several, with each name as its table spells it.

    >>> in_known_spelling("SAM:rho=0.1 of Momentum", ["sam", "momentum"])
    'sam:rho=0.1 of momentum'
    """
    known, parts = list(known), []
    for part in text.split(between):
        name, colon, rest = part.partition(":")
        parts.append((spelled(name, known) or name) + colon + rest)
    return between.join(parts)


def is_file_class(name: str) -> bool:
    """Say whether a name has the form ``file.py:Class``.

    >>> is_file_class("my_rule.py:MyRule"), is_file_class("adam")
    (True, False)
    """
    return ".py:" in name


def with_absolute_files(text: str) -> str:
    """Return text with each ``file.py:`` in it as an absolute path, so that it holds in every folder.

    >>> with_absolute_files("/a/net.py:Net"), with_absolute_files("adam:beta1=0.8")
    ('/a/net.py:Net', 'adam:beta1=0.8')
    """
    return _FILE.sub(lambda found: f"{Path(found[0]).expanduser().absolute()}", text)


def files_of(text: str) -> list[Path]:
    """Return the files that a text names as ``file.py:Class``, in its order.

    >>> [path.name for path in files_of("lookahead of my_rule.py:MyRule:k=3")], files_of("adam")
    (['my_rule.py'], [])
    """
    return [Path(found).expanduser() for found in _FILE.findall(text)]


def placed(path: Path) -> Path:
    """Return where a file that is named somewhere lies: one of ours may have moved since.

    >>> placed(Path("/elsewhere/steepest/experiments/blind_rule.py")).relative_to(PACKAGE).as_posix()
    'experiments/blind_descent/rule.py'
    """
    new = MOVED.get("/".join(path.parts[-3:]))
    return path if new is None or path.exists() else PACKAGE / new


def load_file_class(name: str) -> Any:
    """Import ``path/to/file.py:Class`` and return the class; a file of the package is its module.

    Raises:
        UserError: the file or the name in it is missing, or the file fails as it is imported.
    """
    path_text, _, attribute = name.rpartition(":")
    path = placed(Path(path_text).expanduser().resolve())
    if not path.is_file():
        raise UserError(f"There is no file {path_text}, asked for by `{name}`.")
    try:
        module = _imported(path)
    except Exception as error:
        raise UserError(f"{path_text} fails as it is imported: {type(error).__name__}: {error}") from error
    if not hasattr(module, attribute):
        public = [each for each in vars(module) if not each.startswith("_")]
        raise UserError(f"{path_text} has no `{attribute}`. It has: {', '.join(public)}.")
    return getattr(module, attribute)


def _imported(path: Path) -> ModuleType:
    if path.is_relative_to(PACKAGE):  # it may import from the files beside it
        within = path.relative_to(PACKAGE).with_suffix("").parts
        return importlib.import_module(".".join((__package__ or "", *within)))
    # the path is part of the module's name, so that two files called alike do not meet
    name = f"steepest_user_{path.stem}_{blake2b(str(path).encode(), digest_size=6).hexdigest()}"
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None  # its name ends in .py
    assert found.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
