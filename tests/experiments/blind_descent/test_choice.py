import numpy as np
import pytest
import torch

from fakes import stripe_dataset
from steepest.config import Config
from steepest.experiments.blind_descent.choice import Taken, blind_choice, choosing, told_choice, walk
from steepest.training.loops import loop
from steepest.training.preparation import prepare

NET = "4C3-M2-R-F3"


def test_the_steps_that_are_watched_are_those_of_the_loop():
    data = stripe_dataset(count=48, classes=3, side=12)
    config = Config(model=NET, optimizer="blind-descent", lr=0.01, batch_size=8, epochs=2, threads=1)
    *_, last = loop(prepare(config, data))
    taken = list(walk(prepare(config, data), 2 * len(data.train) // 8))
    assert torch.equal(taken[-1].params, last.checkpoint.params)
    assert all(len(each.tried) == 2 for each in taken)
    assert all(0 < each.alive < 1 for each in taken)


def test_the_live_share_is_that_of_the_weights_before_the_step():
    data = stripe_dataset(count=16, classes=3, side=12)
    one_forward, three_forwards = (
        next(walk(prepare(Config(model=NET, optimizer=rule, lr=5.0, batch_size=8), data), 1))
        for rule in ("sgd", "blind-descent")
    )
    assert one_forward.alive == three_forwards.alive


def test_a_network_without_relu_counts_as_alive():
    data = stripe_dataset(count=16, classes=3, side=12)
    (taken,) = walk(prepare(Config(model="F3", optimizer="sgd", batch_size=8), data), 1)
    assert (taken.alive, taken.tried) == (1.0, ())


def noted(before, *tried):
    return Taken(before, tried, 0.5, torch.zeros(1))


def test_choices_are_counted_exactly_as_subsets_are():
    plain = 1.0
    found = choosing([noted(1.5, plain, 0.9, 1.1, 1.0, 1.2, 1.2, 1.2, 0.8, 1.2)])
    assert (found.lower, found.same, found.higher) == (0.25, 0.125, 0.625)
    # one of two winners among 8: 2/8 alone, and 1 - (6 choose k) / (8 choose k) among k
    assert found.accepted == pytest.approx((0.25, 1 - 15 / 28, 1 - 15 / 70, 1.0))
    assert found.step == pytest.approx(0.5)
    assert found.gain == pytest.approx(0.2)
    assert found.spacing == np.spacing(np.float32(1))


def test_where_no_noisy_candidate_wins_nothing_is_gained():
    found = choosing([noted(1.5, 1.0, *[1.0] * 8)])
    assert (found.gain, found.accepted) == (0.0, (0.0, 0.0, 0.0, 0.0))
    assert "In 1 of 1 stretches" in told_choice([found])


def test_choices_are_watched_at_the_start_and_from_the_trained_weights(context):
    table, prices, text = blind_choice(context, cases=["mended"], steps=3)
    names = ["stripes, mended rule, at the start", "stripes, mended rule, after training"]
    assert [row[0] for row in table.rows] == names
    assert prices.rows[0][1:] != prices.rows[1][1:]
    assert len(prices.rows) == 2
    assert "Choosing the best of 8 adds" in text.paragraphs[0]
