"""What a person sees while something takes long: a bar in a terminal and in a notebook, silence elsewhere."""

import sys
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..sweeping import Engine
    from ..training.history import Progress
    from ..training.preparation import Setup

Event = TypeVar("Event")
Place = tuple[str, int, int]  # what is done, how much of it, and how much there is
COUNTED = "{desc} {bar} {n_fmt}/{total_fmt}{unit}  {elapsed}, {remaining} left"
SHARE = "{desc} {bar} {percentage:3.0f}%  {postfix}"


def bar(total: int, unit: str, show: bool | None = None, form: str = COUNTED) -> Any:
    """Return a bar of tqdm's; move it by ``update(n)``, and ``close()`` it.

    Args:
        total: of what is counted.
        unit: what is counted, such as ``runs``.
        show: False is silence; None shows it in a terminal and in a notebook.
        form: what stands around the bar, in tqdm's words.
    """
    with warnings.catch_warnings():  # a notebook without ipywidgets gets the terminal's bar, that is all
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    if show is None:
        show = sys.stderr.isatty() or in_notebook()
    return tqdm(total=total, unit=f" {unit}", disable=not show, leave=False, dynamic_ncols=True, bar_format=form)


def in_notebook() -> bool:
    """Say whether this Python is a notebook's kernel."""
    # whoever is in a notebook has IPython loaded: it is not imported for the question
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in shell.config


class RunBar:
    """The bar of one training run, of which so many epochs are done; ``show`` is as for ``bar``."""

    def __init__(self, setup: "Setup", done: int = 0, show: bool | None = None) -> None:
        self._epochs, self._images = setup.config.epochs, len(setup.dataset.train)
        self._bar = bar(self._images * self._epochs, "images", show, SHARE)
        self.reach(done)

    def progress(self, event: "Progress") -> None:
        """Move the bar within an epoch."""
        if self._bar.disable:
            return
        self._bar.set_description_str(f"epoch {event.epoch}/{self._epochs}", refresh=False)
        self._bar.set_postfix_str(
            f"loss {event.loss:.4f}  accuracy {event.accuracy:.2%}  "
            f"{event.samples_per_second:,.0f} samples/s  {_clock(event.seconds_left)} left",
            refresh=False,
        )
        self.reach(event.epoch - 1 + event.step / event.steps)

    def reach(self, epochs: float) -> None:
        """Move the bar to where so many epochs are done."""
        self._bar.n = int(epochs * self._images)
        self._bar.refresh()

    def write(self, line: str) -> None:
        """Write a line above the bar, on standard error."""
        self._bar.write(line, file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Meter:
    """A bar for one stage after the other; ``unit`` and ``show`` are as for ``bar``."""

    def __init__(self, unit: str, show: bool | None = None) -> None:
        self._unit, self._show = unit, show
        self._stage, self._bar = "", bar(0, unit, False)

    def at(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is; another one than before gets a bar of its own."""
        if stage != self._stage or done < self._bar.n:
            self.close()
            self._stage, self._bar = stage, bar(total, self._unit, self._show)
            self._bar.set_description_str(stage, refresh=False)
        self._bar.n, self._bar.total = done, total
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def shown(
    events: Generator[Event], place: Callable[[Event], Place | None], progress: bool | None, unit: str = "runs"
) -> Iterator[Event]:
    """Yield a verb's events as they come, and show how far they are, where an event has a place.

    They are closed when whoever asks for them stops; ``progress`` and ``unit`` are as for ``bar``.
    """
    meter = Meter(unit, progress)
    try:
        with closing(events):
            for event in events:
                if (where := place(event)) is not None:
                    meter.at(*where)
                yield event
    finally:
        meter.close()


def last_of(events: Iterator[Any]) -> Any:
    """Return the last event: what the verb came to."""
    return deque(events, maxlen=1).pop()


def engine_from(engine: "Engine | str", workers: int | None, scheduler: str | None) -> "Engine":
    """Return the engine that a call asks for, by its name or as it is.

    Raises:
        UserError: as of ``engine_of``.
    """
    from ..sweeping import engine_of

    return engine_of(engine, workers, scheduler) if isinstance(engine, str) else engine
