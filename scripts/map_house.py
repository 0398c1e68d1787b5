"""Measure the structure of the package, print it as one page, and fail where a limit is broken.

A file is a Python file. An ``__init__.py`` without a function of its own is a front door: it needs no test, and
nobody counts as importing a file because a front door offers it. A test has the name and the folder of its file:
``src/steepest/a/b/c.py`` is tested by ``tests/a/b/test_c.py``, and ``a/b/__init__.py`` by ``tests/a/b/test_b.py``.
"""

import argparse
import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import fill

from imports import FRONT_DOOR, Circle, Graph, Imports, circles, name_of, only_a_door, parsed

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "steepest"

# figure -> the most it may be, and what it counts
LIMITS: dict[str, tuple[int, str]] = {
    "files": (250, "Python files"),
    "entries": (32, "entries at the top of the package"),
    "circles": (0, "circles of imports between files"),
    "most_of_one_prefix": (2, "files of one prefix in a folder"),
    "files_of_the_largest_room": (40, "files in a room"),
    "files_that_lack_a_test": (0, "files that need a test of their name and have none"),
    "lines": (39_000, "lines of Python, which the wheel holds"),
}
LINES_WITHOUT_A_TEST = 60  # a longer file needs a test of its own
FOLDERS_OF_ROOMS = ("experiments", "pages")  # each of their subfolders is a room of its own
OTHER_SUFFIXES = (".css", ".js", ".toml")
UNCOUNTED_ENTRIES = {"__init__.py", "__main__.py", "py.typed"}  # by the milder figure
ENTRIES = {FRONT_DOOR, "__main__"}
TOP = "(top)"  # the files that lie in no room
CACHE = "__pycache__"
TEST = re.compile(r"^\s*(async )?def test_", re.MULTILINE)
WIDTH = 110


@dataclass(frozen=True)
class Room:
    """A folder at the top of the package, or a subfolder of a folder of rooms."""

    name: str
    files: int
    lines: int
    others: int  # files that are not Python
    imports: tuple[str, ...]


@dataclass(frozen=True)
class Tests:
    """Which files have a test of their name."""

    long_files: int  # those that need one
    long_tested: int
    missing: tuple[str, ...]
    mirrored: int  # of all files: name and folder agree
    by_name: int  # of all files: there is a test of this name in some folder


@dataclass(frozen=True)
class Functions:
    """How long the functions are, from ``def`` to their last line."""

    count: int
    median: int
    ninetieth_percentile: int
    longest: str
    longest_lines: int


@dataclass(frozen=True)
class House:
    """Everything that is measured."""

    files: int
    lines: int
    other_lines: dict[str, int]
    entries: int
    entries_beside_the_usual: int
    circles: tuple[Circle, ...]
    circles_at_loading: int
    most_of_one_prefix: int
    crowds: dict[str, tuple[str, ...]]  # folder/prefix -> the too many files and folders that share it
    rooms: tuple[Room, ...]
    tests: Tests
    functions: Functions
    one_importer_and_no_test: dict[str, str]  # file -> its importer

    def figures(self) -> dict[str, int]:
        """Return the figures that have a limit."""
        return {
            "files": self.files,
            "entries": self.entries,
            "circles": len(self.circles),
            "most_of_one_prefix": self.most_of_one_prefix,
            "files_of_the_largest_room": max((room.files for room in self.rooms if room.name != TOP), default=0),
            "files_that_lack_a_test": len(self.tests.missing),
            "lines": self.lines,
        }

    def broken(self) -> list[str]:
        """Return the figures that are above their limits."""
        return [figure for figure, value in self.figures().items() if value > LIMITS[figure][0]]


