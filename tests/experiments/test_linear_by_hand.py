from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import stripe_dataset
from steepest.config import Config
from steepest.data import hold_out
from steepest.experiments import open_experiment
from steepest.experiments.content import Figure, Images, Panels, Table, Text
from steepest.experiments.context import Context
from steepest.experiments.hand_softmax import HandSoftmax, flat, train_by_hand
from steepest.experiments.linear import hand_race, softmax_by_hand, ten_images
from steepest.experiments.linear_batches import batch_answer, batch_sizes
from steepest.experiments.linear_runs import gradient_noise, published_split, runs_of
from steepest.history import Epoch
from steepest.preparation import prepare
from steepest.training import loop

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


def arguments(use: str) -> dict:
    experiment = open_experiment("linear-optimizers")
    return dict(next(each.arguments for each in experiment.parts if each.use == use))


def test_the_race_has_four_panels_a_line_an_optimizer_and_a_figure_for_each(context) -> None:
    made = hand_race(context, **arguments("hand-race"))
    figures = [each for each in made if isinstance(each, Figure)]
    whole, closer = (each for each in made if isinstance(each, Panels))
    (table,) = (each for each in made if isinstance(each, Table))
    assert [each.published for each in figures] == [None, 0.92, *[None] * 5]
    assert [each.recomputed for each in figures] == [False, True, *[False] * 5]
    assert all(len(each.ours) == 2 for each in figures)
    assert [panel.title for panel in whole.panels] == [
        *("Training loss", "Training accuracy"),
        *("Validation loss", "Validation accuracy"),
    ]
    assert all(len(panel.lines) == 7 for panel in whole.panels)
    assert all(len(panel.lines) == 6 for panel in closer.panels)
    steps = {row[0]: row[3] for row in table.rows}
    assert steps["gradient descent"] == "2"  # one step an epoch
    assert steps["SGD"] == "2"


def test_runs_are_made_once_and_remembered(context, monkeypatch) -> None:
    first = runs_of(context, "library", {"name": "a", "optimizer": "sgd"})
    monkeypatch.setattr("steepest.experiments.linear_runs.train_by_hand", None)  # not called again
    again = runs_of(context, "library", {"name": "b", "optimizer": "sgd"})
    assert again.rows == first.rows
    assert again.weights == first.weights
    assert context.seconds > 0


def test_the_batch_sizes_are_answered_in_words_with_their_numbers(context) -> None:
    panels, table, text = batch_sizes(context, case="library", sizes=[8, 16, 32])
    assert isinstance(panels, Panels)
    assert [row[0] for row in table.rows] == [8, 16, 32]
    assert isinstance(text, Text)
    steps, noise, progress, end = text.paragraphs
    assert "4 times fewer steps" in steps
    assert "The root of 4, by which a mean of independent images would be quieter, is 2.0." in noise
    assert progress.startswith("Progress: with the rate left alone")
    assert "standard deviation" in end


def first_losses(context, losses: dict[int, float]):
    """Runs of some batch sizes whose first epoch had these training losses."""
    made = runs_of(context, "library", {"name": "any", "optimizer": "sgd"})
    return [
        replace(
            made,
            config=made.config.with_(batch_size=size),
            rows=tuple(({**each[0], "train_loss": loss}, *each[1:]) for each in made.rows),
        )
        for size, loss in losses.items()
    ]


def test_the_answer_names_the_size_that_gets_furthest_and_what_holds_back_the_others(
    context,
) -> None:
    def progress(**losses: float) -> str:
        found = first_losses(context, {int(size[1:]): loss for size, loss in losses.items()})
        return batch_answer(found, [2.0, 1.0])[2]

    both = progress(b32=0.4341, b64=0.3867, b128=0.3975, b512=0.5353)
    assert "is lowest with 64, 0.387." in both
    assert "their noise costs more than these win: 0.434 with 32." in both
    assert "take too few steps: 0.535 with 512." in both
    assert "noise" not in progress(b32=0.3, b64=0.4).partition("Larger")[0]
    assert "too few steps: 0.400 with 64" in progress(b32=0.3, b64=0.4)
    assert "Larger" not in progress(b32=0.4, b64=0.3)


def test_one_seed_alone_is_told_to_say_nothing_about_chance(context) -> None:
    alone = replace(context, asked_seeds=1)
    found = [runs_of(alone, "library", {"name": str(size), "batch_size": size}) for size in (8, 16)]
    assert "One seed alone" in batch_answer(found, [2.0, 1.0])[-1]


def test_ten_columns_become_ten_signed_images(context) -> None:
    (images,) = ten_images(context, case="library", runs=[{"name": "SGD", "optimizer": "sgd"}])
    assert isinstance(images, Images)
    assert images.diverging
    assert [each.shape for each in images.images] == [(28, 28)] * 10
    weights = runs_of(context, "library", {"name": "SGD", "optimizer": "sgd"}).weights
    np.testing.assert_allclose(images.images[1][0], weights[784 : 784 + 28], rtol=1e-6)


def test_by_hand_stands_beside_the_library_for_a_batch_and_a_whole_run(context) -> None:
    (table,) = softmax_by_hand(context, case="library", images=16)
    gaps = [float(row[3]) for row in table.rows]
    assert len(gaps) == 8
    assert max(gaps[0], gaps[1], gaps[3], gaps[4]) < 1e-14  # float64
    assert max(gaps[2], gaps[5]) < 1e-7  # differences
    assert gaps[6] < 1e-6  # a run in float32
    assert all(row[1][:6] == row[2][:6] for row in table.rows)


def test_pixels_are_scaled_as_the_network_scales_them() -> None:
    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    theirs = prepare(Config(model="F2"), stripe_dataset()).network.input(images)
    assert torch.equal(flat(images).view(1, 1, 16, 16), theirs)
