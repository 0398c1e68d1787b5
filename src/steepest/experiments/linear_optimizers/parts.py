"""The parts of `linear-optimizers`: the gradient by hand, seven optimizers, ten images."""

from statistics import fmean, stdev
from typing import Any

import numpy as np

from ...content.content import Content, Curves, Figure, Images, Line, Panels, Table, Text
from ..context import Context
from .runs import NamedRuns, batch_rows, gradient_noise, run_rows, runs_of, split_of

LABELS = {
    "train_loss": ("Training loss", "loss (nats)"),
    "train_accuracy": ("Training accuracy", "accuracy"),
    "val_loss": ("Validation loss", "loss (nats)"),
    "val_accuracy": ("Validation accuracy", "accuracy"),
}
SIDE = 28

Settings = list[dict[str, Any]]


def hand_race(
    context: Context, *, case: str, runs: Settings, recomputed: dict[str, float], apart: str
) -> list[Content]:
    """Return the optimizers' four panels, their table, and a figure for each.

    Args:
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
    for measure, (name, label) in LABELS.items():
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


def ten_images(context: Context, *, case: str, runs: Settings) -> list[Content]:
    """Return the ten columns of the weights as images, for each setting."""
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


def softmax_by_hand(context: Context, *, case: str, images: int) -> list[Content]:
    """Return loss and gradient by hand held against the library's, and a whole run by hand against autograd's.

    Args:
        case: whose data and config are used.
        images: of the batch on which loss and gradient are compared.
    """
    rows = [*batch_rows(context, case, images), *run_rows(context, case)]
    columns = ("", "by hand", "library", "largest difference")
    note = (
        "By hand: L = mean of log(sum of exp(z)) - z of the true class, dL/dW = -(1/N) X^T (Y - softmax(X W)). "
        "Library: torch's cross_entropy and autograd, and for the run the loop of steepest train."
    )
    return [Table("The loss and its gradient, by hand and by the library", columns, tuple(rows), note)]


def batch_sizes(context: Context, *, case: str, sizes: list[int]) -> list[Content]:
    """Return what the batch size changes where all else stays, in pictures, numbers and words."""
    found = [runs_of(context, case, {"name": f"batch {size}", "batch_size": size}) for size in sizes]
    dataset = split_of(context, case)
    noise = [gradient_noise(dataset, size) for size in sizes]
    rows = tuple(
        (
            each.config.batch_size,
            f"{each.steps:,}",
            f"{fmean(each.seconds):.1f}",
            f"{each_noise:.4f}",
            f"{each.mean_curve('train_loss')[0]:.4f}",
            f"{each.at_end('train_loss'):.4f}",
            f"{each.at_end('val_loss'):.4f}",
            f"{each.at_end('val_accuracy'):.2%}",
            f"{fmean(each.tested('accuracy')):.2%}",
        )
        for each, each_noise in zip(found, noise, strict=True)
    )
    columns = (
        *("batch size", "steps", "seconds", "gradient noise", "training loss, epoch 1"),
        *("training loss at the end", "validation loss", "validation accuracy", "test accuracy"),
    )
    note = (
        "Gradient noise: how long the difference between a batch's gradient and that of all training images is, "
        "at the zero weights of the start, on average over 50 batches."
    )
    return [
        four_panels("Five batch sizes", found),
        Table("What the batch size changes", columns, rows, note),
        Text("What changes?", batch_answer(found, noise)),
    ]


def batch_answer(found: list[NamedRuns], noise: list[float]) -> tuple[str, ...]:
    """Return in words, with the measured numbers, what the batch size changes.

    Args:
        found: the smallest batches first.
        noise: of each one's gradient.
    """
    small, large = found[0], found[-1]
    least, most = small.config.batch_size, large.config.batch_size
    ratio, quieter = most / least, noise[0] / noise[-1]
    tested = [fmean(each.tested("accuracy")) for each in found]
    return (
        f"Steps and time: an epoch in batches of {most} has {ratio:g} times fewer steps than one in batches of "
        f"{least} ({large.steps:,} against {small.steps:,} in all), and the run takes "
        f"{fmean(large.seconds):.1f} s instead of {fmean(small.seconds):.1f} s.",
        f"Noise: a batch's gradient misses the true one by {noise[0]:.3f} with {least} images and by "
        f"{noise[-1]:.3f} with {most}, {quieter:.1f} times less. The root of {ratio:g}, by which a mean of "
        f"independent images would be quieter, is {ratio**0.5:.1f}.",
        _progress(found),
        f"The end: the test accuracies lie between {min(tested):.2%} and {max(tested):.2%}, "
        f"{100 * (max(tested) - min(tested)):.2f} points apart. {_spread_words(found)}",
    )


def _progress(found: list[NamedRuns]) -> str:
    """Return which size gets furthest in the first epoch, and what holds back those on either side of it."""
    losses = {each.config.batch_size: each.mean_curve("train_loss")[0] for each in found}
    best, least, most = min(losses, key=losses.__getitem__), min(losses), max(losses)
    said = (
        f"Progress: with the rate left alone, the training loss over the first epoch is lowest with {best}, "
        f"{losses[best]:.3f}."
    )
    if least < best:
        said += (
            f" Smaller batches take more steps, but their noise costs more than these win: {losses[least]:.3f} "
            f"with {least}."
        )
    if most > best:
        said += f" Larger ones are less noisy, but take too few steps: {losses[most]:.3f} with {most}."
    return said


def _spread_words(found: list[NamedRuns]) -> str:
    spreads = [stdev(each.tested("accuracy")) for each in found if len(each.tested("accuracy")) > 1]
    if not spreads:
        return "One seed alone says nothing about chance."
    return f"Seeds of one size differ by {100 * fmean(spreads):.2f} points (standard deviation)."
