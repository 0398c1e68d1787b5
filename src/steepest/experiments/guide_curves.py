"""What the epochs show: loss and accuracy on both splits, the epoch that validation chooses, the confusions."""

from collections.abc import Iterator
from statistics import fmean
from typing import TYPE_CHECKING

import torch

from ..history import best_epoch
from .content import Content, Curves, Line, Matrix, Panels, Table
from .context import Context
from .parts import part

if TYPE_CHECKING:
    from ..sweeping import Outcome

PANELS = {
    "train_loss": ("Training loss", "nats"),
    "val_loss": ("Validation loss", "nats"),
    "train_accuracy": ("Training accuracy", "accuracy"),
    "val_accuracy": ("Validation accuracy", "accuracy"),
}


@part("epoch-curves")
def epoch_curves(context: Context, *, cases: list[str]) -> list[Content]:
    """Return loss and accuracy on training and validation images at the end of each epoch, a line a case.

    Args:
        context: of the experiment.
        cases: a line each: the mean over its seeds.
    """
    counts = sorted({len(context.outcomes(case)) for case in cases})
    seeds = " to ".join(str(each) for each in dict.fromkeys((counts[0], counts[-1])))
    panels = tuple(
        Curves(title, "epoch", label, tuple(_lines(context, cases, column)))
        for column, (title, label) in PANELS.items()
    )
    note = (
        f"One point an epoch, the mean of {seeds} run{'s' * (counts[-1] > 1)}. Training numbers are taken batch "
        "by batch while the weights still move, so validation may lie above them."
    )
    return [
        Panels("Loss and accuracy by epoch", tuple(each for each in panels if each.lines), note)
    ]


def _lines(context: Context, cases: list[str], column: str) -> Iterator[Line]:
    for case in cases:
        rows = [each.rows for each in context.outcomes(case) if not each.diverged]
        if not rows or column not in rows[0][0]:
            continue
        epochs = tuple(float(row["epoch"]) for row in rows[0])
        means = tuple(fmean(row[column] for row in step) for step in zip(*rows, strict=True))
        yield Line(context.experiment.case(case).title, epochs, means)


@part("best-epochs")
def best_epochs(context: Context, *, case: str) -> list[Content]:
    """Return for each seed the epoch whose validation accuracy was highest: its weights are the ones evaluated.

    Args:
        context: of the experiment.
        case: one that is evaluated with ``which = "best"``.
    """
    rows = tuple(map(_best, context.outcomes(case)))
    return [
        Table(
            "The checkpoint that validation keeps",
            ("seed", "best epoch", "validation there", "validation at the end", "test of the best"),
            rows,
            "The best epoch's weights are loaded again before the test split is touched; among equal accuracies "
            "the lower validation loss decides.",
        )
    ]


def _best(outcome: "Outcome") -> tuple[int | str | None, ...]:
    if outcome.diverged:
        return (outcome.config.seed, None, None, None, "diverged")
    best = best_epoch(outcome.rows)
    return (
        outcome.config.seed,
        best,
        f"{outcome.rows[best - 1]['val_accuracy']:.2%}",
        f"{outcome.rows[-1]['val_accuracy']:.2%}",
        f"{outcome.accuracy('test'):.2%}",
    )


@part("confusion")
def confusion(context: Context, *, case: str) -> list[Content]:
    """Return which classes of the test split a case's first run takes for which.

    Args:
        context: of the experiment.
        case: whose run it is.
    """
    dataset = context.dataset(case)
    assert dataset.test is not None  # every dataset of an experiment has one
    labels, kinds = dataset.test.labels, len(dataset.classes)
    outcome = context.outcomes(case)[0]
    predicted = outcome.logits("test").argmax(dim=1)
    counts = torch.bincount(labels * kinds + predicted, minlength=kinds**2).view(kinds, kinds)
    wrong = int(counts.sum() - counts.diagonal().sum())
    note = f"{wrong} of {len(labels):,} test images are wrong; seed {outcome.config.seed}."
    return [
        Matrix(
            "Row: the true class, column: the predicted one", counts.numpy(), dataset.classes, note
        )
    ]
