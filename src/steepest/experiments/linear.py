"""The parts of `linear-optimizers`: the gradient by hand, seven optimizers, ten images."""

from statistics import fmean
from typing import Any

import numpy as np

from .content import Content, Curves, Figure, Images, Line, Panels, Table
from .linear_checks import batch_rows, run_rows
from .linear_runs import MEASURES, NamedRuns, runs_of
from .parts import Context, part

LABELS = {
    "train_loss": ("Training loss", "loss (nats)"),
    "val_loss": ("Validation loss", "loss (nats)"),
    "train_accuracy": ("Training accuracy", "accuracy"),
    "val_accuracy": ("Validation accuracy", "accuracy"),
}
SIDE = 28

Settings = list[dict[str, Any]]


@part("hand-race")
def hand_race(
    context: Context, *, case: str, runs: Settings, recomputed: dict[str, float], apart: str
) -> list[Content]:
    """Return the optimizers' four panels, their table, and a figure for each.

    Args:
        context: of the experiment.
        case: whose config the runs change.
        runs: the settings of each, with its ``name``.
        recomputed: test accuracies by name that were worked out independently, where there are any.
        apart: the name of one that is so far from the others that they need a look of their own.
    """
    found = [runs_of(context, case, each) for each in runs]
    return [
        *(_tested(context, case, each, recomputed.get(each.name)) for each in found),
        four_panels("Seven optimizers, the gradient by hand", found),
        four_panels(f"Closer: without {apart}", [each for each in found if each.name != apart]),
        _race_table(found),
    ]


def _tested(context: Context, case: str, runs: NamedRuns, recomputed: float | None) -> Figure:
    return Figure(
        f"by hand, {runs.name}: test accuracy",
        recomputed,
        runs.tested("accuracy"),
        unit="%",
        digits=3,
        seconds=sum(runs.seconds),
        comparable=context.comparable(case),
        recomputed=recomputed is not None,
        why="" if recomputed is None else "The notebook leaves it blank; recomputed independently.",
    )


def four_panels(title: str, found: list[NamedRuns]) -> Panels:
    """Return training and validation loss and accuracy, a line a setting, averaged over the seeds."""
    panels = []
    for measure in MEASURES:
        name, label = LABELS[measure]
        lines = tuple(Line(each.name, _epochs(each), each.mean_curve(measure)) for each in found)
        panels.append(Curves(name, "epoch", label, lines))
    seeds = len(found[0].rows)
    note = (
        f"Means over {seeds} seed{'s' * (seeds > 1)}. Training numbers are taken batch by batch while the weights "
        "move, validation numbers at the end of each epoch."
    )
    return Panels(title, tuple(panels), note)


def _epochs(runs: NamedRuns) -> tuple[float, ...]:
    return tuple(row["epoch"] for row in runs.rows[0])


def _race_table(found: list[NamedRuns]) -> Table:
    rows = tuple(
        (
            each.name,
            f"{each.config.lr:g}",
            each.config.schedule,
            f"{each.steps:,}",
            f"{each.at_end('train_loss'):.4f}",
            f"{each.at_end('val_loss'):.4f}",
            f"{each.at_end('val_accuracy'):.2%}",
            f"{fmean(each.tested('accuracy')):.2%}",
        )
        for each in found
    )
    columns = (
        *("optimizer", "lr", "schedule", "steps", "training loss", "validation loss"),
        *("validation accuracy", "test accuracy"),
    )
    note = (
        "The rates are the ones a course starts with; nothing was tuned, so this is no ranking. For one, with "
        "every rule tuned alike: steepest compare."
    )
    return Table("After the last epoch", columns, rows, note)


@part("ten-images")
def ten_images(context: Context, *, case: str, runs: Settings) -> list[Content]:
    """Return the ten columns of the weights as images, for each setting.

    Args:
        context: of the experiment.
        case: whose config the runs change.
        runs: the settings of each, with its ``name``.
    """
    made: list[Content] = []
    for each in runs:
        found = runs_of(context, case, each)
        images = np.asarray(found.weights, dtype=np.float32).reshape(-1, SIDE, SIDE)
        made.append(
            Images(
                f"The ten columns of w, {found.name}",
                tuple(images),
                tuple(str(k) for k in range(len(images))),
                columns=5,
                diverging=True,
                note="A red pixel speaks for the digit, a blue one against it.",
            )
        )
    return made


@part("softmax-by-hand")
def softmax_by_hand(context: Context, *, case: str, images: int) -> list[Content]:
    """Return loss and gradient by hand held against the library's, and a whole run by hand against autograd's.

    Args:
        context: of the experiment.
        case: whose data and config are used.
        images: of the batch on which loss and gradient are compared.
    """
    rows = [*batch_rows(context, case, images), *run_rows(context, case)]
    columns = ("", "by hand", "library", "largest difference")
    note = (
        "By hand: L = mean of log(sum of exp(z)) - z of the true class, dL/dW = -(1/N) X^T (Y - softmax(X W)). "
        "Library: torch's cross_entropy and autograd, and for the run the loop of steepest train."
    )
    return [
        Table("The loss and its gradient, by hand and by the library", columns, tuple(rows), note)
    ]
