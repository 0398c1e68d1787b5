"""Parts of a page: functions that make tables and pictures from an experiment's runs.

    def ten_images(context: Context, *, case: str) -> list[Content]:
        ...

An experiment names one by its file, ``use = "parts.py:ten_images"``, which is looked for beside the experiment's
own, with arguments beside it; or one of the seven
in ``SHARED``, which several experiments have, by its name, ``use = "labelled-images"``.
"""

import inspect
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..byhand.sizes import arithmetic
from ..content.content import KINDS, Array, Content, Curves, Figure, Images, Line, Matrix, Panels, Table
from ..data import Augmentation, batch_order
from ..errors import DivergedError, SteepestError, StoppedError, UnknownName, UserError, trouble
from ..evaluation import Evaluation
from ..models import MODELS, Row, layer_table
from ..randomness import generator
from ..specification import is_file_class, with_absolute_files
from ..usercode import load
from .context import Context
from .experiment import Experiment, PartUse

Part = Callable[..., list[Content]]


def find_part(use: PartUse, experiment: Experiment) -> Part:
    """Return the function that makes a part, with its arguments checked.

    Raises:
        UnknownName: no part has this name.
        UserError: the part's file fails, or the arguments do not fit.
    """
    function: Part
    if is_file_class(use.use):
        function = load(with_absolute_files(use.use, experiment.path.parent))
    else:
        if use.use not in SHARED:
            hint = f"It stands in {experiment.path}; a function of your own is FILE.py:NAME."
            raise UnknownName("part", use.use, SHARED, hint)
        function = SHARED[use.use]
    try:
        inspect.signature(function).bind(None, **use.arguments)
    except TypeError as error:
        raise UserError(f"The part `{use.use}` in {experiment.path} cannot be called: {error}.") from error
    return function


def make_part(use: PartUse, context: Context) -> list[Content]:
    """Return what a part makes.

    Raises:
        UserError: a user's function returns something else than a list of contents.
    """
    made: Any = find_part(use, context.experiment)(context, **use.arguments)
    if not isinstance(made, list) or not all(isinstance(each, KINDS) for each in made):
        kinds = ", ".join(each.__name__ for each in KINDS)
        raise UserError(f"The part `{use.use}` must return a list of: {kinds}.")
    return made


def why_failed(error: Exception, use: PartUse, context: Context) -> str:
    """Return a sentence about what ended a part, so that the page can be written without it.

    Raises:
        StoppedError: it was asked to stop, and so is all else.
        OSError: the disk is full, and the page would not fit on it either.
    """
    if isinstance(error, StoppedError) or (trouble(error) is not None):
        raise error
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if isinstance(error, DivergedError):
        said = _diverged(use, context) or said.partition(" Try ")[0]  # what to try are flags of `train`
    elif not isinstance(error, SteepestError):
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        said = f"{': '.join(filter(None, [type(error).__name__, said]))} ({place})"
    return f"{said.removesuffix('.')}."


def _diverged(use: PartUse, context: Context) -> str:
    """Name the runs without weights among a part's cases, or among all where it names none."""
    known = context.experiment.cases
    cases = [context.experiment.case(name) for name in use.cases] or known
    runs = [
        f"seed {outcome.config.seed} of {case.title}"
        for case in cases
        if context.has(case.name)
        for outcome in context.outcomes(case.name)
        if outcome.diverged is not None
    ]
    return f"{', '.join(runs)} diverged" if runs else ""


PANELS = {
    "train_loss": ("Training loss", "nats"),
    "val_loss": ("Validation loss", "nats"),
    "train_accuracy": ("Training accuracy", "accuracy"),
    "val_accuracy": ("Validation accuracy", "accuracy"),
}
COLUMNS = ("layer", "kind", "output", "parameters", "receptive field", "parameters, worked out")


def labelled_images(
    context: Context,
    *,
    case: str,
    count: int = 10,
    columns: int = 10,
    split: str = "train",
    augmented: bool = False,
) -> list[Content]:
    """Return the images that the first training batch begins with, or a split's first, with their labels.

    A dataset may hold its training images class by class; the order of an epoch mixes them.

    Args:
        split: ``train``, ``validation`` or ``test``.
        augmented: also show them as the case's augmentation changes them in one step.
    """
    dataset, config = context.dataset(case), context.config(case)
    images = dataset.splits[split]
    rows = torch.arange(len(images))
    if split == "train":
        rows = batch_order(len(images), config.seed, epoch=0)
    taken = images.take(rows[:count])
    labels = tuple(dataset.classes[label] for label in taken.labels.tolist())
    sheets: list[Content] = [_sheet(f"{len(labels)} images ({split})", taken.images, labels, columns)]
    if augmented and config.augment:
        draw = generator(config.seed, "augmentation")
        changed = Augmentation.parse(config.augment)(taken.images, draw)
        told = f"`{config.augment}`, each image by its own draw."
        sheets.append(_sheet("The same, augmented", changed, labels, columns, told))
    return sheets


def _sheet(title: str, images: Tensor, labels: tuple[str, ...], columns: int, note: str = "") -> Images:
    return Images(title, tuple(map(picture_of, images)), labels, columns=columns, note=note)


def picture_of(image: Tensor) -> Array:
    """Return one image [C, H, W] as [H, W], or as [H, W, 3] where it has three channels.

    Of two channels, or of more than three, the first is shown.

    >>> picture_of(torch.zeros(3, 4, 5)).shape
    (4, 5, 3)
    """
    values = image.detach().to(torch.float64)
    shown = values.permute(1, 2, 0) if len(values) == 3 else values[0]
    return np.asarray(shown.numpy())


