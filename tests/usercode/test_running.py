"""What runs is what was read: exchanged files, stale caches and modules that nobody read are not."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from code_fakes import RUNS, files
from steepest.errors import UserError
from steepest.usercode import load, read
from steepest.usercode.running import Stray, run


@pytest.fixture(autouse=True)
def path_as_before(monkeypatch):
    """Put back what a user's file may change of Python."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    sys.path_importer_cache.clear()
    yield
    for name in ("helper", "deep", "far"):
        sys.modules.pop(name, None)


def test_a_file_that_is_exchanged_after_it_was_read_does_not_run(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py="import helper\nV = helper.V\n", helper_py="V = 1\n", pack__INIT_py="")
    code = read(path)
    files(tmp_path, mine_py=RUNS, helper_py=RUNS)
    assert run(code).V == 1
    path.unlink()
    (tmp_path / "evil.py").write_text(RUNS)
    path.symlink_to(tmp_path / "evil.py")
    assert run(code).V == 1
    assert not Path("PWNED").exists()


def test_a_helper_that_is_imported_later_runs_as_it_was_read(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py="def late():\n    import helper\n    return helper.V\n", helper_py="V = 1\n")
    late = load(f"{path}:late")
    (tmp_path / "helper.py").write_text(RUNS)
    assert late() == 1
    load(f"{path}:late")
    with pytest.raises(ImportError, match=r"mine\.py was changed and loaded again since"):
        late()
    assert not Path("PWNED").exists()


def test_stale_bytes_in_a_cache_of_python_do_not_run(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py="import helper\nV = helper.V#" + "#" * len(RUNS), helper_py="V = 1#")
    for each in (path, tmp_path / "helper.py"):
        told = each.stat()
        code = compile(RUNS, str(each), "exec")
        cached = Path(importlib.util.cache_from_source(str(each)))
        cached.parent.mkdir(exist_ok=True)
        data = importlib._bootstrap_external._code_to_timestamp_pyc(code, int(told.st_mtime), told.st_size)
        cached.write_bytes(data)
    assert load(f"{path}:V") == 1
    assert not Path("PWNED").exists()


@pytest.mark.parametrize(
    "text",
    [
        "from helper import V",
        "import helper; V = helper.V",
        "import helper as h; V = h.V",
        "from . import helper; V = helper.V",
        "from .helper import V",
        "from .helper import *",
        "from pack.inner import V",
        "import pack.inner; V = pack.inner.V",
        "import pack.inner as p; V = p.V",
        "from pack import inner; V = inner.V",
        "from pack import V",
        "from bare.deep import V",
        "import bare.deep as d; V = d.V",
        "V = __import__('helper').V; import helper",
        "from chain import V",
        "import sys, pathlib as p; sys.path.insert(0, str(p.Path(__file__).parent)); from helper import V",
        "import sys; sys.path.insert(0, '.'); import helper; V = helper.V",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int = 7\nV = A().x",
        "class Outer: pass\nfrom back import V",
    ],
)
def test_every_way_to_import_what_lies_beside_the_file_works(tmp_path: Path, text: str) -> None:
    path = files(
        tmp_path,
        mine_py=text,
        helper_py="V = 7\n",
        pack__INIT_py="from .inner import V\n",
        pack__inner_py="from helper import V\n",
        bare__deep_py="from .side import V\n",
        bare__side_py="V = 7\n",
        chain_py="from back import V\nfrom helper import V\n",
        back_py="import mine\nassert mine.__name__.startswith('steepest_user_mine')\nV = 7\n",
    )
    assert load(f"{path}:V") == 7
    assert not {"helper", "pack", "bare", "chain", "mine"} & set(sys.modules)


def test_helpers_of_two_folders_that_are_called_alike_do_not_meet(tmp_path: Path) -> None:
    text = "import helper\ndef late():\n    import helper, other\n    return helper.V, other.V\n"
    both = [
        files(tmp_path / name, mine_py=text, helper_py=f"V = '{name}'\n", other_py="from helper import V\n")
        for name in ("one", "two")
    ]
    late = [load(f"{path}:late") for path in both]
    assert [each() for each in late] == [("one", "one"), ("two", "two")]


@pytest.mark.parametrize(
    "text",
    [
        "import importlib, sys; sys.path.insert(0, '.'); importlib.import_module('hel' + 'per')",
        "import sys; sys.path.insert(0, 'lib'); import deep",
        "import sys; sys.path.insert(0, 'lib'); from deep import V",
        "import sys; sys.path.append('../elsewhere'); import far",
        "import sys; sys.path.insert(0, ''); exec('import helper')",
        "import sys; sys.path.insert(0, '.'); eval(\"__import__('helper')\")",
        "import sys, builtins; sys.path.insert(0, '.'); builtins.__import__('helper')",
        "import sys, importlib as i; sys.path[:] = ['.', *sys.path]; i.import_module('packed.' + 'in')",
        "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('helper')",
    ],
)
def test_what_was_not_read_from_beside_a_file_does_not_run(tmp_path: Path, monkeypatch, text: str) -> None:
    here = tmp_path / "here"
    path = files(here, mine_py=f"{text}\nclass Net: pass\n", helper_py=RUNS, lib__deep_py=RUNS, packed__in_py=RUNS)
    files(tmp_path, elsewhere__far_py=RUNS)
    monkeypatch.chdir(here)
    with pytest.raises(UserError, match=r"mine\.py imports \w+(\.in)? from .*, which was not read and hashed"):
        load(f"{path}:Net")
    assert not Path("PWNED").exists()
    assert not {"helper", "deep", "far"} & set(sys.modules)


def test_a_refusal_that_the_file_swallows_is_none_the_less_one_to_the_module(tmp_path: Path) -> None:
    text = (
        "import importlib, sys\nsys.path.insert(0, '.')\n"
        "def late():\n    return importlib.import_module('hel' + 'per')\n"
    )
    path = files(tmp_path, mine_py=text, helper_py=RUNS)
    with pytest.raises(Stray, match=r"write `import helper`"):
        load(f"{path}:late")()
    assert not Path("PWNED").exists()


def test_what_somebody_else_imported_from_beside_the_file_is_refused_too(tmp_path: Path, monkeypatch) -> None:
    path = files(
        tmp_path, mine_py="import sys\nhelper = sys.modules['helper']\nclass Net: pass\n", helper_py="V = 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("helper")
    with pytest.raises(Stray, match="imports helper from"):
        load(f"{path}:Net")


def test_whoever_is_no_user_s_code_imports_as_ever(tmp_path: Path, monkeypatch) -> None:
    path = files(tmp_path, mine_py="class Net: pass\n", helper_py="V = 1\n")
    load(f"{path}:Net")
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.import_module("helper").V == 1


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize(
    "name",
    ["a b.py", "käse.py", "it's.py", 'say "x".py', "a,b=c.py", "x:y.py", "new\nline.py", "a.b.py", "class.py"],
)
def test_a_file_may_be_called_as_it_likes(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "sam of My Drive, k=1" / "x.py:y"
    folder.mkdir(parents=True)
    (folder / name).write_text("from helper import V\n")
    (folder / "helper.py").write_text("V = 7\n")
    assert load(f"{folder / name}:V") == 7
