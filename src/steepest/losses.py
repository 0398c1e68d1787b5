"""The loss of logits against labels, as a config asks for it."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .config import NONE
from .errors import UserError
from .objective import LossFunction


def cross_entropy(
    label_smoothing: float = 0.0, class_weights: Tensor | None = None
) -> LossFunction:
    """Return the mean cross-entropy of logits [B, K] against labels [B], in nats.

    Args:
        label_smoothing: the share of the target that is spread evenly over all K classes
            (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567).
        class_weights: [K]; the mean is then weighted by each image's class, as in torch.
    """

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(
            logits, targets, weight=class_weights, label_smoothing=label_smoothing
        )

    return loss


def class_weights_of(text: str, labels: Tensor, classes: int) -> Tensor | None:
    """Return the [K] class weights that ``text`` asks for.

    Args:
        text: ``none``; ``balanced``, which gives every class the same total weight,
            ``N / (K * count)``; or K numbers with commas.
        labels: [N], of the training images.
        classes: K.

    Raises:
        UserError: the text is none of these, or names another number of classes.
    """
    if text == NONE:
        return None
    if text == "balanced":
        counts = labels.bincount(minlength=classes)
        return len(labels) / (classes * counts.clamp(min=1)).float()
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        raise UserError(
            f"class_weights must be none, balanced, or numbers with commas between, not `{text}`."
        ) from None
    # with a weight of 0, a batch of that class alone would have no mean
    if len(numbers) != classes or not all(0 < each < float("inf") for each in numbers):
        raise UserError(
            f"class_weights gives {len(numbers)} numbers; {classes} classes need {classes}, each above 0."
        )
    return torch.tensor(numbers)
