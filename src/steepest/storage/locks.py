"""A lock between processes that says who has it. It is the system's, and ends with the process."""

import errno
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ..errors import UserError

UNLOCKABLE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)  # what file systems without locks say


@contextmanager
def locked(path: Path, doing: str, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Keep every other process from the same lock until the block ends.

    What a killed process leaves is a file with no lock on it, which the next one takes.

    Args:
        path: the lock's file; its folder must be there. It stays: taking it away would make two locks of one.
        doing: what who has it does, to say so: ``is training runs/a``.
        wait: is told who has the lock before it is waited for; None refuses at once.

    Raises:
        UserError: another process has it and nobody wants to wait, or the file system has no locks.
        OSError: the file cannot be made.
    """
    from filelock import FileLock, Timeout, UnixFileLock

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        told = f"Another process {doing} right now{holder(path)}."
        if wait is None:
            raise UserError(f"{told} Wait until it has ended.") from None
        wait(f"{told} Waiting for it.")
        lock.acquire()
    except OSError as error:
        if error.errno not in UNLOCKABLE:
            raise
        raise UserError(
            f"The file system of {path.parent} has no locks, and without one two processes could write the same "
            f"files ({error.strerror}). Choose a folder on another."
        ) from error
    named = isinstance(lock, UnixFileLock)  # other kinds keep their own words in the file
    try:
        if named:
            _write(path, _words())
        yield
    finally:
        if named:
            _write(path, "")
        lock.release()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until nobody else is in such a block of the same folder; where folders have no locks, nobody waits.

    It leaves no file: for what takes a moment, such as a page and its pictures, which must be of one making.

    Raises:
        OSError: there is no such folder.
    """
    if os.name == "nt":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _words() -> str:
    now = datetime.now().astimezone().isoformat(" ", "seconds")
    return json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": now})


def _write(path: Path, words: str) -> None:
    """Write who has the lock, in place: a rename would take the file away from under it."""
    with suppress(OSError):  # no name is no harm
        path.write_text(words)


def holder(path: Path) -> str:
    """Return who has a lock, in brackets; nothing where that is not known for sure.

    A process that was killed leaves its name in the file; whoever takes the lock next puts its own there.
    """
    try:
        who = json.loads(path.read_bytes())
        host, pid, since = str(who["host"]), int(who["pid"]), str(who["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if host == socket.gethostname() and not _alive(pid):
        return ""
    return f" (process {pid} on {host}, since {since})"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's is alive too
        return True
    return True
