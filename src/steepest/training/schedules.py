"""Learning-rate schedules: progress through the run in [0, 1] -> a factor on the learning rate."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, floor, pi
from typing import Any

from ..errors import UnknownName, UserError, find_name
from ..specification import Specification


@dataclass(frozen=True)
class Constant:
    """The same learning rate throughout: ``factor = 1``."""

    def factor(self, progress: float, epochs: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class StepDecay:
    """Multiply by ``gamma`` after every ``every`` epochs: ``factor = gamma ** (epochs done // every)``."""

    every: int
    gamma: float = 0.1

    def factor(self, progress: float, epochs: int) -> float:
        """Return gamma to the number of whole periods that have passed."""
        return float(self.gamma ** (_epochs_done(progress, epochs) // self.every))


@dataclass(frozen=True)
class Exponential:
    """Multiply by ``gamma`` after every epoch: ``factor = gamma ** epochs done``."""

    gamma: float = 0.9

    def factor(self, progress: float, epochs: int) -> float:
        """Return gamma to the number of whole epochs that have passed."""
        return float(self.gamma ** _epochs_done(progress, epochs))


@dataclass(frozen=True)
class Cosine:
    """Fall from 1 to ``floor`` along half a cosine, after a linear warm-up.

    factor = floor + (1 - floor) * (1 + cos(pi * x)) / 2, where x is the progress after the warm-up

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without restarts.
    """

    floor: float = 0.0
    warmup: float = 0.0

    def factor(self, progress: float, epochs: int) -> float:
        """Return the warm-up's or the cosine's value."""
        if progress < self.warmup:
            return progress / self.warmup
        done = (progress - self.warmup) / (1 - self.warmup)
        return self.floor + (1 - self.floor) * _half_cosine(done)


@dataclass(frozen=True)
class OneCycle:
    """Rise from ``start`` to 1 over the first ``peak`` of the run, then fall to ``end``.

    Both legs are ``legs``: linear or cosine.

    Source: Smith and Topin 2018, https://arxiv.org/abs/1708.07120; the momentum is not cycled.
    """

    peak: float = 0.3
    start: float = 0.04
    end: float = 0.0
    legs: str = "cosine"

    def factor(self, progress: float, epochs: int) -> float:
        """Return the value on the rising or on the falling leg."""
        if progress < self.peak:
            return self._leg(self.start, 1.0, progress / self.peak)
        return self._leg(1.0, self.end, (progress - self.peak) / (1 - self.peak))

    def _leg(self, first: float, last: float, done: float) -> float:
        share = 1 - _half_cosine(done) if self.legs == "cosine" else done
        return first + (last - first) * share


Schedule = Constant | StepDecay | Exponential | Cosine | OneCycle
SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": StepDecay,
    "exponential": Exponential,
    "cosine": Cosine,
    "one-cycle": OneCycle,
}

_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "every": (lambda x: isinstance(x, int) and x >= 1, "a whole number of epochs, at least 1"),
    "gamma": (lambda x: _is_number(x) and 0 < x <= 1, "a number in (0, 1]"),
    "floor": (lambda x: _is_number(x) and 0 <= x <= 1, "a fraction of the learning rate in [0, 1]"),
    "warmup": (lambda x: _is_number(x) and 0 <= x < 1, "a fraction of the run in [0, 1)"),
    "peak": (lambda x: _is_number(x) and 0 <= x < 1, "a fraction of the run in [0, 1)"),
    "start": (lambda x: _is_number(x) and 0 <= x <= 1, "a fraction of the learning rate in [0, 1]"),
    "end": (lambda x: _is_number(x) and 0 <= x <= 1, "a fraction of the learning rate in [0, 1]"),
    "legs": (lambda x: x in ("linear", "cosine"), "linear or cosine"),
}


def choose_schedule(text: str) -> Schedule:
    """Return the schedule that ``text`` names, such as ``step:every=15`` or ``one-cycle:legs=linear``.

    Raises:
        UnknownName: no schedule, or none of its settings, has this name.
        UserError: a value is outside its range, or a needed one is missing.

    >>> choose_schedule("exponential:gamma=0.5").factor(progress=0.5, epochs=4)
    0.25
    """
    written = Specification.parse(text)
    cls = SCHEDULES[find_name("schedule", written.name, SCHEDULES)]
    for key, value in written.settings.items():
        if key not in cls.__dataclass_fields__:
            known = list(cls.__dataclass_fields__) or ["none"]
            raise UnknownName(f"setting of the schedule {written.name}", key, known)
        admits, range_text = _RANGES[key]
        if not admits(value):
            raise UserError(f"{written.name}: {key} must be {range_text}, not {value}.")
    try:
        return cls(**written.settings)  # type: ignore[arg-type]
    except TypeError:
        raise UserError("The schedule `step` needs its period: `step:every=15`.") from None


def _half_cosine(done: float) -> float:
    return (1 + cos(pi * done)) / 2


def _epochs_done(progress: float, epochs: int) -> int:
    # a step's progress is k / n in floating point: at an epoch's first step it may fall short by rounding
    return floor(progress * epochs + 1e-9)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
