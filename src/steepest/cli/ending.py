"""How a long command ends when the system asks it to."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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
