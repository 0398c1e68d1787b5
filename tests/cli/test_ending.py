"""How long commands end: Ctrl-C, SIGTERM, SIGHUP, a full disk; and a Ctrl-C that meets a library as it loads."""

import errno
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from steepest.cli import progress
from steepest.cli.ending import Terminated, ctrl_c_waits, says_how_to_go_on, terminable
from steepest.errors import StoppedError
from verb_fixtures import FIXED, Call, ask

__all__ = ["ask"]


def test_ctrl_c_and_sigterm_say_how_to_go_on(ask: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = progress.SweepDisplay.shows
    for number, code, words in [
        (signal.SIGINT, 130, "Stopped. Finished runs are kept: the same command goes on."),
        (signal.SIGTERM, 75, "Terminated. Finished runs are kept: the same command goes on."),
        (signal.SIGHUP, 75, "Terminated. Finished runs are kept: the same command goes on."),
    ]:

        def stop(display: Any, event: Any, number: int = number) -> bool:
            if event.number == 4:
                signal.raise_signal(number)
            return shown(display, event)

        monkeypatch.setattr(progress.SweepDisplay, "shows", stop)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            done = ask(*FIXED, "--out", f"stopped-{number}")
        finally:
            signal.signal(signal.SIGINT, before)
        assert done.code == code
        assert words in done.err
        assert 4 <= len(list(Path(f"stopped-{number}").glob("runs/*/outcome.json"))) < 12
    monkeypatch.setattr(progress.SweepDisplay, "shows", shown)
    assert ask(*FIXED, "--out", f"stopped-{signal.SIGTERM}").code == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_to_end_is_an_exception_within_the_block_alone(name: str) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with pytest.raises(Terminated), terminable():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_what_nohup_keeps_from_a_command_stays_unheard() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminable():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_the_machine_lacks_says_how_to_go_on_and_other_errors_are_left_alone() -> None:
    closed: list[bool] = []
    for error, words in [
        (OSError(errno.ENOSPC, "No space left on device"), r"disk is full.*Make room.*Finished runs are kept"),
        (MemoryError(), "not enough memory.*Finished runs are kept"),
    ]:
        with pytest.raises(StoppedError, match=words), says_how_to_go_on(lambda: closed.append(True)):
            raise error
    with pytest.raises(OSError, match="denied"), says_how_to_go_on(lambda: closed.append(True)):
        raise OSError(errno.EACCES, "denied")
    assert closed == [True, True, True]


PROGRAM = """
import sys, time
from steepest import cli
from steepest.cli.ending import says_how_to_go_on
def verb(*_, **__):
    with says_how_to_go_on(lambda: None):
        open(sys.argv[1], "w").close()
        time.sleep(60)
cli.application = lambda asked: verb
sys.exit(cli.run(["compare"]))
"""


def test_a_terminal_that_is_closed_leaves_code_75(tmp_path: Path) -> None:
    """Nothing can be said any more; whoever started the command sees that it can go on."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0){PROGRAM}",
         str(tmp_path / "begun")],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None, os.read(ours, 9999)
        os.close(ours)
        assert process.wait(20) == 75
    finally:
        process.kill()


# Loading.


@pytest.fixture
def hears():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears")
def test_a_ctrl_c_that_a_library_would_swallow_is_raised_at_the_end():
    done = []

    def load():
        with ctrl_c_waits():
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        load()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ctrl_c_waits():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
