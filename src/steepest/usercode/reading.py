"""A user's file and what it imports from beside it: read once, as bytes, before anything of it is run."""

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ..errors import UserError
from ..specification import expanded
from ..storage import sha256

PACKAGE = Path(__file__).resolve().parent.parent
# Files of ours that finished runs name by where they lay: the end of that path -> their place in the package.
MOVED = {"steepest/experiments/blind_rule.py": "experiments/blind_descent/rule.py"}
# Bytes of a file and of all together, and names that they import: a stranger's are read before anybody saw them.
LARGEST, ALL, MOST = 500_000, 2_000_000, 2_000
PREFIX = "steepest_user_"  # of the names of the user's modules
NOT_BESIDE = {*sys.stdlib_module_names, "__main__", "torch", "numpy", "steepest"}


@dataclass(frozen=True)
class Code:
    """A user's file and what it imports from beside it, read once.

    Args:
        path: of the file, as it was named.
        file: where it really lies.
        sources: path -> bytes, the file's own first.
        modules: what each is called where it is imported, with dots; "" is the file itself. A folder without
            ``__init__.py`` has no path.
    """

    path: Path
    file: Path
    sources: Mapping[Path, bytes]
    modules: Mapping[str, Path | None]

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each file, by path."""
        return {str(path): sha256(content) for path, content in self.sources.items()}

    @property
    def ours(self) -> bool:
        """Whether it comes with steepest, and is to be trusted like it."""
        return self.file.is_relative_to(PACKAGE)

    @property
    def name(self) -> str:
        """What its module is called: the path is part of it, so that two files called alike do not meet."""
        plain = re.sub(r"\W", "_", self.file.stem)
        return f"{PREFIX}{plain}_{blake2b(os.fsencode(self.file), digest_size=6).hexdigest()}"


def placed(path: Path) -> Path:
    """Return where a file that is named somewhere lies: one of ours may have moved since.

    >>> placed(Path("/elsewhere/steepest/experiments/blind_rule.py")).relative_to(PACKAGE).as_posix()
    'experiments/blind_descent/rule.py'
    """
    new = MOVED.get("/".join(path.parts[-3:]))
    return path if new is None or path.exists() else PACKAGE / new


def read(path: Path | str) -> Code:
    """Read a user's file, and every module that it imports from its own folder or from packages in it.

    Raises:
        UserError: there is no such file, or it is too large to be a program.
    """
    named = expanded(path)
    try:
        os.fsencode(named)
        real = placed(named).resolve()
        content = _content(real)
    except UserError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a circle of links, a name that no file can have
        raise UserError(f"{str(named)!r} cannot be read: {error}.") from error
    if content is None:
        raise UserError(f"There is no file {named}.")
    sources, modules = {named: content}, dict[str, Path | None]({"": named})
    code = Code(named, real, sources, modules)
    if not code.ours:
        _read_beside(code, sources, modules)
    return code


def _content(path: Path) -> bytes | None:
    """Return what is in a file, or None where there is none.

    Raises:
        UserError: it is too large.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UserError(f"{path} has more than {LARGEST:,} bytes, and is no program.")
    return content


def _read_beside(code: Code, sources: dict[Path, bytes], modules: dict[str, Path | None]) -> None:
    """Add what the file imports from beside it, and what these import."""
    here, folder = code.path.parent, code.file.parent
    here = here if here.resolve() == folder else folder  # as it was named, unless a link leads elsewhere
    waiting, looked_for = [""], 0
    while waiting:
        module = waiting.pop()
        source = modules[module]
        if source is None:
            continue
        package = module if source.name == "__init__.py" else module.rpartition(".")[0]
        for wanted in _imports(sources[source], package):
            looked_for += 1
            if looked_for > MOST or sum(map(len, sources.values())) > ALL:
                raise UserError(
                    f"{code.path} imports more than {MOST:,} names or {ALL:,} bytes: it is no program."
                )
            for name, path in _found(here, wanted):
                if name in modules or name == code.file.stem:
                    continue
                content = None if path is None else _content(path)
                if path is not None and content is not None:
                    sources[path] = content
                modules[name] = path if content is not None else None
                waiting.append(name)


def _imports(source: bytes, package: str) -> Iterator[str]:
    """Yield each module that a file may import, by what it is called from the user's file: inside functions too.

    Args:
        package: what the file's own package is called; "" is the folder of the user's file.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # running it will say so
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.partition(".")[0] not in NOT_BESIDE)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".") if package else []
                kept = above[: len(above) - (node.level - 1)]
                base = ".".join([*kept, *filter(None, [base])])
            elif base.partition(".")[0] in NOT_BESIDE:
                continue
            yield from ([base] if base else [])
            yield from (f"{base}.{each.name}".lstrip(".") for each in node.names if each.name != "*")


def _found(folder: Path, wanted: str) -> list[tuple[str, Path | None]]:
    """Return a module and the packages that it is in, as far as they lie in a folder: name -> file."""
    found: list[tuple[str, Path | None]] = []
    parts = wanted.split(".")
    for count in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:count])
        choice = (place / "__init__.py", place.with_name(f"{place.name}.py"))
        file = next((each for each in choice if each.is_file()), None)
        if file is None and not place.is_dir():
            break
        found.append((".".join(parts[:count]), file))
    while found and found[-1][1] is None:  # a folder alone is no code
        found.pop()
    return found


def hashes_of(paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files and of what they import from beside them, by path."""
    return {path: digest for each in paths for path, digest in read(each).hashes.items()}
