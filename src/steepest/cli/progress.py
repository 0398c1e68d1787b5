"""What a person sees while many runs are made: a bar on a terminal, some lines elsewhere."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, Protocol

from ..verbs.progress import Meter
from .ending import says_how_to_go_on

LINES = 10  # per stage, where there is no terminal


class Shows(Protocol):
    """What shows events, and says which it shows."""

    def shows(self, event: Any) -> bool:
        """Show an event; say whether it is one to be shown."""

    def close(self) -> None:
        """Take away what is shown meanwhile."""


def watched(events: Generator[Any], tell: Callable[[Any], None], display: Shows | None = None) -> None:
    """Show a verb's events, finished runs by default, and tell those that are not to be shown.

    Raises:
        StoppedError, SystemExit: as ``says_how_to_go_on``.
    """
    display = display or SweepDisplay()
    with says_how_to_go_on(display.close), closing(events):
        for event in events:
            if not display.shows(event):
                display.close()
                tell(event)


class SweepDisplay:
    """Shows finished runs on standard error: a bar on a terminal, some lines elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._meter = Meter("runs", self._live)
        self._told, self._began = 0, time.monotonic()

    def shows(self, event: Any) -> bool:
        """Show the next finished run; say whether the event is one."""
        from ..comparison.work import Made

        if not isinstance(event, Made):
            return False
        if event.number == 1:
            self._told, self._began = 0, time.monotonic()
        self._meter.at(event.stage, event.number, event.total)
        share = event.number * LINES // event.total
        if not self._live and share > self._told:
            self._told = share
            seconds = time.monotonic() - self._began
            line = f"{event.stage} {event.number}/{event.total}  {seconds:.0f} s"
            print(line, file=sys.stderr, flush=True)
        return True

    def close(self) -> None:
        """Take the bar away."""
        self._meter.close()
