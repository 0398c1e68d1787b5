"""The program behind a claim: the package's files that decide what a run is, and those that decide a verdict.

A file decides where the loop, a worker or the judge loads it, however far away. So ``import`` statements are
followed through the source without running it: those inside functions too, and each lazy name of a front door to
the one module that it lives in. Else what only a type checker reads is left out. Pages and commands are in neither
part, since nothing of it imports them. Of the rooms that are reached, native sources count as well; a compiled
binary never does, since it says nothing that its source does not.

To find this takes a third of a second, so the user's cache keeps it, as Python keeps bytecode: for as long as no
source has another size or time of change.
"""

import ast
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from ..errors import IntegrityError
from ..storage import json_hash, sealed, unsealed, write_durably

PACKAGE = Path(__file__).resolve().parent.parent
FRONT = "__init__.py"
# the loop; what a worker does around it; which run a trial or a seed asks for, and what its record holds
RUNS = ("training/loops.py", "sweeping/working.py", "comparison/measuring.py")
VERDICTS = ("judge/*.py", "comparison/comparison.py")  # the tests, and what lays records out for them
NATIVE = (".c", ".h", ".cpp")
PARTS = ("runs", "verdicts")
KEPT = "program.json"  # in the user's cache


@cache
def program_hashes() -> dict[str, str]:
    """Return the hashes of this steepest; see ``hashes_of``."""
    from platformdirs import user_cache_path

    return remembered(PACKAGE, user_cache_path("steepest") / KEPT)


def remembered(package: Path, place: Path) -> dict[str, str]:
    """Return ``hashes_of`` a package, from a file where that holds them for the sources as they are.

    Args:
        place: the file; where it cannot be read or written, nothing is remembered.
    """
    state = _state(package)
    try:
        kept = unsealed(place)
        if kept.get("state") == state:
            return {part: str(kept[part]) for part in PARTS}
    except (OSError, IntegrityError, KeyError, RuntimeError):
        pass
    found = hashes_of(package)
    if _state(package) == state:  # else somebody changes it right now
        with suppress(OSError, RuntimeError):
            place.parent.mkdir(parents=True, exist_ok=True)
            write_durably(place, sealed({"state": state, **found}))
    return found


def _state(package: Path) -> str:
    """Return a hash of where the sources lie, how large each is and when it was changed."""
    files = sorted(each for each in package.rglob("*") if each.suffix in (".py", *NATIVE))
    stats = [(each, each.stat()) for each in files]
    return json_hash({str(each): [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns] for each, stat in stats})


def hashes_of(package: Path) -> dict[str, str]:
    """Return the SHA-256 of what decides ``runs``, and of what decides ``verdicts`` besides: paths and bytes."""
    runs = sources(RUNS, package)
    verdicts = sources(VERDICTS, package) - runs
    _parsed.cache_clear()
    return {"runs": _hash(runs, package), "verdicts": _hash(verdicts, package)}


def _hash(files: Iterable[Path], package: Path) -> str:
    digest = sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def sources(roots: Iterable[str], package: Path) -> set[Path]:
    """Return every file that the roots load, and the native sources of the rooms that these lie in.

    Args:
        roots: patterns of files in the package.

    Raises:
        FileNotFoundError: an import names a file that is not there.
        ValueError: a front door does not say where a name of it lives.
    """
    found: set[Path] = set()
    waiting = [path for root in roots for path in package.glob(root)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += loaded_by(path, package)
    rooms = {package / path.relative_to(package).parts[0] for path in found}
    native = {each for room in rooms for each in room.rglob("*") if each.suffix in NATIVE}
    return found | native | {each for each in package.iterdir() if each.suffix in NATIVE}


def loaded_by(path: Path, package: Path) -> Iterator[Path]:
    """Yield the package's files that a file loads: the front doors above it, and what it imports."""
    yield from (package / folder / FRONT for folder in path.relative_to(package).parents)
    for node in _read(_parsed(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            folder = _folder_of(node, path, package)
            if folder is not None:
                yield from (_home(folder, each.name, package) for each in node.names)
        elif isinstance(node, ast.Import):
            names = (each.name.split(".") for each in node.names)
            yield from (_file(package.joinpath(*rest)) for top, *rest in names if top == package.name)


@cache
def _parsed(text: str) -> ast.Module:
    """Return a source as a tree, made once: a front door is asked for each name that somebody takes from it."""
    return ast.parse(text)


def _read(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements below a node that run, those inside functions too."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):  # no expression holds an import
            yield child
            yield from _read(_without_types(child) if isinstance(child, ast.If) else child)


def _without_types(choice: ast.If) -> ast.AST:
    """Return a choice, or what else it does where it asks whether a type checker reads it."""
    types_only = ast.unparse(choice.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    return ast.Module(choice.orelse, []) if types_only else choice


def _folder_of(node: ast.ImportFrom, path: Path, package: Path) -> Path | None:
    """Return what names are imported from, without a suffix; None where it is another package."""
    parts = node.module.split(".") if node.module else []
    if node.level:
        return path.parents[node.level - 1].joinpath(*parts)
    return package.joinpath(*parts[1:]) if parts[0] == package.name else None


def _home(module: Path, name: str, package: Path) -> Path:
    """Return where a name of a module lives: where its front door imports it from, inside it, or in its own file.

    Raises:
        ValueError: it is a front door, and does not say.
    """
    own, inside = _file(module), _file(module / name)
    if own.name != FRONT:
        return own
    tree = _parsed(own.read_text())
    for node in ast.walk(tree):  # what a type checker reads as well: it says where lazy names live
        if isinstance(node, ast.ImportFrom):
            there = [each.name for each in node.names if (each.asname or each.name) == name]
            folder = _folder_of(node, own, package)
            if there and folder is not None and (folder, there[0]) != (module, name):
                return _home(folder, there[0], package)
    if not inside.is_file() and name not in _defined(tree):
        raise ValueError(f"{own} does not say where its name {name} lives: import it there.")
    return inside if inside.is_file() else own


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file gives to what stands in it."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from map(ast.unparse, targets)


def _file(module: Path) -> Path:
    plain = module.with_suffix(".py")
    return plain if plain.is_file() else module / FRONT
