"""Running a user's code: exactly the bytes that were read, and nothing else from beside them."""

import builtins
import importlib
import importlib.util
import inspect
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from ..errors import UserError
from .reading import NOT_BESIDE, PACKAGE, Code

STEEPEST = __name__.partition(".")[0]
_LATEST: dict[tuple[Path, Path], Code] = {}  # path as named, and where that was -> what this process ran last
_BY_HASHES: dict[frozenset[tuple[str, str]], Code] = {}  # what it ran at all
_LOADED: dict[str, tuple[Code, frozenset[Path]]] = {}  # module's name -> code, and Python's path before it ran


class Stray(UserError):
    """Code from beside a user's file that was not read with it, and so has no hash."""


def latest(path: Path) -> Code | None:
    """Return what this process ran last of a file, by its path as named."""
    return _LATEST.get((path, path.absolute()))


def with_hashes(path: Path, hashes: Mapping[str, str]) -> Code | None:
    """Return code of a path with exactly these hashes, if this process has run it."""
    code = _BY_HASHES.get(frozenset(hashes.items()))
    return code if code is not None and code.path == path else None


def run(code: Code) -> ModuleType:
    """Run a file's bytes as a new module, and return it."""
    if code.ours:
        return importlib.import_module(".".join((STEEPEST, *code.file.relative_to(PACKAGE).with_suffix("").parts)))
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    for name in [each for each in sys.modules if each.startswith(f"{code.name}.")]:
        del sys.modules[name]
    _LATEST[code.path, code.path.absolute()] = _BY_HASHES[frozenset(code.hashes.items())] = code
    _LOADED[code.name] = code, frozenset(Path(each).resolve() for each in sys.path)
    spec = _spec(code, "")
    module = sys.modules[code.name] = importlib.util.module_from_spec(spec)
    try:
        _exec(code, "", module)
        _refuse_strays(code)
    except Stray:
        raise
    except Exception as error:
        raise UserError(f"{code.path} fails as it is imported: {type(error).__name__}: {error}") from error
    return module


def _spec(code: Code, name: str) -> ModuleSpec:
    path = code.modules[name]
    package = not name or path is None or path.name == "__init__.py"
    full = f"{code.name}.{name}" if name else code.name
    spec = ModuleSpec(full, _Loader(code, name), is_package=package)
    if path is not None:
        spec.origin, spec.has_location = str(path.absolute() if name else code.file), True
    return spec


@dataclass(frozen=True)
class _Loader(Loader):
    """Runs one module of a user's code from the bytes that were read."""

    code: Code
    name: str

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to Python."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        _exec(self.code, self.name, module)


def _exec(code: Code, name: str, module: ModuleType) -> None:
    path = code.modules[name]
    if path is None:
        return
    importer = partial(_import, code, name)
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": importer}  # of this module's functions too
    exec(compile(code.sources[path], str(module.__file__), "exec", dont_inherit=True), vars(module))


def _import(  # noqa: PLR0917  (as Python calls it)
    code: Code,
    importer: str,
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """Import what a user's module asks for: from beside it what was read with it, else what Python finds."""
    top = name.partition(".")[0]
    if level or top in NOT_BESIDE:
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    if importer and name == code.file.stem:  # whatever the file imports may import it
        return sys.modules[code.name]
    if top not in code.modules:
        return builtins.__import__(name, globals, locals, fromlist or (), 0)
    if _LOADED[code.name][0].hashes != code.hashes:
        raise ImportError(f"{code.path} was changed and loaded again since: {name} would be another file.")
    found = builtins.__import__(f"{code.name}.{name}", globals, locals, fromlist or (), 0)
    return found if fromlist else sys.modules[f"{code.name}.{top}"]


class _Finder:
    """Answers for the modules of users' code, and keeps that code from importing what has no hash."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module comes from; None leaves it to the others.

        Raises:
            Stray: a user's code asks for it, and it lies beside it unread.
        """
        owner, _, rest = name.partition(".")
        if owner in _LOADED:
            code, _ = _LOADED[owner]
            return _spec(code, rest) if rest in code.modules else None
        asking = _asking()
        if asking is None:
            return None
        for each in sys.meta_path:
            spec = each.find_spec(name, path, target) if each is not self else None
            if spec is not None:
                if spec.has_location:
                    _refuse_stray(name, spec.origin, *asking, on_path=each is PathFinder)
                return spec
        return None


_FINDER: Any = _Finder()


def _asking() -> tuple[Code, frozenset[Path]] | None:
    """Return the user's code that is being run right now, if any."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        owner = str(frame.f_globals.get("__name__")).partition(".")[0]
        if owner in _LOADED:
            return _LOADED[owner]
        frame = frame.f_back
    return None


def _refuse_strays(code: Code) -> None:
    """Refuse code that has in hand what was imported from beside it by somebody else, and so was not read."""
    mine = [module for name, module in sys.modules.items() if name.partition(".")[0] == code.name]
    for value in [each for module in mine for each in vars(module).values()]:
        made = inspect.isclass(value) or inspect.isroutine(value)
        owner = sys.modules.get(str(value.__module__)) if made else value
        spec = getattr(owner, "__spec__", None) if isinstance(owner, ModuleType) else None
        if spec is not None and spec.has_location and spec.name.partition(".")[0] != code.name:
            _refuse_stray(spec.name, spec.origin, *_LOADED[code.name])


def _refuse_stray(
    name: str, origin: str | None, code: Code, before: frozenset[Path], on_path: bool = False
) -> None:
    """Refuse a module from beside the file, or from a folder that the file put on Python's path.

    Args:
        before: Python's path before the file ran.
        on_path: whether it was found there; else somebody answers for it, such as an editable installation.

    Raises:
        Stray: names the module and the way out.
    """
    file = Path(str(origin)).resolve()
    installed = [str(PACKAGE), *map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))]
    if any(file.is_relative_to(Path(each).resolve()) for each in installed):
        return
    known = not on_path or any(file.is_relative_to(each) for each in before)
    if not known or file.is_relative_to(code.file.parent):
        raise Stray(
            f"{code.path} imports {name} from {file}, which was not read and hashed with it. Put it beside the "
            f"file and write `import {name}`, with the name as it is."
        )
