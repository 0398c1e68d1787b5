"""The runs of `linear-optimizers`: softmax regression without autograd on the published split, each made once.

    Z = X W,   P = softmax(Z),   L = -(1/N) sum Y log P,   dL/dW = -(1/N) X^T (Y - P)

X [N, 784] pixels in [0, 1], W [784, 10] weights, Y [N, 10] with a 1 at each image's class. The weights travel as
one flat vector in the library's order, W^T row by row, so that any optimizer can drive them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from time import process_time
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ...config import Config
from ...content.content import Cell
from ...data import Dataset, Split, batch_order, batch_slices, hold_out_rows
from ...layout import Layout
from ...optimizers import choose, descend
from ...training.history import Epoch
from ...training.loops import loop
from ...training.preparation import prepare
from ...training.schedules import choose_schedule
from ..context import Context

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

    def begin(self, pixels: Tensor, labels: Tensor) -> None:
        """Take the next batch."""
        self.pixels, self.labels = pixels, labels

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
    train, kinds = dataset.train, len(dataset.classes)
    slices = batch_slices(len(train), config.batch_size)
    objective = HandSoftmax(flat(train.images[:1]), train.labels[:1], kinds)

    def lr(step: int) -> float:
        return choice.lr * schedule.factor(step / (config.epochs * len(slices)), config.epochs)

    params = torch.zeros(kinds * train.images[0].numel())
    taken = descend(choice.rule, objective, params, lr, config.seed)
    rows, started = [], process_time()
    for epoch in range(config.epochs):
        order = batch_order(len(train), config.seed, epoch)
        images, labels = train.images[order], train.labels[order]
        loss = right = 0.0
        for part in slices:
            objective.begin(flat(images[part]), labels[part])
            step = next(taken)
            params = step.params
            loss += float(step.loss) * len(objective.labels)
            right += int((objective.logits.argmax(dim=1) == objective.labels).sum())
        row = {"epoch": epoch + 1.0, "train_loss": loss / len(train), "train_accuracy": right / len(train)}
        validated = measure(params, dataset.validation, kinds)
        rows.append(row | {f"val_{key}": value for key, value in validated.items()})
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


STEP = 1e-6  # of the central difference: in float64 its error is least near the cube root of 1e-16
Cells = tuple[Cell, ...]


def batch_rows(context: Context, case: str, images: int) -> Iterator[Cells]:
    """Yield loss and gradient of one batch at zero and at random weights, in float64."""
    dataset = split_of(context, case)
    split, kinds = dataset.train, len(dataset.classes)
    pixels, labels = flat(split.images[:images]).double(), split.labels[:images]
    objective = HandSoftmax(pixels, labels, kinds)
    count = kinds * pixels.shape[1]
    draw = torch.Generator().manual_seed(0)
    places = {
        "zero weights": torch.zeros(count, dtype=torch.float64),
        "random weights": torch.randn(count, generator=draw, dtype=torch.float64) / 10,
    }
    for name, params in places.items():
        loss, grad = objective.loss_and_grad(params)
        theirs, theirs_grad = _library(params, pixels, labels, kinds)
        yield _row(f"loss of {images} images at {name}", loss, theirs)
        length = (grad.norm(), theirs_grad.norm())
        yield _row(f"length of the gradient at {name}", *length, _gap(grad, theirs_grad))
        slope = _difference(objective, params, grad)
        yield _row(f"slope along the gradient at {name}, by differences", slope, theirs_grad.norm())


def _library(params: Tensor, pixels: Tensor, labels: Tensor, kinds: int) -> tuple[Tensor, Tensor]:
    point = params.clone().requires_grad_()
    with torch.enable_grad():
        loss = cross_entropy(pixels @ point.view(kinds, -1).T, labels)
        (grad,) = torch.autograd.grad(loss, point)
    return loss.detach(), grad


def _difference(objective: HandSoftmax, params: Tensor, grad: Tensor) -> Tensor:
    """Return ``(L(w + h u) - L(w - h u)) / 2h`` along the gradient's direction u."""
    along = grad / grad.norm()
    ahead, behind = (objective.loss(params + sign * STEP * along) for sign in (1, -1))
    return (ahead - behind) / (2 * STEP)


def run_rows(context: Context, case: str) -> list[Cells]:
    """Return the weights and accuracies of a whole run by hand beside those of the library's loop."""
    config = context.config(case).with_(val=0.0)
    key = {"hand against library": 1, "config": config.to_dict()}
    context.note("by hand against autograd: a whole run of each")
    found = context.remembered(key, lambda: _both_runs(context, case))
    accuracies = tuple(f"{each:.4%}" for each in found["accuracies"])
    lengths = tuple(f"{each:.7f}" for each in found["lengths"])
    apart = abs(found["accuracies"][0] - found["accuracies"][1])
    return [
        (f"length of the weights after {found['steps']:,} steps", *lengths, f"{found['gap']:.1e}"),
        ("validation accuracy then", *accuracies, f"{apart:.1e}"),
    ]


