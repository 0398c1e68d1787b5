"""Loading what takes a second, such that a Ctrl-C meanwhile is not lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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
