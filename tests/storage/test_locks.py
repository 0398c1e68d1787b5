"""One process at a time: the second is told who has the lock, or waits; and who was killed has none."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steepest.errors import UserError
from steepest.storage.locks import alone_in, holder, locked

WRITER = """
import sys, time
from pathlib import Path
from steepest.storage.locks import alone_in
folder, name = Path(sys.argv[1]), sys.argv[2]
for _ in range(20):
    with alone_in(folder):
        for part in "ab":
            (folder / part).write_text(name)
            time.sleep(0.001)
        assert (folder / "a").read_text() == (folder / "b").read_text() == name
"""
OTHER = """
import sys
from pathlib import Path
from steepest.storage.locks import locked
with locked(Path(sys.argv[1]), "is at work"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Let another process hold a lock until its standard input is closed, or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield other


def test_the_second_is_told_who_has_it_and_a_killed_owner_has_it_no_more(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with held_by_another(path) as other:
        for _ in range(2):  # looking does not take the owner's name away
            with pytest.raises(UserError) as caught, locked(path, "is at work"):
                pass
            told = str(caught.value)
            assert told.startswith("Another process is at work right now (process ")
            assert f"process {other.pid} on {socket.gethostname()}, since 2" in told
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert str(other.pid) in path.read_text()
    assert holder(path) == ""  # the name of a process that is gone would mislead
    with locked(path, "is at work"):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert path.read_text() == ""


def test_who_waits_is_told_once_and_gets_it_when_it_is_free(tmp_path: Path) -> None:
    path, told = tmp_path / ".lock", list[str]()
    with held_by_another(path) as other:

        def wait(line: str) -> None:
            told.append(line)
            assert other.stdin is not None
            other.stdin.close()

        with locked(path, "is at work", wait):
            assert other.wait(10) == 0
    assert len(told) == 1
    assert told[0].endswith("Waiting for it.")


@pytest.mark.parametrize(
    "words", ["", "{", "[]", '{"host": "x"}', '{"host": "a", "pid": "b", "since": 1}', "\xff"]
)
def test_words_that_say_nothing_are_not_told(words: str, tmp_path: Path) -> None:
    (tmp_path / ".lock").write_bytes(words.encode("latin1"))
    assert holder(tmp_path / ".lock") == ""


def test_a_process_of_another_host_is_named(tmp_path: Path) -> None:
    who = {"host": "elsewhere", "pid": 7, "since": "2026-01-02 03:04:05+00:00"}
    (tmp_path / ".lock").write_text(json.dumps(who))
    assert holder(tmp_path / ".lock") == " (process 7 on elsewhere, since 2026-01-02 03:04:05+00:00)"


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import fcntl

    def none(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with (
        pytest.raises(UserError, match=r"has no locks.*Choose a folder on another"),
        locked(tmp_path / "x", "works"),
    ):
        pass


def test_two_writers_of_one_folder_do_not_mix_and_leave_no_lock_file(tmp_path: Path) -> None:
    calls = [[sys.executable, "-c", WRITER, str(tmp_path), name] for name in ("one", "two")]
    writers = [subprocess.Popen(call, stderr=subprocess.PIPE) for call in calls]
    assert [each.communicate(timeout=60)[1] for each in writers] == [b"", b""]
    assert {each.name for each in tmp_path.iterdir()} == {"a", "b"}
    with pytest.raises(FileNotFoundError), alone_in(tmp_path / "none"):
        pass
