"""How a long command ends when the system asks it to."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import StoppedError, trouble

AGAIN = "Finished runs are kept: the same command goes on."
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Terminated(BaseException):
    """SIGTERM came, or SIGHUP: the terminal went away."""


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception: a command ends between two instructions and says how to go on.

    Under ``nohup`` a SIGHUP stays unheard.
    """

    def stop(number: int, frame: Any) -> None:
        raise Terminated

    before = {each: signal.signal(each, stop) for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def says_how_to_go_on(close: Callable[[], None]) -> Iterator[None]:
    """End a command that trains many runs with a line that says how to go on, whatever stops it.

    Args:
        close: takes away what is shown meanwhile, before the line is printed.

    Raises:
        StoppedError: SIGTERM or SIGHUP came, or the machine lacks something: the disk is full.
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
    except (OSError, MemoryError, RuntimeError) as error:
        if (why := trouble(error)) is None:
            raise
        raise StoppedError(f"{why} {AGAIN}") from error
    finally:
        close()


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Hold a Ctrl-C back until the block is done.

    Libraries catch whatever is raised while they look for their optional parts, a ``KeyboardInterrupt`` too:
    a run that somebody stopped within its first second went on.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C was pressed.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # who ignores it, or hears it in another way, is left in peace
        return
    pressed = []

    def note(number: int, frame: Any) -> None:
        pressed.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt


def load_torch() -> None:
    """Import torch; a Ctrl-C meanwhile is heard when it is there."""
    with ctrl_c_waits():
        import torch  # noqa: F401  (what is imported later finds it loaded)

        from ..plan import keep_freed_memory
    keep_freed_memory()
