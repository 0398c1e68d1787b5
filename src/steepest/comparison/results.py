"""What a reporting run came to, and the number of it that is compared."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite, log
from typing import Any, Literal, Self

import numpy as np

from ..errors import UserError

Metric = Literal["accuracy", "loss", "steps", "passes", "seconds"]
TIMES = ("steps", "passes", "seconds")  # clocks until the target accuracy on the validation split
# Half a point of accuracy is what five images of a thousand make; a fiftieth of a nat is as hard to see.
MARGINS = {"accuracy": 0.005, "loss": 0.02}
TIME_MARGIN = 0.05  # share of the common horizon, which is about the time that a run has in all


@dataclass(frozen=True)
class Criterion:
    """What is compared.

    Args:
        metric: ``accuracy`` or ``loss`` on the test split, or ``steps``, ``passes`` or ``seconds`` to the target.
        target: validation accuracy to be reached; None where nobody asked.
        margin: the largest difference that does not matter: an accuracy, nats of loss, or of times a share of
            their common horizon (see ``comparison.horizon``); 0 asks for no equivalence.
        images: whether the verdict is to hold for new test images too.
    """

    metric: Metric = "accuracy"
    target: float | None = None
    margin: float = MARGINS["accuracy"]
    images: bool = False

    def __post_init__(self) -> None:
        if self.metric in TIMES and self.target is None:
            raise UserError(
                f"--metric {self.metric} is the time to a validation accuracy: give it, such as --target 0.95."
            )
        if self.target is not None and not 0 < self.target < 1:
            raise UserError(f"--target is an accuracy in (0, 1), such as 0.95, not {self.target:g}.")
        if self.images and self.metric != "accuracy":
            raise UserError("--test-images asks which images are right: it goes with --metric accuracy.")
        self._refuse_margin()

    def _refuse_margin(self) -> None:
        what, end = "an accuracy, where 0.005 is half a point: from 0 to below 1", 1.0
        if self.metric == "loss":
            what, end = "in nats of loss, such as 0.02: 0 or above", float("inf")
        elif self.is_time:
            what = "a share of the time, such as 0.05: from 0 to below 1"
        if not 0 <= self.margin < end:
            raise UserError(f"--margin is {what}, not {self.margin:g}.")

    @classmethod
    def asked(cls, metric: Metric, target: float | None, margin: float | None, images: bool) -> Self:
        """Return the criterion that a user's values ask for; the margin has a default for each metric."""
        default = MARGINS.get(metric, TIME_MARGIN)
        return cls(metric, target, default if margin is None else margin, images)

    @property
    def is_time(self) -> bool:
        """Whether a time to the target is compared, and so may be censored."""
        return self.metric in TIMES


@dataclass(frozen=True)
class Arrival:
    """When a run first reached the target, at an epoch's end."""

    steps: int
    passes: int
    seconds: float


@dataclass(frozen=True)
class Result:
    """One reporting run; its last weights, never the best epoch's, are measured on the test split.

    Args:
        unit: the study or, at fixed settings, the seed's place: counted from 0.
        settings: tuned values by name; empty at fixed settings.
        accuracy: on the test split; chance where training diverged.
        loss: on the test split, in nats; infinite where training diverged.
        arrival: at the target; None where it was not reached, or none was asked.
        weights: SHA-256 of the trained tensors; empty where training diverged.
        correct: which test images were right, as packed bits in base 64; empty unless asked.
        made: number of the environment it was made in.
    """

    side: str
    unit: int
    seed: int
    settings: Mapping[str, float]
    accuracy: float
    loss: float
    diverged: bool
    forwards: int
    backwards: int
    seconds: float
    steps: int
    epochs: int
    arrival: Arrival | None = None
    weights: str = ""
    key: str = field(default="", compare=False)
    correct: str = ""
    made: int = 0

    @property
    def passes(self) -> int:
        """Forward and backward passes together."""
        return self.forwards + self.backwards

    def to_dict(self) -> dict[str, Any]:
        """Return every value by name, as JSON holds it."""
        return {**asdict(self), "loss": self.loss if isfinite(self.loss) else None}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the result that ``to_dict`` wrote."""
        arrival = None if values["arrival"] is None else Arrival(**values["arrival"])
        loss = float("inf") if values["loss"] is None else values["loss"]
        return cls(**{**values, "arrival": arrival, "loss": loss})


def loss_or_worst(results: Sequence[Result], classes: int) -> list[float]:
    """Return each run's loss, and a finite number for those that diverged.

    No mean can hold an infinite loss. A diverged run counts as the worst of those that did not diverge, and
    at least as knowing nothing, log K: a verdict can only be too mild on it.
    """
    found = [each.loss for each in results if isfinite(each.loss)]
    worst = max([*found, log(classes)])
    return [each.loss if isfinite(each.loss) else worst for each in results]


def packed(correct: Any) -> str:
    """Return which images were right, [N] booleans, as text.

    >>> unpacked(packed([True, False, True]), 3).tolist()
    [True, False, True]
    """
    return base64.b64encode(np.packbits(np.asarray(correct, dtype=bool)).tobytes()).decode()


def unpacked(text: str, images: int) -> Any:
    """Return what ``packed`` was given."""
    bits = np.frombuffer(base64.b64decode(text), dtype=np.uint8)
    return np.unpackbits(bits, count=images).astype(bool)