def main(arguments: list[str] | None = None) -> int:
    """Print the page, or what else is asked for; return 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to measure")
    parser.add_argument("--json", action="store_true", help="print one object instead of a page")
    parser.add_argument("--missing-tests", action="store_true", help="print only the files that lack a test")
    asked = parser.parse_args(arguments)
    package = asked.root / "src" / PACKAGE
    if not package.is_dir():
        parser.error(f"{package} is not there")
    house = measure(package, asked.root / "tests")
    if asked.missing_tests:
        for name in house.tests.missing:
            print(f"src/{PACKAGE}/{name}.py")
        return bool(house.tests.missing)
    print(as_json(house) if asked.json else page(house))
    return bool(house.broken())


def measure(package: Path, tests: Path) -> House:
    """Measure a package and the folder of its tests."""
    imports = Imports(package)
    paths = list(imports.files.values())
    names = {path.name for path in package.iterdir() if holds_files(path)}
    sharing = prefixes_in(package)
    most, _ = LIMITS["most_of_one_prefix"]
    return House(
        files=len(paths),
        lines=sum(map(lines_of, paths)),
        other_lines={suffix: sum(map(lines_of, package.rglob(f"*{suffix}"))) for suffix in OTHER_SUFFIXES},
        entries=len(names),
        entries_beside_the_usual=len(names - UNCOUNTED_ENTRIES),
        circles=circles(imports.every),
        circles_at_loading=len(circles(imports.at_loading)),
        most_of_one_prefix=max(map(len, sharing.values()), default=0),
        crowds={place: names for place, names in sharing.items() if len(names) > most},
        rooms=rooms_of(imports),
        tests=tests_of(paths, package, tests),
        functions=functions_in(paths, package),
        one_importer_and_no_test=hangers_on(imports, tests),
    )


def lines_of(path: Path) -> int:
    """Return how many lines a file has."""
    with path.open(encoding="utf-8") as lines:
        return sum(1 for _ in lines)


def holds_files(path: Path) -> bool:
    """Return whether a path is a file, or a folder with one: git knows no empty folder, and none of a cache."""
    if path.name == CACHE:
        return False
    return path.is_file() or any(holds_files(each) for each in path.iterdir())


# Rooms and crowds


def room_of(name: str) -> str:
    """Return the room of a file, given its name inside the package."""
    *folders, _ = name.split("/")
    if not folders:
        return TOP
    return "/".join(folders[:2] if folders[0] in FOLDERS_OF_ROOMS else folders[:1])


def rooms_of(imports: Imports) -> tuple[Room, ...]:
    """Return the rooms, those first that import fewest others. The files at the top are listed as if a room."""
    package, graph = imports.package, imports.every
    files, lines, others = Counter[str](), Counter[str](), Counter[str]()
    for path in package.rglob("*"):
        if path.is_file() and CACHE not in path.parts:
            room = room_of(path.relative_to(package).as_posix())
            python = path.suffix == ".py"
            files[room] += python
            others[room] += not python
            lines[room] += lines_of(path) if python else 0
    arrows = {
        room: {room_of(target) for name in graph if room_of(name) == room for target in graph[name]}
        for room in files
    }
    rooms = [
        Room(room, files[room], lines[room], others[room], tuple(sorted(arrows[room] - {room}))) for room in files
    ]
    return tuple(sorted(rooms, key=lambda room: (room.name != TOP, len(room.imports), room.name)))


def prefixes_in(package: Path) -> dict[str, tuple[str, ...]]:
    """Return folder/prefix -> the Python files and the folders there that share the prefix."""
    sharing: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*")):
        module = path.suffix == ".py" and path.stem not in ENTRIES
        folder = path.is_dir() and holds_files(path)
        if module or folder:
            place = (path.parent / prefix_of(path.stem)).relative_to(package).as_posix()
            sharing.setdefault(place, []).append(path.name)
    return {place: tuple(names) for place, names in sharing.items()}


def prefix_of(stem: str) -> str:
    """Return the word before the first underscore of a file's name, or the whole name."""
    return stem.lstrip("_").split("_")[0]


# Tests


