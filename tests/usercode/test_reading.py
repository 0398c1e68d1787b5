"""A file is read with all that it imports from beside it, once, and nothing of it is run."""

import os
from pathlib import Path

import pytest

from code_fakes import RUNS, files
from steepest.errors import UserError
from steepest.storage import sha256
from steepest.usercode import hashes_of, placed, read
from steepest.usercode.reading import LARGEST, MOVED, PACKAGE


def names(path: Path) -> set[str]:
    """Return what is read with a file, by path from its folder."""
    return {Path(each).relative_to(path.parent).as_posix() for each in read(path).hashes}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import helper", {"helper.py"}),
        ("import helper as h, other", {"helper.py", "other.py"}),
        ("from helper import x", {"helper.py"}),
        ("from . import helper", {"helper.py"}),
        ("from .helper import x", {"helper.py"}),
        ("def f():\n    import helper", {"helper.py"}),
        ("class C:\n    def f(self):\n        from pack.inner import x", {"pack/__init__.py", "pack/inner.py"}),
        ("try:\n    import helper\nexcept ImportError: pass", {"helper.py"}),
        ("if 0:\n    import helper", {"helper.py"}),
        ("import pack", {"pack/__init__.py"}),
        ("from pack import inner", {"pack/__init__.py", "pack/inner.py"}),
        ("import pack.inner", {"pack/__init__.py", "pack/inner.py"}),
        ("from bare.deep import x", {"bare/deep.py", "helper.py", "bare/side.py"}),
        ("from bare import deep", {"bare/deep.py", "helper.py", "bare/side.py"}),
        ("import chain", {"chain.py", "other.py", "helper.py"}),
        ("import bare, nowhere, os, torch, numpy, json", set()),
        ("import mine", set()),
        ("def", set()),
        ("x = '\\0'", set()),
    ],
)
def test_what_a_file_imports_from_beside_it_is_read(tmp_path: Path, text: str, found: set[str]) -> None:
    path = files(
        tmp_path,
        mine_py=text,
        helper_py=RUNS,
        other_py="import helper",
        chain_py="import other",
        pack__INIT_py=RUNS,
        pack__inner_py="",
        bare__deep_py="import helper\nfrom .side import x\nfrom .. import helper",
        bare__side_py="",
        json_py=RUNS,
        torch_py=RUNS,
    )
    assert names(path) == {"mine.py"} | found
    assert not Path("PWNED").exists()


def test_hashes_are_of_the_bytes_by_the_path_as_it_was_named(tmp_path: Path, monkeypatch) -> None:
    path = files(tmp_path, mine_py="import helper\n", helper_py="x = 1\n")
    monkeypatch.chdir(tmp_path)
    content = {"mine.py": path.read_bytes(), "helper.py": b"x = 1\n"}
    assert read("mine.py").hashes == {name: sha256(each) for name, each in content.items()}
    assert set(hashes_of([path, path])) == {str(path), str(tmp_path / "helper.py")}


def test_beside_a_link_means_beside_the_file(tmp_path: Path) -> None:
    real = files(tmp_path, real__mine_py="import helper", real__helper_py="", links__helper_py=RUNS)
    (tmp_path / "links/mine.py").symlink_to(real)
    assert set(read(tmp_path / "links/mine.py").hashes) == {
        str(tmp_path / "links/mine.py"),
        str(tmp_path / "real/helper.py"),
    }


@pytest.mark.parametrize(
    "name", ["nowhere.py", "folder.py", "a\0b.py", "\ud800.py", "~nobody-here/x.py", "loop.py"]
)
def test_what_is_no_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    with pytest.raises(UserError, match=r"There is no file|cannot be read"):
        read(f"{tmp_path}/{name}" if not name.startswith("~") else name)


def test_a_pipe_or_a_file_too_large_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UserError, match="There is no file"):
        read(tmp_path / "pipe.py")
    (tmp_path / "large.py").write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(UserError, match=r"more than 500,000 bytes"):
        read(tmp_path / "large.py")
    (tmp_path / "many.py").write_text("import " + ", ".join(f"m{n}" for n in range(20_000)))
    with pytest.raises(UserError, match="imports more than 2,000 names"):
        read(tmp_path / "many.py")
    names_of = [f"m{n}" for n in range(9)]
    for name in names_of:
        (tmp_path / f"{name}.py").write_text("#" * 400_000 + "\nimport a, b")
    wide = files(tmp_path, wide_py=f"import {', '.join(names_of)}")
    with pytest.raises(UserError, match=r"or 2,000,000 bytes"):
        read(wide)
    deep = files(tmp_path, deep_py="(" * 50_000)
    assert names(deep) == {"deep.py"}


def test_only_a_moved_file_of_ours_that_is_not_there_is_looked_for_elsewhere(tmp_path) -> None:
    (end, new), *_ = MOVED.items()
    gone, there = Path("/elsewhere") / end, tmp_path / end
    assert placed(gone) == PACKAGE / new
    assert placed(gone).is_file()
    there.parent.mkdir(parents=True)
    there.touch()
    assert placed(there) == there
    assert placed(Path("/elsewhere/blind_rule.py")) == Path("/elsewhere/blind_rule.py")
    assert read(gone).ours
    assert not read(there).ours
