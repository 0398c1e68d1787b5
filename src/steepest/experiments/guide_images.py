"""Images of a split as pictures: samples with their labels, as they are and as the network is shown them."""

import numpy as np
import torch
from torch import Tensor

from ..data import Augmentation, Dataset, batch_order
from ..randomness import generator
from .content import Array, Content, Images
from .context import Context
from .parts import part


@part("labelled-images")
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
        context: of the experiment.
        case: whose data it is.
        count: how many.
        columns: side by side.
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
    sheets: list[Content] = [
        _sheet(f"{len(labels)} images ({split})", taken.images, labels, columns)
    ]
    if augmented and config.augment:
        draw = generator(config.seed, "augmentation")
        changed = Augmentation.parse(config.augment)(taken.images, draw)
        told = f"`{config.augment}`, each image by its own draw."
        sheets.append(_sheet("The same, augmented", changed, labels, columns, told))
    return sheets


def _sheet(
    title: str, images: Tensor, labels: tuple[str, ...], columns: int, note: str = ""
) -> Images:
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


@part("first-misses")
def first_misses(
    context: Context, *, case: str, count: int = 10, columns: int = 5
) -> list[Content]:
    """Return the first test images that a case's first run gets wrong, titled ``true as predicted``.

    Args:
        context: of the experiment.
        case: whose run it is.
        count: how many at most.
        columns: side by side.
    """
    dataset = context.dataset(case)
    outcome = context.outcomes(case)[0]
    assert dataset.test is not None  # every dataset of an experiment has one
    rows = missed_rows(outcome.logits("test"), dataset.test.labels)
    predicted = outcome.logits("test").argmax(dim=1)
    shown = dataset.test.take(rows[:count])
    captions = tuple(
        miss_title(dataset, int(label), int(predicted[row]))
        for label, row in zip(shown.labels, rows[:count], strict=True)
    )
    return [
        Images(
            f"The first {len(captions)} of {len(rows)} misses among {len(dataset.test):,} test images",
            tuple(map(picture_of, shown.images)),
            captions,
            columns=columns,
            note=f"Each is titled `true as predicted`; seed {outcome.config.seed}.",
        )
    ]


def missed_rows(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the rows whose largest logit is not their label's, in order.

    >>> missed_rows(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1])).tolist()
    [1]
    """
    return (logits.argmax(dim=1) != labels).nonzero().flatten()


def miss_title(dataset: Dataset, true: int, predicted: int) -> str:
    """Return the title of a wrong image: ``5 as 3``."""
    return f"{dataset.classes[true]} as {dataset.classes[predicted]}"
