"""What the package's files import, read from their text: nothing is run."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FRONT_DOOR = "__init__"
TABLE_MAKER = "lazy_names"  # lazy_names(__name__, {name: module}) makes a front door that loads late
HOOKS = {"__getattr__", "__dir__"}  # what Python asks of a front door; no functions of its own
LOADING, TYPING, RUNNING = "loading", "typing", "running"  # when an import takes place

Parts = tuple[str, ...]  # a module's path inside the package; () is the package itself
Graph = Mapping[str, frozenset[str]]  # file -> files that it imports, named such as "data/loading"


@dataclass(frozen=True)
class Import:
    """One name taken out of one module of the package."""

    line: int
    module: Parts
    name: str | None  # None: the module as a whole
    when: str  # as the file is loaded, only for type checking, or inside a function


def parsed(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_in(path: Path, package: Path) -> list[Import]:
    """Return every import of the package in a file, also those inside functions."""
    folder = path.relative_to(package).parts[:-1]
    found: list[Import] = []
    for node, when in nodes_in(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            module = module_of(node, folder, package.name)
            if module is not None:
                found += [Import(node.lineno, module, each.name, when) for each in node.names]
        elif isinstance(node, ast.Import):
            paths = [tuple(each.name.split(".")) for each in node.names]
            found += [Import(node.lineno, parts[1:], None, when) for parts in paths if parts[0] == package.name]
    return found


def module_of(node: ast.ImportFrom, folder: Parts, package: str) -> Parts | None:
    """Return the module that ``from module import ...`` names, or None where it lies outside the package."""
    named = tuple(node.module.split(".")) if node.module else ()
    if node.level == 0:
        return named[1:] if named[:1] == (package,) else None
    rooms_up = node.level - 1
    if rooms_up > len(folder):
        return None
    return (*folder[: len(folder) - rooms_up], *named)


def nodes_in(node: ast.AST, when: str = LOADING) -> Iterator[tuple[ast.AST, str]]:
    """Yield each node under a node, and when it is run."""
    for child in ast.iter_child_nodes(node):
        inside = when
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = RUNNING
        elif isinstance(node, ast.If) and child in node.body:
            typing = ast.unparse(node.test).removeprefix("typing.") == "TYPE_CHECKING"
            inside = TYPING if typing else when
        yield child, inside
        yield from nodes_in(child, inside)


@dataclass(frozen=True)
class Door:
    """An ``__init__.py``: what it defines itself, and where the other names that it offers live."""

    defined: frozenset[str]
    homes: Mapping[str, tuple[Parts, str]]  # name -> module and the name there
    late_homes: Mapping[str, tuple[Parts, str]]  # the same, from its table of lazy names


def read_door(path: Path, package: Path) -> Door:
    """Return what an ``__init__.py`` offers: eagerly, for type checking, or from its table of lazy names."""
    tree, folder = parsed(path), path.relative_to(package).parts[:-1]
    homes: dict[str, tuple[Parts, str]] = {}
    for node, when in nodes_in(tree):
        if isinstance(node, ast.ImportFrom) and when != RUNNING:
            module = module_of(node, folder, package.name)
            if module is not None:
                homes |= {each.asname or each.name: (module, each.name) for each in node.names}
    late = {name: place_of(home, name, folder) for name, home in lazy_table(tree).items()}
    return Door(frozenset(defined_in(tree)), homes, late)


def place_of(home: str, name: str, folder: Parts) -> tuple[Parts, str]:
    """Return what a row of a lazy table means: ``file``, ``.room.file`` beside the room, ``file:other_name``."""
    module, _, own = home.partition(":")
    above = len(module) - len(module.lstrip("."))
    return (*folder[: len(folder) - above], *module.lstrip(".").split(".")), own or name


def defined_in(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file defines at its top."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each.id for each in targets if isinstance(each, ast.Name))


def lazy_table(tree: ast.Module) -> dict[str, str]:
    """Return name -> module from each ``lazy_names(__name__, table)`` of a file."""
    written = {
        name: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for name in defined_in(ast.Module([node], []))
    }
    table: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == TABLE_MAKER:
            for argument in (*node.args, *(each.value for each in node.keywords)):
                known = written.get(argument.id) if isinstance(argument, ast.Name) else argument
                if isinstance(known, ast.Dict):
                    table |= ast.literal_eval(known)
    return table


def only_a_door(path: Path) -> bool:
    """Return whether a file is an ``__init__.py`` without a function of its own."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return path.stem == FRONT_DOOR and not any(
        isinstance(node, functions) and node.name not in HOOKS for node in ast.walk(parsed(path))
    )


