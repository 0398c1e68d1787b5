"""Softmax regression without autograd: the loss, its gradient and the loop, each written out.

    Z = X W,   P = softmax(Z),   L = -(1/N) sum Y log P,   dL/dW = -(1/N) X^T (Y - P)

X [N, 784] pixels in [0, 1], W [784, 10] weights, Y [N, 10] with a 1 at each image's class. The weights travel as
one flat vector in the library's order, W^T row by row, so that any optimizer can drive them.
"""

from dataclasses import dataclass
from time import process_time

import torch
from torch import Tensor

from ..config import Config
from ..data import Dataset, Split, batch_order, batch_slices
from ..layout import Layout
from ..optimizers import choose
from ..randomness import seed_of
from ..schedules import choose_schedule

SCALE = 1 / 255  # from bytes to [0, 1]
Row = dict[str, float]


class HandSoftmax:
    """One batch's cross-entropy as a function of the flat weights, differentiated by hand.

    Args:
        pixels: [N, D] in [0, 1].
        labels: [N].
        classes: K.
    """

    def __init__(self, pixels: Tensor, labels: Tensor, classes: int) -> None:
        self.pixels, self.labels, self.classes = pixels, labels, classes
        self.layout = Layout(("weight",), ((classes, pixels.shape[1]),))
        self.logits = torch.empty(0)  # [N, K], of the last evaluation

    def loss(self, params: Tensor) -> Tensor:
        """Return the mean over the images of ``log(sum of exp(z)) - z of the true class``, in nats."""
        loss, _ = self._forward(params)
        return loss

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss [] and its gradient [K D], ``-(1/N) (Y - P)^T X``."""
        loss, probabilities = self._forward(params)
        count = len(self.labels)
        error = probabilities  # P - Y, in place
        error[torch.arange(count), self.labels] -= 1
        grad = (error.T @ self.pixels).div_(count)
        return loss, grad.flatten()

    def _forward(self, params: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.pixels @ params.view(self.classes, -1).T
        self.logits = logits
        # the largest logit is taken out of every exponent, or exp(100) would be infinite in float32
        shifted = logits - logits.amax(dim=1, keepdim=True)
        powers = shifted.exp()
        sums = powers.sum(dim=1, keepdim=True)
        true = shifted[torch.arange(len(self.labels)), self.labels]
        return (sums.log().squeeze(1) - true).mean(), powers / sums


@dataclass(frozen=True)
class HandRun:
    """What training by hand leaves.

    Args:
        rows: of each epoch: epoch, train_loss, train_accuracy, val_loss, val_accuracy.
        test: loss and accuracy on the test split.
        params: [K D], the last weights.
        seconds: of training and validation on one core, whatever else the machine was doing.
    """

    rows: tuple[Row, ...]
    test: Row
    params: Tensor
    seconds: float


def train_by_hand(config: Config, dataset: Dataset) -> HandRun:
    """Return softmax regression from zero weights, trained without autograd.

    Images come in the order, and rules step with the rates, of ``steepest.train``; only the loss and its
    gradient are ours.

    Args:
        config: optimizer, lr, schedule, batch_size, epochs and seed count.
        dataset: with its validation split.
    """
    choice, schedule = choose(config.optimizer, config.lr), choose_schedule(config.schedule)
    train, kinds, rule = dataset.train, len(dataset.classes), choice.rule
    slices = batch_slices(len(train), config.batch_size)
    params = torch.zeros(kinds * train.images[0].numel())
    state = rule.init(params, HandSoftmax(flat(train.images[:1]), train.labels[:1], kinds).layout)
    noise, rows, started = torch.Generator(), [], process_time()
    for epoch in range(config.epochs):
        order = batch_order(len(train), config.seed, epoch)
        images, labels = train.images[order], train.labels[order]
        loss = right = 0.0
        for number, part in enumerate(slices):
            step = epoch * len(slices) + number
            factor = schedule.factor(step / (config.epochs * len(slices)), config.epochs)
            objective = HandSoftmax(flat(images[part]), labels[part], kinds)
            noise.manual_seed(seed_of(config.seed, "optimizer", step))
            made = rule.step(objective, params, state, choice.lr * factor, noise)
            params, state = made.params, made.state
            loss += float(made.loss) * len(objective.labels)
            right += int((objective.logits.argmax(dim=1) == objective.labels).sum())
        row = {
            "epoch": epoch + 1.0,
            "train_loss": loss / len(train),
            "train_accuracy": right / len(train),
        }
        rows.append(row | _named("val", measure(params, dataset.validation, kinds)))
    seconds = process_time() - started
    return HandRun(tuple(rows), measure(params, dataset.test, kinds), params, seconds)


def measure(params: Tensor, split: Split | None, classes: int) -> Row:
    """Return loss and accuracy on a split; nothing where there is none."""
    if split is None:
        return {}
    objective = HandSoftmax(flat(split.images), split.labels, classes)
    loss = float(objective.loss(params))
    right = float((objective.logits.argmax(dim=1) == split.labels).double().mean())
    return {"loss": loss, "accuracy": right}


def flat(images: Tensor) -> Tensor:
    """Return images [N, C, H, W] of bytes as [N, D] in [0, 1]."""
    return images.flatten(1).float().mul_(SCALE)


def _named(prefix: str, row: Row) -> Row:
    return {f"{prefix}_{key}": value for key, value in row.items()}
