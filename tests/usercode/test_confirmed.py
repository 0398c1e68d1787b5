"""The list of confirmed code: one line a hash, the user's own, and never a traceback."""

import json
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from code_fakes import forget
from steepest.usercode.confirmed import confirmed_hashes, keep, list_place, trust

ONE, TWO = "1" * 64, "2" * 64


def test_a_line_tells_hash_day_and_path_and_holds_for_the_next_process(
    nothing_confirmed: Path, monkeypatch
) -> None:
    keep({"a b\n.py": ONE})
    keep({"a b\n.py": ONE, "two.py": TWO})
    first, second = nothing_confirmed.read_text().splitlines()
    digest, day, path = first.split(" ", 2)
    assert (digest, len(day), json.loads(path)) == (ONE, 10, str(Path("a b\n.py").absolute()))
    assert second.startswith(TWO)
    forget(monkeypatch)
    assert confirmed_hashes() == {ONE, TWO}
    nothing_confirmed.write_text(first + "\n")  # a line is taken away
    assert confirmed_hashes() == {ONE}
    nothing_confirmed.unlink()
    assert confirmed_hashes() == set()


def test_a_worker_trusts_without_writing(nothing_confirmed: Path) -> None:
    trust([ONE])
    assert confirmed_hashes() == {ONE}
    assert not nothing_confirmed.exists()


@pytest.mark.parametrize(
    "content", [b"\xff\x00\xfe", b"", b"\n\n", ONE.encode(), b"x" * 100_000, b"1" * 63 + b" a b\n"]
)
def test_what_is_damaged_confirms_nothing_and_is_mended(
    nothing_confirmed: Path, content: bytes, monkeypatch
) -> None:
    nothing_confirmed.parent.mkdir(parents=True)
    nothing_confirmed.write_bytes(content)
    assert confirmed_hashes() == set()
    keep({"two.py": TWO})
    forget(monkeypatch)
    assert confirmed_hashes() == {TWO}
    assert nothing_confirmed.read_text().count("\n") == 1


@pytest.mark.parametrize("place", ["a folder in its place", "a file in its folder's place", "a relative home"])
def test_where_it_cannot_be_written_this_process_remembers_and_says_so_once(
    nothing_confirmed: Path, place: str, tmp_path: Path, monkeypatch
) -> None:
    if place == "a folder in its place":
        nothing_confirmed.mkdir(parents=True)
    elif place == "a file in its folder's place":
        (tmp_path / "cache").write_text("")
    else:
        monkeypatch.setattr("platformdirs.user_cache_path", lambda name: Path("~/.cache") / name)
        monkeypatch.chdir(tmp_path)
    said: list[str] = []
    keep({"one.py": ONE}, said.append)
    keep({"two.py": TWO}, said.append)
    assert confirmed_hashes() == {ONE, TWO}
    assert len(said) == 1
    assert said[0].startswith("The list of confirmed code cannot be written (")
    assert not (tmp_path / "~").exists()


def test_without_a_listener_it_warns(nothing_confirmed: Path) -> None:
    nothing_confirmed.mkdir(parents=True)
    with pytest.warns(UserWarning, match="holds for this process alone"):
        keep({"one.py": ONE})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keep({"two.py": TWO})


def test_many_writers_lose_no_line(nothing_confirmed: Path, monkeypatch) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: keep({f"{number}.py": f"{number:064d}"}), range(20)))
    forget(monkeypatch)
    assert len(confirmed_hashes()) == 20


@pytest.mark.skipif(os.name == "nt", reason="no HOME there")
def test_without_a_home_there_is_no_traceback(tmp_path: Path) -> None:
    text = (
        "from steepest.usercode.confirmed import keep, confirmed_hashes\n"
        f"keep({{'a.py': '{ONE}'}}, print)\nassert '{ONE}' in confirmed_hashes()\n"
    )
    bare = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
    bare["HOME"] = "/dev/null"
    done = subprocess.run(
        [sys.executable, "-c", text], env=bare, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("The list of confirmed code cannot be written (")
    assert done.stderr == ""


def test_it_lies_neither_with_the_data_nor_in_the_folder_of_the_data(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "shared"))
    assert not list_place().is_relative_to(tmp_path / "shared")
