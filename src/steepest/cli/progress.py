"""What a person sees while a run trains: a bar on a terminal, a line per epoch elsewhere."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..history import Epoch, Progress
    from ..preparation import Setup


class Display:
    """Shows events on standard error.

    Args:
        setup: the run about to be shown.
        done: epochs done before.
    """

    def __init__(self, setup: "Setup", done: int = 0) -> None:
        from tqdm import tqdm

        self._epochs = setup.config.epochs
        self._live = sys.stderr.isatty()
        self._bar: Any = tqdm(
            total=len(setup.dataset.train) * self._epochs,
            initial=len(setup.dataset.train) * done,
            unit=" images",
            unit_scale=True,
            disable=not self._live,
            leave=False,
            dynamic_ncols=True,
            bar_format="{desc} {bar} {percentage:3.0f}%  {postfix}",
        )
        self._images = len(setup.dataset.train)

    def progress(self, event: "Progress") -> None:
        """Move the bar."""
        if not self._live:
            return
        self._bar.set_description_str(f"epoch {event.epoch}/{self._epochs}", refresh=False)
        self._bar.set_postfix_str(
            f"loss {event.loss:.4f}  accuracy {event.accuracy:.2%}  "
            f"{event.samples_per_second:,.0f} samples/s  {_clock(event.seconds_left)} left",
            refresh=False,
        )
        self._bar.n = int((event.epoch - 1 + event.step / event.steps) * self._images)
        self._bar.refresh()

    def epoch(self, event: "Epoch") -> None:
        """Write the epoch's line."""
        from ..reporting.text import epoch_line

        line = epoch_line(event.row, self._epochs, event.seconds)
        self._bar.n = int(event.row["epoch"]) * self._images
        self._bar.write(line, file=sys.stderr) if self._live else print(line, file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
