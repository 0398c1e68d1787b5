"""A command in a process forked from this one, where everything is loaded: a tenth of a new one's time.

What fails in it fails for real: strace is attached to it before its first step. Only the start is spared.
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from .processes import Ended, environment

SET_PTRACER, ANYONE = 0x59616D61, -1  # of prctl: else a system may let only a parent trace
SECONDS = 60


def forked(arguments: Sequence[str], root: Path, trace: Sequence[str] = ()) -> Ended:
    """Carry out a command in a forked process, and wait for its end.

    Args:
        root: its working folder.
        trace: strace and its arguments, without those of a program.

    Raises:
        RuntimeError: it cannot be traced.
    """
    from steepest.cli import run  # so that the process finds it loaded

    waiting, go = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.close(go)
            _carry_out(run, arguments, root, waiting, (out.fileno(), err.fileno()))
        os.close(waiting)
        tracer = subprocess.Popen([*trace, "-p", str(child)], stderr=subprocess.PIPE) if trace else None
        said = tracer.stderr.readline() if tracer and tracer.stderr else b""
        if tracer and b"attached" not in said:
            os.kill(child, signal.SIGKILL)
        os.close(go)  # it begins
        _, status = os.waitpid(child, 0)
        if tracer:
            tracer.communicate()
        if tracer and b"attached" not in said:
            raise RuntimeError(said.decode(errors="replace").strip() or "strace could not be attached")
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Ended(os.waitstatus_to_exitcode(status), *texts)


def _carry_out(run, arguments: Sequence[str], root: Path, waiting: int, outputs: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    """Become the command: never returns."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(SET_PTRACER, ANYONE, 0, 0, 0)
        os.chdir(root)
        os.environ.update(environment(root))
        for number, file in enumerate(outputs, start=1):
            os.dup2(file, number)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.alarm(SECONDS)
        os.read(waiting, 1)
        code = run(arguments)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                code = code or 120  # as Python ends where it cannot flush
        os._exit(code)
