import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steepest import judge, sweeping, training
from steepest.runs import program
from steepest.runs.program import PACKAGE, RUNS, VERDICTS, hashes_of, program_hashes, sources

Changed = Callable[[str, str, str], set[str]]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, to be changed."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "steepest", ignore=ignored))


def parts_that_differ(package: Path) -> set[str]:
    now, then = hashes_of(package), program_hashes()
    return {part for part in then if now[part] != then[part]}


def test_a_copy_of_the_package_has_the_hashes_of_the_package_wherever_it_lies(copy):
    assert parts_that_differ(copy) == set()
    assert len(set(program_hashes().values())) == 2


CHANGES = {
    "a word of a page": ("pages/run/page.py", '"""', '"""Truly: ', set()),
    "a word of a command": ("cli/compare.py", '"""', '"""Truly: ', set()),
    "a check of claims": ("verification/checks.py", "1e-9", "1e-8", set()),
    "a constant of Adam": ("optimizers/adam.py", "0.999", "0.998", {"runs"}),
    "the order of batches": ("data/batches.py", "batch_size", "batchsize", {"runs"}),
    "first weights": ("models/network.py", '"""', '"""Truly: ', {"runs"}),
    "how an accuracy is counted": ("evaluation.py", "argmax", "argmin", {"runs"}),
    "where trials are looked for": ("comparison/space.py", "30", "29", {"runs"}),
    "the test": ("judge/signflip.py", "TIED = 1e-9", "TIED = 1e-8", {"verdicts"}),
    "what is compared": ("comparison/comparison.py", "-1.0", "1.0", {"verdicts"}),
    "what all stand on": ("errors.py", '"""', '"""Truly: ', {"runs"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_moves_the_hash_of_what_it_decides_and_no_other(what, copy):
    file, then, now, moved = CHANGES[what]
    text = (copy / file).read_text()
    assert then in text
    (copy / file).write_text(text.replace(then, now, 1))
    assert parts_that_differ(copy) == moved


def test_native_sources_count_where_they_decide_and_binaries_never(copy):
    (copy / "pages" / "fast.c").write_text("int pages;")
    (copy / "optimizers" / "fast.so").write_bytes(b"\x7fELF")
    assert parts_that_differ(copy) == set()
    (copy / "judge" / "fast.cpp").write_text("int judge;")
    assert parts_that_differ(copy) == {"verdicts"}
    (copy / "optimizers" / "inner").mkdir()
    (copy / "optimizers" / "inner" / "fast.h").write_text("int step;")
    assert parts_that_differ(copy) == {"runs", "verdicts"}
    before = hashes_of(copy)
    (copy / "optimizers" / "inner" / "fast.h").write_text("int leap;")
    (copy / "optimizers" / "fast.so").write_bytes(b"another compiler's")
    assert hashes_of(copy)["runs"] != before["runs"]
    (copy / "optimizers" / "inner" / "fast.h").write_text("int step;")
    assert hashes_of(copy) == before
    (copy / "fast.c").write_text("int everywhere;")
    assert hashes_of(copy)["runs"] != before["runs"]


TRAINED = """
import sys
from pathlib import Path
from steepest.comparison import comparison, measuring
from steepest.config import Config
from steepest.judge import judge
from steepest.sweeping import Job, LocalEngine, sweep
from steepest.sweeping.ready import Place, setup_of
from steepest.sweeping import working

config = Config(model="F4-R-F10", data="mnist5k", epochs=1, batch_size=500, val=0.1, augment="shift:pixels=2")
for outcome in sweep([Job(config, ("test", "validation"))], sys.argv[1], engine=LocalEngine(1)):
    outcome.accuracy("test"), outcome.weights(), outcome.correct("test")
judge([0.1, 0.2, 0.3], margin=0.0)
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] == "steepest":
        print(module.__file__)
"""
AROUND = {  # what asks and watches: the driver of a sweep, which only hands jobs out
    "sweeping/local.py",
    "sweeping/rounds.py",
}


@pytest.mark.slow
def test_whatever_python_loads_for_a_run_and_its_verdict_is_hashed(tmp_path):
    """The imports that are read without running them hold those that happen."""
    done = subprocess.run(
        [sys.executable, "-c", TRAINED, str(tmp_path / "swept")], capture_output=True, text=True, check=True
    )
    loaded = {Path(line) for line in done.stdout.splitlines()}
    hashed = sources(RUNS, PACKAGE) | sources(VERDICTS, PACKAGE)
    assert PACKAGE / "training/loops.py" in loaded
    assert {path.relative_to(PACKAGE).as_posix() for path in loaded - hashed} <= AROUND


def test_nothing_hashed_is_a_page_or_loads_a_module_by_a_name_made_up_as_it_runs():
    """Three do: tables of names, which are followed; rooms by name; files that a config names, hashed too."""
    hashed = sources(RUNS, PACKAGE) | sources(VERDICTS, PACKAGE)
    rooms = {path.relative_to(PACKAGE).parts[0] for path in hashed}
    assert not rooms & {"pages", "cli", "verbs", "content", "experiments", "verification", "byhand"}
    names = ("import_module", "__import__")
    dynamic = {
        path.name
        for path in hashed
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names
    }
    assert dynamic == {"lazy.py", "__init__.py", "running.py"}


# A small house, in which every way of importing is there once.


HOUSE = {
    "__init__.py": "",
    "lazy.py": "def lazy_names(package, homes): ...",
    "loop.py": "{}",
    "far.py": "x = 1",
    "types.py": "x = 1",
    "room/__init__.py": (
        "from ..lazy import lazy_names\n"
        "if TYPE_CHECKING:\n"
        "    from .inner.deep import x as deep\n"
        "    from .near import x\n"
        "__getattr__ = lazy_names(__name__, table())\n"
    ),
    "room/near.py": "from .inner import deep",
    "room/other.py": "",
    "room/inner/__init__.py": "from .. import other",
    "room/inner/deep.py": "from ...far import x",
}
ALWAYS = {"__init__.py", "loop.py"}
ROOM, INNER = {"room/__init__.py", "lazy.py"}, {"room/inner/__init__.py", "room/other.py"}
DEEP = {*ROOM, *INNER, "room/inner/deep.py", "far.py"}
IMPORTS = {
    "a module": ("from .far import x", {"far.py"}),
    "a module by name": ("from . import far", {"far.py"}),
    "its whole name": ("import house.far", {"far.py"}),
    "its whole name, from it": ("from house.far import x", {"far.py"}),
    "inside a function": ("def f():\n    if f:\n        from .far import x", {"far.py"}),
    "a name of a front door": ("from .room import other", {*ROOM, "room/other.py"}),
    "a name further inside": ("from .room import deep", DEEP),
    "a chain": ("from .room.near import x", {*DEEP, "room/near.py"}),
    "for types": ("if TYPE_CHECKING:\n    from .types import x\nelse:\n    import house.far", {"far.py"}),
    "another package": ("import os.path\nfrom json import loads\nfrom houses.far import x", set()),
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name, text in HOUSE.items():
        file = tmp_path / "house" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "house"


@pytest.mark.parametrize("how", IMPORTS)
def test_every_way_of_importing_is_followed(how, house):
    text, files = IMPORTS[how]
    (house / "loop.py").write_text(text)
    found = {path.relative_to(house).as_posix() for path in sources(["loop.py"], house)}
    assert found == ALWAYS | files


def test_a_name_that_lives_nowhere_and_a_module_that_is_not_there_are_no_silence(house):
    (house / "loop.py").write_text("from .room import deep")
    (house / "room/__init__.py").write_text("__getattr__ = lazy_names(__name__, table())")
    with pytest.raises(ValueError, match="does not say where its name deep lives"):
        sources(["loop.py"], house)
    (house / "loop.py").write_text("from .nowhere import x")
    with pytest.raises(FileNotFoundError):
        sources(["loop.py"], house)


@pytest.mark.parametrize("room", [judge, sweeping, training])
def test_the_lazy_names_of_a_room_are_found_where_they_were_made(room):
    for name in room.__all__:
        made = getattr(getattr(room, name), "__module__", "")
        if made.startswith(room.__name__):
            folder = PACKAGE / room.__name__.rpartition(".")[2]
            found = program._home(folder, name, PACKAGE)
            assert found == Path(sys.modules[made].__file__)


def test_hashes_are_remembered_for_the_sources_as_they_are(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, place = copy, tmp_path / "cache" / "program.json"
    first = program.remembered(package, place)
    assert first == hashes_of(package)
    with monkeypatch.context() as patch:
        patch.setattr(program, "hashes_of", lambda package: pytest.fail("it is remembered"))
        assert program.remembered(package, place) == first
    file = package / "training" / "loops.py"
    stat = file.stat()
    file.write_bytes(file.read_bytes().replace(b"loss", b"toss", 1))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # of the same size, and said to be as old
    changed = program.remembered(package, place)
    assert changed == hashes_of(package)
    assert changed["runs"] != first["runs"]


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"state": 1}', b"\xff"])
def test_a_damaged_memory_is_found_anew(damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"runs": "1" * 64, "verdicts": "2" * 64}
    monkeypatch.setattr(program, "hashes_of", lambda package: found)
    place = tmp_path / "program.json"
    place.write_bytes(damage)
    assert program.remembered(PACKAGE, place) == found
    (tmp_path / "a file").write_text("")
    assert program.remembered(PACKAGE, tmp_path / "a file" / "program.json") == found