def tests_of(paths: Iterable[Path], package: Path, tests: Path) -> Tests:
    """Return which files have a test of their name, and which need one and lack it."""
    needy = [path for path in paths if needs_a_test(path)]
    missing = [path for path in needy if not has_a_test(path, package, tests)]
    anywhere = {path.name for path in tests.rglob("test_*.py")}
    return Tests(
        long_files=len(needy),
        long_tested=len(needy) - len(missing),
        missing=tuple(name_of(path, package) for path in missing),
        mirrored=sum(has_a_test(path, package, tests) for path in paths),
        by_name=sum(test_of(path, package, tests).name in anywhere for path in paths),
    )


def needs_a_test(path: Path) -> bool:
    """Return whether a file is so long that it needs a test of its own."""
    return lines_of(path) > LINES_WITHOUT_A_TEST and not only_a_door(path)


def test_of(path: Path, package: Path, tests: Path) -> Path:
    """Return where the test of a file must lie."""
    stem = path.parent.name if path.stem == FRONT_DOOR else path.stem
    return tests / path.relative_to(package).parent / f"test_{stem}.py"


def has_a_test(path: Path, package: Path, tests: Path) -> bool:
    """Return whether a file's test is there and tests anything."""
    test = test_of(path, package, tests)
    return test.is_file() and TEST.search(test.read_text(encoding="utf-8")) is not None


def hangers_on(imports: Imports, tests: Path) -> dict[str, str]:
    """Return file -> its only importer, of the files without a test of their own. Front doors do not count."""
    package, graph = imports.package, imports.every
    doors = {name_of(path, package) for path in imports.files.values() if only_a_door(path)}
    users = importers(graph, doors)
    return {
        name: users[name][0]
        for path in imports.files.values()
        if path.stem not in ENTRIES
        and len(users.get(name := name_of(path, package), [])) == 1
        and not has_a_test(path, package, tests)
    }


def importers(graph: Graph, doors: set[str]) -> Mapping[str, list[str]]:
    """Return file -> the other files that import it, front doors left out."""
    found: dict[str, list[str]] = {}
    for name in sorted(set(graph) - doors):
        for target in graph[name] - {name}:
            found.setdefault(target, []).append(name)
    return found


# Functions


