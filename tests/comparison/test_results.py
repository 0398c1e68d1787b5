import json
import re
from math import inf, log

import numpy as np
import pytest

from comparison_fakes import invented
from steepest.comparison.results import Criterion, Result, loss_or_worst, packed, unpacked
from steepest.errors import UserError


@pytest.mark.parametrize(
    ("metric", "margins", "words"),
    [
        ("accuracy", (1.0, 5.0), "an accuracy, where 0.005 is half a point: from 0 to below 1, not"),
        ("steps", (1.0, 300.0), "a share of the time, such as 0.05: from 0 to below 1, not"),
        ("loss", (float("inf"),), "in nats of loss, such as 0.02: 0 or above, not inf"),
    ],
)
def test_a_margin_that_makes_no_sense_is_refused_with_its_unit(metric, margins, words):
    for margin in (*margins, -0.1, float("nan")):
        with pytest.raises(UserError, match=re.escape(f"--margin is {words.partition(', not')[0]}")):
            Criterion.asked(metric, 0.9, margin, False)
    for margin in (0.0, 0.5):
        assert Criterion.asked(metric, 0.9, margin, False).margin == margin
    assert Criterion.asked("loss", None, 1.5, False).margin == 1.5


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("steps", None, None, False), "--metric steps is the time to a validation accuracy"),
        (("accuracy", 1.5, None, False), "--target is an accuracy in (0, 1), such as 0.95, not 1.5"),
        (("loss", None, None, True), "--test-images asks which images are right"),
    ],
)
def test_a_criterion_that_contradicts_itself_is_refused(asked, words):
    with pytest.raises(UserError, match=re.escape(words)):
        Criterion.asked(*asked)


def test_each_metric_has_a_margin_of_its_own():
    margins = {
        metric: Criterion.asked(metric, 0.9, None, False).margin for metric in ("accuracy", "loss", "passes")
    }
    assert margins == {"accuracy": 0.005, "loss": 0.02, "passes": 0.05}


def test_a_result_survives_its_record_and_a_diverged_one_too():
    found = invented(fixed=True, target=0.9, diverge="adam")
    assert any(each.diverged for each in found.results)
    assert any(each.arrival for each in found.results)
    for each in found.results:
        assert Result.of(json.loads(json.dumps(each.to_dict()))) == each
        assert each.passes == each.forwards + each.backwards


def test_a_diverged_run_counts_as_the_worst_loss_and_at_least_as_knowing_nothing():
    runs = invented(fixed=True, diverge="adam").results
    dead = next(place for place, each in enumerate(runs) if each.diverged)
    assert runs[dead].loss == inf
    assert loss_or_worst(runs, 10)[dead] == log(10)
    assert loss_or_worst(runs, 1)[dead] == max(each.loss for each in runs if not each.diverged)


def test_which_images_were_right_is_packed_without_a_loss():
    for count in (1, 7, 8, 1000):
        correct = np.random.default_rng(count).random(count) < 0.5
        assert unpacked(packed(correct), count).tolist() == correct.tolist()
