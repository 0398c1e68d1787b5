"""The runs of `linear-optimizers`: softmax regression by hand on the published split, each made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
import torch

from ..config import Config
from ..data import Dataset, hold_out_rows
from .context import Context
from .hand_softmax import HandRun, HandSoftmax, Row, flat, train_by_hand

SPLIT_SEED = (
    2000  # of numpy's RandomState: it shuffles the training rows, and the first fifth validates
)
HELD_OUT = 0.2
MEASURES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
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
        context: of the experiment.
        case: whose config the settings are put over.
        settings: ``name``, and any values of ``Config``.
    """
    changes = {key: value for key, value in settings.items() if key != "name"}
    base = Config.of({**context.config(case).to_dict(), **changes}, str(context.experiment.path))
    count = context.case_seeds(context.experiment.case(case))
    found = []
    for seed in range(count):
        config = base.with_(seed=base.seed + seed, val=0.0)
        context.note(f"by hand: {settings['name']}, seed {config.seed}")
        key = {"by hand": FORMAT, "config": config.to_dict(), "weights": seed == 0}
        found.append(context.remembered(key, _Computation(context, case, config, seed == 0)))
    first = found[0]
    return NamedRuns(
        name=settings["name"],
        config=base,
        rows=tuple(tuple(each["rows"]) for each in found),
        test=tuple(each["test"] for each in found),
        seconds=tuple(each["seconds"] for each in found),
        steps=first["steps"],
        weights=tuple(first["weights"]),
    )


@dataclass(frozen=True)
class _Computation:
    """One run, called only where nothing is remembered of it."""

    context: Context
    case: str
    config: Config
    with_weights: bool

    def __call__(self) -> dict[str, Any]:
        dataset = split_of(self.context, self.case)
        run: HandRun = train_by_hand(self.config, dataset)
        batches = -(-len(dataset.train) // self.config.batch_size)
        return {
            "rows": list(run.rows),
            "test": run.test,
            "seconds": run.seconds,
            "steps": batches * self.config.epochs,
            "weights": run.params.tolist() if self.with_weights else [],
        }


def gradient_noise(dataset: Dataset, batch_size: int) -> float:
    """Return how long the difference between a batch's gradient and that of all training images is, on average.

    It is taken at zero weights, where every run begins.

    Args:
        dataset: its training split.
        batch_size: images of a batch.
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
