"""The experiment linear-optimizers, made small."""

from dataclasses import replace

import pytest

from fakes import stripe_dataset
from steepest.experiments import open_experiment
from steepest.experiments.context import Context


@pytest.fixture
def context(tmp_path) -> Context:
    """The experiment on a few small images, with one seed more than one."""
    experiment = open_experiment("linear-optimizers")
    (case,) = experiment.cases
    small = case.quick.with_(epochs=2)
    experiment = replace(experiment, cases=(replace(case, config=small, quick=small),))
    made = Context(experiment, quick=True, seeds=2, cache=tmp_path)
    images = stripe_dataset(count=60, classes=10, side=28)
    made._datasets["mnist5k  False"] = images
    assert made.source(made.config("library")) is images
    return made