def _both_runs(context: Context, case: str) -> dict[str, object]:
    dataset, config = split_of(context, case), context.config(case).with_(val=0.0)
    hand = train_by_hand(config, dataset)
    last = [each for each in loop(prepare(config, dataset)) if isinstance(each, Epoch)][-1]
    params = last.checkpoint.params
    return {
        "steps": sum(int(row["backwards"]) for row in last.checkpoint.history),
        "lengths": [float(each.double().norm()) for each in (hand.params, params)],
        "gap": _gap(hand.params, params),
        "accuracies": [hand.rows[-1]["val_accuracy"], last.row["val_accuracy"]],
    }


def _gap(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).abs().max())


def _row(name: str, ours: Tensor, theirs: Tensor, gap: float | None = None) -> Cells:
    apart = _gap(ours, theirs) if gap is None else gap
    return (name, f"{float(ours):.12f}", f"{float(theirs):.12f}", f"{apart:.1e}")


SPLIT_SEED = 2000  # of numpy's RandomState: it shuffles the training rows, and the first fifth validates
HELD_OUT = 0.2
NOISE_BATCHES = 50  # batches that the gradient's noise is averaged over
FORMAT = 1  # of what is remembered; raised when the calculation changes


@dataclass(frozen=True)
class NamedRuns:
    """One setting at every seed.

    Args:
        name: as the page calls it.
        config: at the first seed.
        rows: of each seed, of each epoch.
        test: loss and accuracy of each seed.
        seconds: of each seed.
        steps: of one seed.
        weights: of the first seed, [K D].
    """

    name: str
    config: Config
    rows: tuple[tuple[Row, ...], ...]
    test: tuple[Row, ...]
    seconds: tuple[float, ...]
    steps: int
    weights: tuple[float, ...]

    def mean_curve(self, measure: str) -> tuple[float, ...]:
        """Return a measure of each epoch, averaged over the seeds."""
        return tuple(fmean(row[measure] for row in epoch) for epoch in zip(*self.rows, strict=True))

    def at_end(self, measure: str) -> float:
        """Return a measure of the last epoch, averaged over the seeds."""
        return self.mean_curve(measure)[-1]

    def tested(self, measure: str) -> tuple[float, ...]:
        """Return loss or accuracy on the test split for each seed."""
        return tuple(each[measure] for each in self.test)


def published_split(dataset: Dataset) -> Dataset:
    """Return the dataset with the published validation split: not stratified, drawn by numpy."""
    rows = np.arange(len(dataset.train))
    np.random.RandomState(SPLIT_SEED).shuffle(rows)
    return hold_out_rows(dataset, torch.from_numpy(rows[: round(HELD_OUT * len(rows))]))


def split_of(context: Context, case: str) -> Dataset:
    """Return a case's data, split as published."""
    return published_split(context.source(context.config(case)))


def runs_of(context: Context, case: str, settings: Mapping[str, Any]) -> NamedRuns:
    """Return the runs by hand of one setting, at every seed of the case.

    Args:
        case: whose config the settings are put over.
        settings: ``name``, and any values of ``Config``.
    """
    changes = {key: value for key, value in settings.items() if key != "name"}
    base = Config.of({**context.config(case).to_dict(), **changes}, str(context.experiment.path))
    found = []
    for seed in range(context.case_seeds(context.experiment.case(case))):
        config = base.with_(seed=base.seed + seed, val=0.0)
        context.note(f"by hand: {settings['name']}, seed {config.seed}")
        key = {"by hand": FORMAT, "config": config.to_dict(), "weights": seed == 0}
        found.append(context.remembered(key, partial(_run, context, case, config, with_weights=seed == 0)))
    return NamedRuns(
        name=settings["name"],
        config=base,
        rows=tuple(tuple(each["rows"]) for each in found),
        test=tuple(each["test"] for each in found),
        seconds=tuple(each["seconds"] for each in found),
        steps=found[0]["steps"],
        weights=tuple(found[0]["weights"]),
    )


def _run(context: Context, case: str, config: Config, *, with_weights: bool) -> dict[str, Any]:
    """Make one run, of which nothing is remembered."""
    dataset = split_of(context, case)
    run = train_by_hand(config, dataset)
    return {
        "rows": list(run.rows),
        "test": run.test,
        "seconds": run.seconds,
        "steps": len(batch_slices(len(dataset.train), config.batch_size)) * config.epochs,
        "weights": run.params.tolist() if with_weights else [],
    }


def gradient_noise(dataset: Dataset, batch_size: int) -> float:
    """Return how long the difference between a batch's gradient and that of all training images is, on average.

    It is taken at zero weights, where every run begins.
    """
    train, kinds = dataset.train, len(dataset.classes)
    params = torch.zeros(kinds * train.images[0].numel())
    _, whole = HandSoftmax(flat(train.images), train.labels, kinds).loss_and_grad(params)
    draw = torch.Generator().manual_seed(0)
    lengths = []
    for _ in range(NOISE_BATCHES):
        rows = torch.randperm(len(train), generator=draw)[:batch_size]
        objective = HandSoftmax(flat(train.images[rows]), train.labels[rows], kinds)
        _, grad = objective.loss_and_grad(params)
        lengths.append(float((grad - whole).norm()))
    return fmean(lengths)
