"""What the batch size changes: a part of `linear-optimizers`."""

from statistics import fmean, stdev

from .content import Content, Table, Text
from .linear import four_panels
from .linear_runs import NamedRuns, gradient_noise, runs_of, split_of
from .parts import Context, part


@part("batch-sizes")
def batch_sizes(context: Context, *, case: str, sizes: list[int]) -> list[Content]:
    """Return what the batch size changes where all else stays, in pictures, numbers and words.

    Args:
        context: of the experiment.
        case: whose config the sizes change.
        sizes: images a batch.
    """
    found = [
        runs_of(context, case, {"name": f"batch {size}", "batch_size": size}) for size in sizes
    ]
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
        said += (
            f" Larger ones are less noisy, but take too few steps: {losses[most]:.3f} with {most}."
        )
    return said


def _spread_words(found: list[NamedRuns]) -> str:
    spreads = [stdev(each.tested("accuracy")) for each in found if len(each.tested("accuracy")) > 1]
    if not spreads:
        return "One seed alone says nothing about chance."
    return f"Seeds of one size differ by {100 * fmean(spreads):.2f} points (standard deviation)."
