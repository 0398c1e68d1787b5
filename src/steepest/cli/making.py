"""What a person sees while many runs are made."""

import sys
import time
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from .ending import says_how_to_go_on

if TYPE_CHECKING:
    from ..comparison.work import Made

LINES = 10  # per stage, where there is no terminal
Answer = TypeVar("Answer")


def watched(making: "Generator[Made, None, Answer]") -> Answer:
    """Show each finished run, and return what the generator returns.

    Raises:
        StoppedError: SIGTERM came, or the disk is full; the line says how to go on.
        SystemExit: with code 130 on Ctrl-C, once the line that says how to go on is printed.
    """
    display = Display()
    with says_how_to_go_on(display.close), closing(making):
        while True:
            try:
                display.made(next(making))
            except StopIteration as end:
                answer: Answer = end.value
                return answer


class Display:
    """Shows finished runs on standard error: a bar on a terminal, some lines elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._bar: Any = None
        self._stage, self._told, self._began = "", 0, time.monotonic()

    def made(self, event: "Made") -> None:
        """Take the next finished run."""
        if event.stage != self._stage or event.number == 1:
            self._begin(event)
        self._bar.n = event.number
        self._bar.refresh()
        share = event.number * LINES // event.total
        if not self._live and share > self._told:
            self._told = share
            seconds = time.monotonic() - self._began
            print(
                f"{event.stage} {event.number}/{event.total}  {seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )

    def _begin(self, event: "Made") -> None:
        from tqdm import tqdm

        self.close()
        self._stage, self._told = event.stage, 0
        self._bar = tqdm(
            total=event.total,
            desc=event.stage,
            unit=" runs",
            disable=not self._live,
            leave=False,
            dynamic_ncols=True,
            bar_format="{desc} {bar} {n_fmt}/{total_fmt} runs  {elapsed}, {remaining} left",
        )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
