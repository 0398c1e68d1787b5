"""Small real datasets that tests train on."""

from pathlib import Path

import torch

from steepest.config import Config
from steepest.data import Dataset, Split
from steepest.runs import Run


def stripes(count: int = 64, classes: int = 2, side: int = 6, seed: int = 0) -> Split:
    """Return images whose class is the row of a bright stripe, under noise: easy, but not separable at once."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % classes
    images = torch.randint(0, 90, (count, 1, side, side), generator=draw, dtype=torch.uint8)
    images[torch.arange(count), 0, labels] += 100
    return Split(images, labels)


def stripe_dataset(count: int = 64, classes: int = 2, side: int = 6) -> Dataset:
    """Return stripes to train on and other stripes to test on."""
    names = tuple(f"row {number}" for number in range(classes))
    train, test = (stripes(n, classes, side, seed) for n, seed in ((count, 0), (count // 2, 1)))
    return Dataset("stripes", names, train, test)


def recorded(config: Config, *, out: Path | None = None, dataset: Dataset | None = None) -> Run:
    """Return a run that is trained to its end, without pages."""
    from steepest.runs.recording import begin, record  # here: who replaces its `load` comes first

    run, setup = begin(config, out=out, dataset=dataset)
    for _ in record(run, setup):
        pass
    return run
