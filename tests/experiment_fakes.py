"""Experiments on stripes whose cases are trained in the test's own process, without a sweep."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from fakes import stripe_dataset
from steepest.config import Config
from steepest.data import Dataset
from steepest.evaluation import Evaluation, evaluate
from steepest.experiments.context import Context
from steepest.experiments.reading import read_experiment
from steepest.models import Network
from steepest.training.history import Epoch
from steepest.training.loops import loop
from steepest.training.preparation import prepare

HEAD = """
name = "stripes"
title = "Stripes"

[defaults]
data = "stripes"
epochs = 2
batch_size = 8
lr = 0.01
threads = 1
"""


@dataclass
class TrainedHere:
    """What a sweep's outcome answers, of a run that was trained in this process."""

    config: Config
    trained: Network
    evaluation: Evaluation
    rows: list[dict[str, float]]
    diverged: str | None = None
    seconds: float = 1.0
    job: Any = None
    changed: dict[str, float] = field(default_factory=dict)

    def accuracy(self, split: str) -> float:
        return self.changed.get("accuracy", self.evaluation.accuracy)

    def loss(self, split: str) -> float:
        return self.evaluation.loss

    def logits(self, split: str) -> Tensor:
        return self.evaluation.logits

    def network(self) -> Network:
        return self.trained.eval()

    def reaching(self, accuracy: float) -> "TrainedHere":
        return replace(self, changed={"accuracy": accuracy})


def trained_here(config: Config, dataset: Dataset) -> TrainedHere:
    setup = prepare(config, dataset)
    rows = [event.row for event in loop(setup) if isinstance(event, Epoch)]
    assert dataset.test is not None
    found = evaluate(setup.network, dataset.test, dataset.classes)
    return TrainedHere(config, setup.network, found, rows)


def context_of(
    cases: str, folder: Path, monkeypatch: pytest.MonkeyPatch, dataset: Dataset | None = None, seeds: int = 2
) -> Context:
    """Return the context of an experiment on stripes, with its cases trained.

    Args:
        cases: TOML of the [[case]] tables.
        folder: for the experiment's file and its cache.
        monkeypatch: makes the dataset `stripes` known.
        dataset: None takes stripes of three classes, 12x12.
        seeds: of each case.
    """
    data = dataset or stripe_dataset(count=48, classes=3, side=12)
    monkeypatch.setattr("steepest.data.load", lambda name, **how: data)
    path = folder / "stripes.toml"
    path.write_text(HEAD + cases)
    context = Context(read_experiment(path), quick=False, seeds=seeds, cache=folder)
    for case in context.experiment.cases:
        runs = [trained_here(context.config(case.name, seed), data) for seed in range(seeds)]
        context.keep(case.name, runs)  # type: ignore[arg-type]
    return context


def leaning_bar(side: int = 28, slant: float = 0.4) -> Tensor:
    """Return an image [1, 1, H, W] of a bar that leans to the right, off the middle."""
    rows = torch.arange(side)[:, None] - side / 2
    columns = torch.arange(side)[None] - side / 2
    inside = (rows.abs() < side / 4) & ((columns - 2 + slant * rows).abs() < 2)
    return (255.0 * inside).float()[None, None]
