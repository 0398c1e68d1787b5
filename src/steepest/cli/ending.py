"""How a long command ends when the system asks it to."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import DISK_FULL, StoppedError

AGAIN = "Finished runs are kept: the same command goes on."


class Terminated(BaseException):
    """SIGTERM came."""


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that the command ends between two instructions and says how to go on."""

    def stop(number: int, frame: Any) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def says_how_to_go_on(close: Callable[[], None]) -> Iterator[None]:
    """End a command that trains many runs with a line that says how to go on, whatever stops it.

    Args:
        close: takes away what is shown meanwhile, before the line is printed.

    Raises:
        StoppedError: SIGTERM came, or the disk is full.
        SystemExit: with code 130 on Ctrl-C, once the line is printed.
    """
    try:
        with terminable():
            yield
    except KeyboardInterrupt:
        close()
        print(f"\nStopped. {AGAIN}", file=sys.stderr)
        raise SystemExit(130) from None
    except Terminated:
        raise StoppedError(f"Terminated. {AGAIN}") from None
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise StoppedError(f"The disk is full. Make room. {AGAIN}") from error
    finally:
        close()
