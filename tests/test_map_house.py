import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from imports import Imports
from map_house import LIMITS, PACKAGE, ROOT, House, Room, main, measure, page

Sources = Mapping[str, str]

LONGEST_UNTESTED = "x = 1\n" * 60
LONG = "x = 1\n" * 61
A_TEST = "def test_that_it_holds():\n    assert f() == 1\n"
TYPED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
LAZY = "from ..lazy import lazy_names\n"


def written(root: Path, sources: Sources, tests: Sources | None = None) -> Path:
    """Write a package and its tests below a root, and return the root."""
    package = root / "src" / PACKAGE
    placed = {package / name: text for name, text in {"__init__.py": "", **sources}.items()}
    placed |= {root / "tests" / name: text for name, text in (tests or {}).items()}
    for path, text in placed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def measured(root: Path, sources: Sources, tests: Sources | None = None) -> House:
    written(root, sources, tests)
    return measure(root / "src" / PACKAGE, root / "tests")


def modules(count: int, folder: str = "") -> dict[str, str]:
    """Return so many empty files without a prefix in common."""
    return {f"{folder}word{number}.py": "" for number in range(count)}


def in_rooms(count: int) -> dict[str, str]:
    """Return so many empty files in rooms of ten."""
    return {f"room{number // 10}/word{number}.py": "" for number in range(count)}


UP_TO_THE_LIMIT: dict[str, tuple[Sources, Sources]] = {  # kept, and broken by the least that breaks it
    "files": (in_rooms(249), in_rooms(250)),  # and the package's own front door
    "entries": (
        {**modules(29), "py.typed": "", "room/inner.py": "", "__pycache__/a.pyc": ""},
        {**modules(30), "py.typed": "", "room/inner.py": "", "__pycache__/a.pyc": ""},
    ),
    "circles": (
        {"upper.py": "", "lower.py": "from .upper import f"},
        {"upper.py": "from .lower import g", "lower.py": "from .upper import f"},
    ),
    "most_of_one_prefix": (
        {"room/page.py": "", "room/page_text.py": "", "room/pages.py": ""},
        {"room/page.py": "", "room/page_text.py": "", "room/page_charts.py": ""},
    ),
    "files_of_the_largest_room": (modules(40, "room/"), modules(41, "room/")),
    "files_that_lack_a_test": ({"long.py": LONGEST_UNTESTED}, {"long.py": LONG}),
    "lines": ({"room/all.py": "#\n" * 39_000}, {"room/all.py": "#\n" * 39_001}),
}


@pytest.mark.parametrize("figure", LIMITS)
def test_a_limit_is_kept_up_to_its_figure_and_broken_by_one_more(figure: str, tmp_path: Path) -> None:
    kept, broken = UP_TO_THE_LIMIT[figure]
    tests = {"room/test_all.py": A_TEST}
    assert measured(tmp_path / "kept", kept, tests).broken() == []
    assert measured(tmp_path / "broken", broken, tests).broken() == [figure]


