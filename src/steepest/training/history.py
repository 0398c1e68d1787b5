"""What a training run leaves behind: where it stands, its epochs, and the checkpoint to go on from."""

from dataclasses import dataclass, field

from torch import Tensor

from ..config import Config
from ..evaluation import Evaluation
from ..optimizers import State

Row = dict[str, float]
COLUMNS = (  # of a row, in the order in which training gives them
    *("epoch", "lr", "train_loss", "train_accuracy", "forwards", "backwards"),
    *("val_loss", "val_accuracy"),
)
COUNTS = ("epoch", "forwards", "backwards")  # of a row: whole numbers


@dataclass(frozen=True)
class Progress:
    """Where the loop stands within an epoch.

    Args:
        epoch: counted from 1.
        step: steps done in this epoch.
        steps: steps of one epoch.
        loss: mean over the steps since the last event, in nats.
        accuracy: the same mean of the training accuracy, measured batch by batch as the weights moved.
        samples_per_second: since the last event.
        seconds_left: to the end of the run, at this speed.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    samples_per_second: float
    seconds_left: float


@dataclass
class Checkpoint:
    """All that going on needs; nothing in it depends on the clock.

    Args:
        epoch: how many epochs are done.
        params: [P], where the next step begins.
        buffers: the network's buffers at params, by name.
        state: the optimizer's.
        weights: what is evaluated and saved: every tensor of the network by name.
        history: a row of numbers an epoch.
    """

    epoch: int
    params: Tensor
    buffers: dict[str, Tensor]
    state: State
    weights: dict[str, Tensor]
    history: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Epoch:
    """The end of an epoch.

    Args:
        row: epoch, lr, train_loss, train_accuracy, the batches' forward and backward passes that the rule
            asked for (forwards, backwards) and, with a validation split, val_loss, val_accuracy.
        seconds: what the epoch took, its validation included.
        improved: whether its weights are the best so far.
        validation: the evaluation of the validation split.
        checkpoint: valid until the next event, since the loop steps in place; copy what you keep.
    """

    row: dict[str, float]
    seconds: float
    improved: bool
    validation: Evaluation | None
    checkpoint: Checkpoint


def best_epoch(history: list[Row]) -> int:
    """Return the epoch that did best on the validation split, the last without one; 0 before the first.

    Best is the highest accuracy, and among equals the lowest loss; the earliest of those that tie in both.
    """
    if not history or "val_accuracy" not in history[-1]:
        return len(history)
    best = max(history, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    return int(best["epoch"])


def is_done(config: Config, history: list[Row]) -> bool:
    """Say whether all epochs are done, or patience has run out."""
    waited = len(history) - best_epoch(history)
    return len(history) >= config.epochs or (config.patience is not None and waited >= config.patience)