def first_misses(context: Context, *, case: str, count: int = 10, columns: int = 5) -> list[Content]:
    """Return the first test images, at most ``count``, that a case's first run gets wrong."""
    dataset, outcome = context.dataset(case), context.outcomes(case)[0]
    test, predicted = dataset.splits["test"], outcome.logits("test").argmax(dim=1)
    rows = (predicted != test.labels).nonzero().flatten()
    shown = test.take(rows[:count])
    captions = tuple(
        f"{dataset.classes[true]} as {dataset.classes[taken]}"
        for true, taken in zip(shown.labels.tolist(), predicted[rows[:count]].tolist(), strict=True)
    )
    return [
        Images(
            f"The first {len(captions)} of {len(rows)} misses among {len(test):,} test images",
            tuple(map(picture_of, shown.images)),
            captions,
            columns=columns,
            note=f"Each is titled `true as predicted`; seed {outcome.config.seed}.",
        )
    ]


def epoch_curves(context: Context, *, cases: list[str]) -> list[Content]:
    """Return loss and accuracy at the end of each epoch, a line a case: the mean over its seeds."""
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
    return [Panels("Loss and accuracy by epoch", tuple(each for each in panels if each.lines), note)]


def _lines(context: Context, cases: list[str], column: str) -> Iterator[Line]:
    for case in cases:
        rows = [each.rows for each in context.outcomes(case) if not each.diverged]
        if not rows or column not in rows[0][0]:
            continue
        epochs = tuple(float(row["epoch"]) for row in rows[0])
        means = tuple(fmean(row[column] for row in step) for step in zip(*rows, strict=True))
        yield Line(context.experiment.case(case).title, epochs, means)


def confusion(context: Context, *, case: str) -> list[Content]:
    """Return which classes of the test split a case's first run takes for which."""
    dataset, outcome = context.dataset(case), context.outcomes(case)[0]
    found = Evaluation(outcome.logits("test"), dataset.splits["test"].labels, dataset.classes)
    wrong = len(found) - found.correct
    note = f"{wrong} of {len(found):,} test images are wrong; seed {outcome.config.seed}."
    title = "Row: the true class, column: the predicted one"
    return [Matrix(title, found.confusion.numpy(), dataset.classes, note)]


def layer_rows(context: Context, *, model: str, classes: int | None = None) -> list[Content]:
    """Return a network's layers with their shapes, parameters and receptive fields.

    Args:
        model: a named model or a notation.
        classes: adapts a named model; None takes its own.
    """
    table = layer_table(model, None, classes)
    source = f" {MODELS[model].source}" if model in MODELS else ""
    return [
        Table(
            model if model in MODELS else f"`{model}`",
            COLUMNS,
            tuple(_cells(row) for row in table.rows),
            f"{table.notation} on images {'x'.join(map(str, table.input_shape))}: "
            f"{table.derivation} parameters, {table.multiply_adds:,} multiply-adds an image.{source}",
        )
    ]


def _cells(row: Row) -> tuple[str | int | None, ...]:
    return (
        row.token,
        row.kind,
        "x".join(map(str, row.output_shape)),
        f"{row.parameters:,}" if row.parameters else None,
        row.receptive_field[0],
        row.derivation,
    )


def parameter_counts(context: Context, *, models: dict[str, int]) -> list[Content]:
    """Return how many numbers networks learn, each beside its published count, and how the count comes about.

    Args:
        models: named models, and the count that was published for each.
    """
    tables = {name: layer_table(name) for name in models}
    figures = [
        Figure(f"{name}: parameters", count, (tables[name].parameters,), digits=0, exact=True)
        for name, count in models.items()
    ]
    rows = tuple((name, each.notation, each.derivation) for name, each in tables.items())
    return [*figures, Table("Parameters, layer by layer", ("model", "notation", "sum"), rows)]


def output_sizes(context: Context, *, windows: list[list[int]], models: list[str] | None = None) -> list[Content]:
    """Return the formula of the output size, worked for windows and for all windows of some models.

    Args:
        windows: each [size, kernel, stride, padding].
        models: named models or notations.
    """
    from ..byhand.sizes import size_rows

    typed = tuple(
        (f"{size}x{size}", f"{kernel}x{kernel}", stride, padding, arithmetic(size, kernel, stride, padding))
        for size, kernel, stride, padding in windows
    )
    formula = "(size - kernel + 2 padding) // stride + 1"
    made: list[Content] = [
        Table(f"Places of a window: {formula}", ("image", "kernel", "stride", "padding", "places"), typed)
    ]
    for model in models or []:
        rows = tuple(
            (each.token, "x".join(map(str, each.shape)), each.size, each.field) for each in size_rows(model)
        )
        name = model if model in MODELS else f"`{model}`"
        made.append(Table(f"The sizes of {name}", ("layer", "output", "its side", "sees of the input"), rows))
    return made


SHARED: dict[str, Callable[..., list[Content]]] = {
    "confusion": confusion,
    "epoch-curves": epoch_curves,
    "first-misses": first_misses,
    "labelled-images": labelled_images,
    "layer-table": layer_rows,
    "output-sizes": output_sizes,
    "parameter-counts": parameter_counts,
}
