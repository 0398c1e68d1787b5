import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import stripe_dataset
from steepest.config import Config
from steepest.data import hold_out
from steepest.experiments.linear_optimizers.runs import (
    HandSoftmax,
    flat,
    gradient_noise,
    published_split,
    runs_of,
    train_by_hand,
)
from steepest.training.history import Epoch
from steepest.training.loops import loop
from steepest.training.preparation import prepare

RULES = (
    *("gradient-descent", "sgd", "momentum:beta=0.9", "nesterov:beta=0.9"),
    *("adagrad", "rmsprop", "adam:beta1=0.9,beta2=0.999"),
)


@given(
    images=st.integers(1, 7),
    pixels=st.integers(1, 6),
    classes=st.integers(2, 5),
    size=st.floats(0.01, 30),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_loss_and_gradient_by_hand_are_the_librarys(images, pixels, classes, size, seed) -> None:
    draw = torch.Generator().manual_seed(seed)
    x = torch.rand(images, pixels, generator=draw, dtype=torch.float64)
    labels = torch.randint(classes, (images,), generator=draw)
    params = size * torch.randn(classes * pixels, generator=draw, dtype=torch.float64)
    loss, grad = HandSoftmax(x, labels, classes).loss_and_grad(params)
    point = params.clone().requires_grad_()
    theirs = torch.nn.functional.cross_entropy(x @ point.view(classes, pixels).T, labels)
    theirs.backward()
    torch.testing.assert_close(loss, theirs.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(grad, point.grad, rtol=1e-12, atol=1e-12)
    assert torch.equal(HandSoftmax(x, labels, classes).loss(params), loss)


def test_no_autograd_takes_part() -> None:
    objective = HandSoftmax(torch.rand(3, 4), torch.tensor([0, 1, 1]), 2)
    loss, grad = objective.loss_and_grad(torch.zeros(8))
    assert not loss.requires_grad
    assert not grad.requires_grad
    assert float(loss) == pytest.approx(np.log(2))


def test_large_logits_stay_finite() -> None:
    objective = HandSoftmax(torch.full((1, 1), 200.0), torch.tensor([0]), 2)
    loss, grad = objective.loss_and_grad(torch.tensor([-1.0, 1.0]))
    assert float(loss) == pytest.approx(400)
    assert grad.isfinite().all()


def data():
    return hold_out(stripe_dataset(count=60, classes=3), 0.25)


@pytest.mark.parametrize("rule", RULES)
def test_a_run_by_hand_ends_where_the_library_ends(rule) -> None:
    config = Config(
        model="F3n",
        init="zeros",
        optimizer=rule,
        epochs=3,
        batch_size=8,
        schedule="exponential:gamma=0.9",
        threads=1,
        seed=5,
    )
    dataset = data()
    hand = train_by_hand(config, dataset)
    *_, last = (each for each in loop(prepare(config, dataset)) if isinstance(each, Epoch))
    torch.testing.assert_close(hand.params, last.checkpoint.params, rtol=1e-4, atol=2e-6)
    for ours, theirs in zip(hand.rows, last.checkpoint.history, strict=True):
        for measure in ("train_loss", "val_loss", "train_accuracy", "val_accuracy"):
            assert ours[measure] == pytest.approx(theirs[measure], abs=1e-4)


def test_pixels_are_scaled_as_the_network_scales_them() -> None:
    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    theirs = prepare(Config(model="F2"), stripe_dataset()).network.input(images)
    assert torch.equal(flat(images).view(1, 1, 16, 16), theirs)


def test_the_split_is_the_published_one() -> None:
    dataset = published_split(stripe_dataset(count=50))
    rows = np.arange(50)
    np.random.RandomState(2000).shuffle(rows)
    whole = stripe_dataset(count=50).train.images
    assert len(dataset.validation) == 10
    assert torch.equal(dataset.validation.images, whole[np.sort(rows[:10])])


def test_the_gradients_noise_falls_with_the_batch_and_is_none_with_all_images() -> None:
    dataset = data()
    small, large = (gradient_noise(dataset, size) for size in (2, 16))
    assert small > 1.5 * large > 0
    assert gradient_noise(dataset, 10_000) == pytest.approx(0, abs=1e-6)


def test_runs_are_made_once_and_remembered(context, monkeypatch) -> None:
    first = runs_of(context, "library", {"name": "a", "optimizer": "sgd"})
    monkeypatch.setattr("steepest.experiments.linear_optimizers.runs.train_by_hand", None)  # not called again
    again = runs_of(context, "library", {"name": "b", "optimizer": "sgd"})
    assert again.rows == first.rows
    assert again.weights == first.weights
    assert context.seconds > 0