class Imports:
    """The imports between the files of a package, each led through the front doors to the file that is meant."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.files = {parts_of(path, package): path for path in sorted(package.rglob("*.py"))}
        self.doors = {
            parts: read_door(path, package) for parts, path in self.files.items() if path.stem == FRONT_DOOR
        }

    @cached_property
    def every(self) -> Graph:
        """All imports, also those inside functions, for type checking, and in tables of lazy names."""
        return self.graph(late=True)

    @cached_property
    def at_loading(self) -> Graph:
        """Only what is imported while a file is being loaded."""
        return self.graph(late=False)

    def graph(self, late: bool) -> Graph:
        """Return the files that each file imports, with or without what is imported late."""
        return {
            name_of(path, self.package): frozenset(self.targets(parts, path, late))
            for parts, path in self.files.items()
        }

    def targets(self, parts: Parts, path: Path, late: bool) -> Iterator[str]:
        """Yield the files that a file imports."""
        wanted: list[tuple[Parts, str | None]] = [
            (each.module, each.name) for each in imports_in(path, self.package) if late or each.when == LOADING
        ]
        if late and parts in self.doors:
            wanted += self.doors[parts].late_homes.values()
        for module, name in wanted:
            home = self.home(module, name)
            if home is not None:
                yield name_of(self.files[home], self.package)

    def home(
        self, module: Parts, name: str | None, behind: frozenset[tuple[Parts, str]] = frozenset()
    ) -> Parts | None:
        """Return the module that a name asked of a module lives in; None where there is no such module."""
        inner = (*module, name or "")
        if module not in self.files:
            return inner if inner in self.files else None
        door = self.doors.get(module)
        if door is None or name is None or name in door.defined:
            return module
        further = door.homes.get(name) or door.late_homes.get(name)
        if further is not None and (module, name) not in behind:
            return self.home(*further, behind | {(module, name)})
        return inner if inner in self.files else module


def parts_of(path: Path, package: Path) -> Parts:
    """Return a file's path as a module: that of an ``__init__.py`` is its folder's."""
    parts = path.relative_to(package).with_suffix("").parts
    return parts[:-1] if parts[-1] == FRONT_DOOR else parts


def name_of(path: Path, package: Path) -> str:
    """Return a file's name inside the package, such as ``data/loading``."""
    return path.relative_to(package).with_suffix("").as_posix()


@dataclass(frozen=True)
class Circle:
    """Files that all reach each other by their imports."""

    path: tuple[str, ...]  # the shortest way round; it ends with the file that it begins with
    knot: tuple[str, ...]  # all the files


def circles(graph: Graph) -> tuple[Circle, ...]:
    """Return a circle for each group of files that all reach each other."""
    reached = {name: set(walk(graph, name)) for name in graph}
    knots = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return tuple(Circle(min((way_round(graph, name) for name in knot), key=len), knot) for knot in sorted(knots))


def way_round(graph: Graph, name: str) -> tuple[str, ...]:
    """Return the shortest way from a file back to itself, which there must be."""
    came_from = walk(graph, name)
    path = [name, came_from[name]]
    while path[-1] != name:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def walk(graph: Graph, start: str) -> dict[str, str]:
    """Return each file that a file reaches, with the file before it on a shortest way."""
    came_from: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for other in sorted(graph[name]):
            if other not in came_from:
                came_from[other] = name
                waiting.append(other)
    return came_from
