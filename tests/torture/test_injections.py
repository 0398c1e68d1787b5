"""Some calls of a run on its folder fail: the documented end, one line, and the same bytes afterwards."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from torture import injections
from torture.injections import Call, unable


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("injected")
    if reason := unable(root):
        pytest.skip(reason)
    return root


def test_calls_are_those_of_the_main_thread_on_the_folder_by_their_number(tmp_path):
    log = tmp_path / "log"
    log.write_text(
        '7 openat(AT_FDCWD</x>, "/usr/lib/a.so", O_RDONLY) = 3\n'
        '7 openat(AT_FDCWD</x>, "/r/run/.last.safetensors.ab12cd_9.part", O_RDWR) = 4</r/run/.last.part>\n'
        '8 openat(AT_FDCWD</x>, "/r/run/other", O_RDONLY) = 5\n'
        "7 fsync(4</r/run/.last.safetensors.ab12cd_9.part>) = 0\n"
        "7 fsync(5</r/run>) = 0\n"
        '7 openat(AT_FDCWD</x>, "/r/run2/a", O_RDONLY) = 3\n'
        "7 +++ exited with 0 +++\n"
    )
    assert list(injections._on_folder(log, tmp_path.__class__("/r/run"))) == [
        Call("openat", 2, ".last.safetensors.part"),
        Call("fsync", 1, ".last.safetensors.part"),
        Call("fsync", 2, "."),
    ]


def test_calls_that_fail_lose_nothing(place):
    """In a process of its own: other tests take the waiting for the disk away from theirs."""
    words = [sys.executable, "-m", "torture", "--part", "injections", "--count", "6", "--seed", "2", "--jobs", "1"]
    places = ["--folder", place / "state", "--results", place / "results", "--page", place / "page.md"]
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([*words, *places], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((place / "results" / "injections.json").read_text())
    assert (result["trials"], result["failed"]) == (6, 0)
    (known,) = place.glob("state/*/injections/listed")
    kinds = {each.kind for each in injections._on_folder(known.with_suffix(".log"), known)}
    assert {"openat", "write", "fsync", "rename"} <= kinds