def functions_in(paths: Iterable[Path], package: Path) -> Functions:
    """Return how long the functions of some files are, methods and inner functions too."""
    lengths = sorted(
        (length, f"{name_of(path, package)}: {name}")
        for path in paths
        for name, length in function_lengths(parsed(path))
    )
    if not lengths:
        return Functions(0, 0, 0, "", 0)
    longest_lines, longest = lengths[-1]
    return Functions(
        count=len(lengths),
        median=lengths[(len(lengths) - 1) // 2][0],
        ninetieth_percentile=lengths[-(-9 * len(lengths) // 10) - 1][0],
        longest=longest,
        longest_lines=longest_lines,
    )


def function_lengths(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each function's name and how many lines it takes, without its decorators."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


# The page


def as_json(house: House) -> str:
    """Return everything that is measured as one object."""
    limits = {figure: most for figure, (most, _) in LIMITS.items()}
    verdict = {"figures": house.figures(), "limits": limits, "broken": house.broken()}
    return json.dumps({**verdict, **asdict(house)}, indent=1)


def page(house: House) -> str:
    """Return everything that is measured as one page."""
    parts = [
        figures_part(house),
        beside_part(house),
        circles_part(house),
        crowds_part(house),
        large_rooms_part(house),
        missing_part(house),
        rooms_part(house),
        hangers_on_part(house),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def figures_part(house: House) -> list[str]:
    """Return the table of the figures that have a limit."""
    figures, broken = house.figures(), house.broken()
    lines = [f"{'':52}{'is':>8}{'most':>8}"]
    for figure, (most, words) in LIMITS.items():
        verdict = "BROKEN" if figure in broken else "kept"
        lines.append(f"{words:52}{figures[figure]:8,}{most:8,}  {verdict}")
    whole = f"{len(broken)} of {len(LIMITS)} limits are broken" if broken else "all limits are kept"
    return [f"The house of {PACKAGE}: {whole}", "", *lines]


def beside_part(house: House) -> list[str]:
    """Return the figures without a limit."""
    tests, functions = house.tests, house.functions
    others = ", ".join(f"{lines:,} of {suffix}" for suffix, lines in house.other_lines.items())
    return [
        f"tests      {tests.long_files} files need one (above {LINES_WITHOUT_A_TEST} lines),"
        f" {tests.long_tested} have it; of all files {tests.mirrored}, by name alone {tests.by_name}",
        f"entries    {house.entries_beside_the_usual} without {', '.join(sorted(UNCOUNTED_ENTRIES))}",
        f"circles    {house.circles_at_loading} by what is imported while files are loaded",
        f"lines      {others} beside the Python",
        f"functions  {functions.count:,}: median {functions.median} lines,"
        f" 90th percentile {functions.ninetieth_percentile};"
        f" the longest {functions.longest_lines}, {functions.longest}",
    ]


def circles_part(house: House) -> list[str]:
    """Return each circle as a path, the shortest of those that are knotted together."""
    lines = []
    for circle in house.circles:
        files = len(circle.knot)
        knot = f"  (in a knot of {files} files)" if files >= len(circle.path) else ""
        lines.append(" -> ".join(circle.path) + knot)
    return titled("Circles", lines)


def crowds_part(house: House) -> list[str]:
    """Return the files that share a prefix."""
    return titled(
        "Too many files of one prefix", [f"{place}: {', '.join(names)}" for place, names in house.crowds.items()]
    )


def large_rooms_part(house: House) -> list[str]:
    """Return the rooms with too many files."""
    most, _ = LIMITS["files_of_the_largest_room"]
    large = [room for room in house.rooms if room.files > most and room.name != TOP]
    return titled(f"Rooms above {most} files", [f"{room.name}: {room.files}" for room in large])


def missing_part(house: House) -> list[str]:
    """Return the files that lack a test, room by room."""
    return titled(
        f"Files above {LINES_WITHOUT_A_TEST} lines without a test of their name", by_room(house.tests.missing)
    )


def hangers_on_part(house: House) -> list[str]:
    """Return the files with one importer and no test, which might as well be part of it."""
    names = house.one_importer_and_no_test
    lines = [", ".join(names)] if names else []
    return titled(f"One importer and no test of their own: {len(names)} files", lines)


def by_room(names: Iterable[str]) -> list[str]:
    """Return a line for each room, with the files named in it."""
    rooms: dict[str, list[str]] = {}
    for name in names:
        room = room_of(name)
        rooms.setdefault(room, []).append(name.removeprefix(f"{room}/"))
    return [f"{room}: {', '.join(found)}" for room, found in sorted(rooms.items())]


def titled(title: str, lines: Iterable[str]) -> list[str]:
    """Return lines under a title, each filled to the page's width; nothing where there are none."""
    filled = [fill(line, WIDTH, initial_indent="  ", subsequent_indent="      ") for line in lines]
    return [title, *filled] if filled else []


def rooms_part(house: House) -> list[str]:
    """Return the table of rooms, with arrows to those that each imports."""
    width = 2 + max((len(room.name) for room in house.rooms), default=0)
    lines = [f"{'room':{width}}{'files':>6}{'lines':>8}{'others':>8}  imports"]
    for room in house.rooms:
        arrows = f"-> {', '.join(room.imports)}" if room.imports else ""
        start = f"{room.name:{width}}{room.files:6}{room.lines:8,}{room.others:8}  "
        lines.append(fill(start + arrows, WIDTH, subsequent_indent=" " * (len(start) + 3)))
    return lines


if __name__ == "__main__":
    sys.exit(main())
