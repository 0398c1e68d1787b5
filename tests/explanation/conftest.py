"""A small real run on stripes, trained once."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import steepest
from fakes import stripe_dataset
from steepest.data import Dataset, Split
from steepest.runs.run import Run

MODEL = "4C3p1-R-M2-F8-R-F3"


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Stripes of three rows; the test images have file names, and every fourth of them a wrong label."""
    made = stripe_dataset(count=96, classes=3)
    assert made.test is not None
    labels = made.test.labels.clone()
    labels[::4] = (labels[::4] + 1) % 3
    names = tuple(f"row {label}/{number}.png" for number, label in enumerate(labels.tolist()))
    return replace(made, test=Split(made.test.images, labels, names))


@pytest.fixture(scope="session")
def run(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run that tells the stripes apart."""
    out: Path = tmp_path_factory.mktemp("runs") / "stripes"
    run = steepest.train(model=MODEL, dataset=dataset, epochs=12, batch_size=16, lr=0.01, threads=1, out=out)
    assert run.metrics[-1]["train_accuracy"] > 0.95
    return run


@pytest.fixture
def state(run: Run) -> dict[str, torch.Tensor]:
    """The network's tensors, to see whether anything changed them."""
    return {name: value.clone() for name, value in run.network().state_dict().items()}