CIRCLES: dict[str, tuple[Sources, str]] = {
    "three files": (
        {"a.py": "from .b import f", "b.py": "from .room.c import f", "room/c.py": "from ..a import f"},
        "a b room/c a",
    ),
    "a file that imports itself": ({"a.py": "def f():\n    from .a import g"}, "a a"),
    "inside a function": ({"a.py": "from .b import f", "b.py": "def f():\n    from .a import g"}, "a b a"),
    "for type checking only": ({"a.py": "from .b import f", "b.py": f"{TYPED}from .a import A"}, "a b a"),
    "a module by its name": ({"a.py": "from . import b", "b.py": "from . import a"}, "a b a"),
    "absolute names": ({"a.py": "import steepest.room.b", "room/b.py": "from steepest.a import f"}, "a room/b a"),
    "through a front door": (
        {"room/__init__.py": "from .b import f", "room/b.py": "from ..a import g", "a.py": "from .room import f"},
        "a room/b a",
    ),
    "through a front door that gives another name": (
        {
            "room/__init__.py": "from .b import f as bright",
            "room/b.py": "from ..a import g",
            "a.py": "from .room import bright",
        },
        "a room/b a",
    ),
    "through a table of lazy names": (
        {
            "room/__init__.py": f"{LAZY}__getattr__ = lazy_names(__name__, {{'f': 'b'}})",
            "room/b.py": "from ..a import g",
            "a.py": "from .room import f",
        },
        "a room/b a",
    ),
    "through a table that has a name, into a folder": (
        {
            "room/__init__.py": f"{LAZY}HOMES: dict[str, str] = {{'f': 'deep.b'}}\n"
            "_load = lazy_names(__name__, HOMES)",
            "room/deep/__init__.py": "",
            "room/deep/b.py": "from ...a import g",
            "a.py": "from .room import f",
        },
        "a room/deep/b a",
    ),
    "through one front door after the other": (
        {
            "room/__init__.py": f"{LAZY}_load = lazy_names(__name__, {{'f': 'deep'}})",
            "room/deep/__init__.py": "from .b import f",
            "room/deep/b.py": "from ...a import g",
            "a.py": "from .room import f",
        },
        "a room/deep/b a",
    ),
    "through a table given by its keyword": (
        {
            "room/__init__.py": f"{LAZY}_load = lazy_names(__name__, homes={{'f': 'b'}})",
            "room/b.py": "from ..a import g",
            "a.py": "from .room import f",
        },
        "a room/b a",
    ),
    "a module of a folder without a front door": (
        {"room/b.py": "from ..a import g", "a.py": "from .room import b"},
        "a room/b a",
    ),
    "a function of the front door itself": (
        {"room/__init__.py": "from .b import f\ndef f(): ...", "room/b.py": "from . import f"},
        "room/__init__ room/b room/__init__",
    ),
    "a room as a whole": (
        {
            "room/__init__.py": f"{LAZY}_load = lazy_names(__name__, {{'f': 'b'}})",
            "room/b.py": "from .. import room",
        },
        "room/__init__ room/b room/__init__",
    ),
    "a front door that offers modules": (
        {"room/__init__.py": "from . import b as b", "room/b.py": "from . import b"},
        "room/b room/b",
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_is_found_and_shown_as_a_path(name: str, tmp_path: Path) -> None:
    sources, expected = CIRCLES[name]
    (circle,) = measured(tmp_path, sources).circles
    assert " ".join(circle.path) == expected


NO_CIRCLES: dict[str, Sources] = {
    "a file that asks its front door for its neighbour's name": {
        "room/__init__.py": "from .b import f\nfrom .c import g",
        "room/b.py": "def f(): ...",
        "room/c.py": "from . import f",
    },
    "the same with lazy names": {
        "room/__init__.py": f"{LAZY}_load = lazy_names(__name__, {{'f': 'b', 'g': 'c'}})",
        "room/b.py": "def f(): ...",
        "room/c.py": "from ..room import f",
    },
    "two rooms that use different files of each other": {
        "room/__init__.py": "from .b import f\nfrom .c import g",
        "room/b.py": "",
        "room/c.py": "from ..other import h",
        "other/__init__.py": "from .d import h\nfrom .e import k",
        "other/d.py": "",
        "other/e.py": "from ..room import f",
    },
    "a front door that imports inside a function offers nothing by it": {
        "room/__init__.py": "def f():\n    from .b import g",
        "room/b.py": "from ..other import f",
        "room/g.py": "",
        "other.py": "from .room import g",
    },
    "another package whose name begins alike": {
        "a.py": "from steepestness.b import f\nimport steepestness.b",
        "b.py": "from .a import g",
    },
    "a package of the same name as a file": {
        "copy.py": "import copy\nfrom copy import deepcopy",
        "a.py": "from .copy import f",
    },
}


@pytest.mark.parametrize("name", NO_CIRCLES)
def test_what_is_no_circle_is_not_called_one(name: str, tmp_path: Path) -> None:
    assert measured(tmp_path, NO_CIRCLES[name]).circles == ()


def test_circles_that_share_a_file_are_one_knot_with_its_shortest_path(tmp_path: Path) -> None:
    house = measured(
        tmp_path,
        {
            "a.py": "from .b import f\nfrom .d import g",
            "b.py": "from .c import f",
            "c.py": "from .a import f",
            "d.py": "from .a import f",
            "e.py": "from .a import f",
        },
    )
    (circle,) = house.circles
    assert circle.path == ("a", "d", "a")
    assert circle.knot == ("a", "b", "c", "d")
    assert "a -> d -> a  (in a knot of 4 files)" in page(house)
    pair = {"a.py": "from .b import f\nfrom .c import g", "b.py": "from .a import f"}
    house = measured(tmp_path / "three", {**pair, "c.py": "from .a import f"})
    assert "a -> b -> a  (in a knot of 3 files)" in page(house)


def test_only_what_is_imported_at_loading_counts_for_the_milder_figure(tmp_path: Path) -> None:
    late = {"a.py": "from .b import f", "b.py": f"def f():\n    from .a import g\n{TYPED}from .a import A"}
    house = measured(tmp_path / "late", late)
    assert (len(house.circles), house.circles_at_loading) == (1, 0)
    lazy, _ = CIRCLES["a room as a whole"]
    house = measured(tmp_path / "lazy", lazy)
    assert (len(house.circles), house.circles_at_loading) == (1, 0)
    early = {"a.py": "from .b import f", "b.py": "if True:\n    from .a import A"}
    house = measured(tmp_path / "early", early)
    assert (len(house.circles), house.circles_at_loading) == (1, 1)


def test_the_front_doors_lead_to_the_files_that_define_their_names() -> None:
    imports = Imports(ROOT / "src" / PACKAGE)
    offered = [
        (parts, name)
        for parts, door in imports.doors.items()
        for name in door.late_homes
        if name not in door.defined
    ]
    assert offered
    for parts, name in offered:
        home = imports.home(parts, name)
        assert home is not None
        value = getattr(import_module(".".join((PACKAGE, *parts))), name)
        defined = ".".join((PACKAGE, *home))
        assert getattr(value, "__module__", defined) == defined, name  # a constant does not say


CROWDS: dict[str, tuple[Iterable[str], dict[str, tuple[str, ...]]]] = {
    "three files": (["page_a.py", "page_b.py", "page_c.py"], {"page": ("page_a.py", "page_b.py", "page_c.py")}),
    "a folder among them": (
        ["room/page.py", "room/page_b.py", "room/page/inner.py"],
        {"room/page": ("page", "page.py", "page_b.py")},
    ),
    "deep in a folder": (
        ["room/deep/page.py", "room/deep/page_b.py", "room/deep/page_c.py"],
        {"room/deep/page": ("page.py", "page_b.py", "page_c.py")},
    ),
    "in two folders": (["room/page.py", "room/page_b.py", "page_c.py"], {}),
    "a folder of caches only": (["page.py", "page_b.py", "page/__pycache__/inner.pyc"], {}),
    "pictures of the same name": (["page.py", "page_b.py", "page.css", "page.js"], {}),
    "a front door": (["__init__.py", "init_a.py", "init_b.py"], {}),
    "one that is private": (
        ["_page.py", "page_a.py", "page_b.py"],
        {"page": ("_page.py", "page_a.py", "page_b.py")},
    ),
}


@pytest.mark.parametrize("name", CROWDS)
def test_files_and_folders_of_one_prefix_are_named(name: str, tmp_path: Path) -> None:
    files, expected = CROWDS[name]
    assert measured(tmp_path, dict.fromkeys(files, "")).crowds == expected


LARGE: dict[str, tuple[Sources, dict[str, int]]] = {
    "a room with its subfolders": ({**modules(30, "room/"), **modules(11, "room/deep/")}, {"room": 41}),
    "subfolders of a folder of rooms, each by itself": (
        {**modules(30, "pages/"), **modules(40, "pages/one/"), **modules(40, "experiments/two/")},
        {"pages": 30, "pages/one": 40, "experiments/two": 40},
    ),
    "what lies deeper belongs to its room": (
        {**modules(39, "experiments/one/"), **modules(2, "experiments/one/deep/")},
        {"experiments/one": 41},
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_rooms_files_are_counted_with_what_lies_below_it(name: str, tmp_path: Path) -> None:
    sources, expected = LARGE[name]
    house = measured(tmp_path, sources)
    assert {room.name: room.files for room in house.rooms if room.name != "(top)"} == expected
    assert ("files_of_the_largest_room" in house.broken()) == (max(expected.values()) > 40)


def test_files_at_the_top_are_no_room_that_can_be_too_large(tmp_path: Path) -> None:
    assert measured(tmp_path, modules(41)).broken() == ["entries"]


DOOR = "def open():\n    ...\n"
TESTED: dict[str, tuple[Sources, Sources, tuple[str, ...]]] = {
    "by the mirrored path": ({"a/b/c.py": LONG, "d.py": LONG}, {"a/b/test_c.py": A_TEST, "test_d.py": A_TEST}, ()),
    "by the name in another folder": (
        {"a/b/c.py": LONG},
        {"a/test_c.py": A_TEST, "test_c.py": A_TEST},
        ("a/b/c",),
    ),
    "by a file that tests nothing": ({"c.py": LONG}, {"test_c.py": "import pytest"}, ("c",)),
    "by a method": ({"c.py": LONG}, {"test_c.py": "class TestC:\n    def test_f(self): ..."}, ()),
    "by a longer name": ({"c.py": LONG}, {"test_c_more.py": A_TEST}, ("c",)),
    "a front door without functions": ({"a/__init__.py": LONG}, {}, ()),
    "a front door with Python's hook only": ({"a/__init__.py": LONG + "def __getattr__(name): ..."}, {}, ()),
    "a front door with a function": ({"a/__init__.py": LONG + DOOR}, {}, ("a/__init__",)),
    "a front door by its folder's name": ({"a/__init__.py": LONG + DOOR}, {"a/test_a.py": A_TEST}, ()),
    "the package by its name": ({"__init__.py": LONG + DOOR}, {"test_steepest.py": A_TEST}, ()),
}


@pytest.mark.parametrize("name", TESTED)
def test_a_long_file_is_tested(name: str, tmp_path: Path) -> None:
    sources, tests, missing = TESTED[name]
    assert measured(tmp_path, sources, tests).tests.missing == missing


def test_tests_are_counted_for_long_files_and_for_all(tmp_path: Path) -> None:
    sources = {"a.py": LONG, "b.py": LONG, "room/c.py": "", "room/d.py": "", "e.py": ""}
    tests = {"test_a.py": A_TEST, "room/test_c.py": A_TEST, "test_d.py": A_TEST}
    found = measured(tmp_path, sources, tests).tests
    assert (found.long_files, found.long_tested, found.missing) == (2, 1, ("b",))
    assert (found.mirrored, found.by_name) == (2, 3)


def test_entries_are_counted_with_and_without_the_usual_ones(tmp_path: Path) -> None:
    house = measured(
        tmp_path, {"__main__.py": "", "py.typed": "", "a.py": "", "room/b.py": "", "old/__pycache__/c": ""}
    )
    assert (house.entries, house.entries_beside_the_usual) == (5, 2)


def test_rooms_have_their_lines_and_arrows(tmp_path: Path) -> None:
    house = measured(
        tmp_path,
        {
            "errors.py": "x = 1\n",
            "images/__init__.py": "from .load import f\n",
            "images/load.py": "from ..errors import x\nfrom . import load\n",
            "images/__pycache__/load.pyc": "",
            "experiments/one/run.py": "def f():\n    from ...images import f\n    from ...errors import x",
            "experiments/one/run.toml": "a = 1\n",
            "experiments/two/run.py": "from ..one.run import f\n",
        },
    )
    assert house.rooms == (
        Room("(top)", 2, 1, 0, ()),
        Room("experiments/two", 1, 1, 0, ("experiments/one",)),
        Room("images", 2, 3, 0, ("(top)",)),
        Room("experiments/one", 1, 3, 1, ("(top)", "images")),
    )
    assert house.other_lines == {".css": 0, ".js": 0, ".toml": 1}


def test_functions_are_measured_from_def_to_their_last_line(tmp_path: Path) -> None:
    bodies = [f"def f{lines}():\n" + "    x = 1\n" * (lines - 1) for lines in range(2, 11)]
    house = measured(tmp_path, {"a.py": "".join(bodies), "b.py": "class C:\n    @property\n    def g(self): ..."})
    functions = house.functions
    assert (functions.count, functions.median, functions.ninetieth_percentile) == (10, 5, 9)
    assert (functions.longest, functions.longest_lines) == ("a: f10", 10)


def test_a_file_with_one_importer_and_no_test_is_named(tmp_path: Path) -> None:
    house = measured(
        tmp_path,
        {
            "room/__init__.py": "from .once import f\nfrom .twice import g\nfrom .tested import h",
            "room/once.py": "def f():\n    from .once import k",
            "room/twice.py": "",
            "room/tested.py": "",
            "room/never.py": "from . import f, g, h",
            "other.py": "from .room import g",
            "cli/__init__.py": "def main(): ...",
            "__main__.py": "from .cli import main",
        },
        {"room/test_tested.py": A_TEST},
    )
    assert house.one_importer_and_no_test == {"room/once": "room/never"}


def test_the_command_fails_only_where_a_limit_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = written(tmp_path, {"a.py": LONG}, {"test_a.py": A_TEST})
    assert main(["--root", str(root)]) == 0
    assert "all limits are kept" in capsys.readouterr().out
    written(tmp_path, {"b.py": LONG, "c.py": "from .d import f", "d.py": "from .c import f"})
    assert main(["--root", str(root)]) == 1
    out = capsys.readouterr().out
    assert "2 of 7 limits are broken" in out
    assert "c -> d -> c\n" in out
    assert "(top): b\n" in out


def test_the_object_says_what_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(written(tmp_path, {"a.py": LONG, "b.py": ""}))
    assert main(["--root", root, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["broken"] == ["files_that_lack_a_test"]
    assert found["figures"]["files"] == found["files"] == 3
    assert found["tests"]["missing"] == ["a"]
    assert found["limits"] == {figure: most for figure, (most, _) in LIMITS.items()}


def test_missing_tests_are_printed_alone_as_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = {"a.py": LONG, "room/b.py": LONG, "c.py": "from .c import f"}
    root = written(tmp_path, sources)
    assert main(["--root", str(root), "--missing-tests"]) == 1
    assert capsys.readouterr().out == "src/steepest/a.py\nsrc/steepest/room/b.py\n"
    written(tmp_path, {}, {"test_a.py": A_TEST, "room/test_b.py": A_TEST})
    assert main(["--root", str(root), "--missing-tests"]) == 0
    assert capsys.readouterr().out == ""


def test_a_folder_without_the_package_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--root", str(tmp_path)])
    assert refused.value.code == 2
    assert "is not there" in capsys.readouterr().err
