"""What a person sees while many runs are made, and how the command ends when it is stopped on the way."""

import sys
import time
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import DISK_FULL, StoppedError
from .ending import Terminated, terminable

if TYPE_CHECKING:
    from ..comparison.work import Made

LINES = 10  # per stage, where there is no terminal
AGAIN = "Finished runs are kept: the same command goes on."
Answer = TypeVar("Answer")


def watched(making: "Generator[Made, None, Answer]") -> Answer:
    """Show each finished run, and return what the generator returns.

    Raises:
        StoppedError: SIGTERM came, or the disk is full; the line says how to go on.
        SystemExit: with code 130 on Ctrl-C, once the line that says how to go on is printed.
    """
    display = Display()
    try:
        with terminable(), closing(making):
            while True:
                try:
                    display.made(next(making))
                except StopIteration as end:
                    answer: Answer = end.value
                    return answer
    except KeyboardInterrupt:
        display.close()
        print(f"\nStopped. {AGAIN}", file=sys.stderr)
        raise SystemExit(130) from None
    except Terminated:
        raise StoppedError(f"Terminated. {AGAIN}") from None
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise StoppedError(f"The disk is full. Make room. {AGAIN}") from error
    finally:
        display.close()


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
