"""The publishers' real files, where this machine has them: give STEEPEST_DATA."""

import os
from pathlib import Path

import pytest
import torch

from steepest.config import Config
from steepest.data import Dataset, load
from steepest.errors import IntegrityError
from steepest.training.history import Epoch
from steepest.training.loops import loop
from steepest.training.preparation import prepare

DIRECTORY = os.environ.get("STEEPEST_DATA", "")


def needs(folder: str) -> pytest.MarkDecorator:
    there = bool(DIRECTORY) and (Path(DIRECTORY) / folder).is_dir()
    return pytest.mark.skipif(not there, reason=f"no {folder}/ under STEEPEST_DATA on this machine")


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load("mnist", data_dir=DIRECTORY)


@needs("mnist")
def test_mnist_is_whole_and_in_the_publishers_order(mnist: Dataset) -> None:
    assert mnist.train.images.shape == (60_000, 1, 28, 28)
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test is not None
    assert mnist.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert not mnist.notes


@needs("mnist")
def test_the_embedded_digits_are_training_digits_of_mnist_and_none_is_a_test_digit(mnist: Dataset) -> None:
    small = load("mnist5k")
    assert small.test is not None
    assert mnist.test is not None
    digits = torch.cat([small.train.images, small.test.images]).flatten(1)
    seen, held = ({row.numpy().tobytes() for row in each.images.flatten(1)} for each in (mnist.train, mnist.test))
    keys = {row.numpy().tobytes() for row in digits}
    assert len(keys) >= 4_990  # a few digits of MNIST occur twice
    assert keys <= seen
    assert not keys & held


@needs("mnist")
def test_softmax_regression_learns_real_digits(mnist: Dataset) -> None:
    setup = prepare(
        Config(model="softmax-regression", data="mnist", optimizer="sgd", lr=0.1, epochs=1, val=0.2), mnist
    )
    (last,) = (event for event in loop(setup) if isinstance(event, Epoch))
    assert last.row["val_accuracy"] > 0.88


@needs("cifar10")
def test_the_copy_of_cifar10s_test_batch_is_taken_only_when_asked_and_says_so() -> None:
    with pytest.raises(IntegrityError, match="--unverified"):
        load("cifar10", data_dir=DIRECTORY)
    cifar = load("cifar10", data_dir=DIRECTORY, unverified=True)
    assert cifar.train.images.shape == (50_000, 3, 32, 32)
    assert cifar.train.labels.bincount().tolist() == [5_000] * 10
    assert any("unverified test copy" in note for note in cifar.notes)
