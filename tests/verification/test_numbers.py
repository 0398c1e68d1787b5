from collections.abc import Callable

import numpy as np
import pytest

from claim_fakes import Claim, refusals, verified, with_verdicts, written_claim
from steepest.comparison.claims import comparison_of, sealed
from steepest.comparison.results import packed
from steepest.verification.numbers import Sizes, sizes_of


def first(**values: object) -> Callable[[Claim], object]:
    return lambda claim: claim["results"][0].update(values)


def there(**values: object) -> Callable[[Claim], object]:
    return lambda claim: claim["circumstances"].update(values)


def sides(**values: object) -> Callable[[Claim], object]:
    return lambda claim: [side.update(values) for side in claim["question"]["sides"].values()]


DIVERGED = {"diverged": True, "loss": None, "accuracy": 0.1, "weights": ""}
FALSE = {
    "test images": (there(test_images=10_000), "data: test_images is 10,000, and mnist5k has 1,000."),
    "training images": (there(train_images=3_999), "data: train_images is 3,999, and mnist5k has 4,000."),
    "classes": (there(classes=11), "data: classes is 11, and mnist5k has 10."),
    "several test splits": (
        lambda claim: claim["circumstances"]["hashes"]["0 side 0"].update(test="1" * 64),
        "data: the test images have several SHA-256, such as ",
    ),
    "classes that cannot be": (
        sides(data="quickdraw:cat,cat"),
        "data: quickdraw:cat,cat cannot be: `cat` is asked",
    ),
    "half an image": (first(accuracy=0.8995), "numbers: side 0 with seed 0 has the accuracy 0.8995, which 1,000"),
    "steps of no epoch": (
        first(steps=64),
        "numbers: side 0 with seed 0 has 64 steps in 1 epochs, and its images ",
    ),
    "more epochs": (first(steps=126, epochs=2, forwards=126), "has 2 epochs, and 1 were asked."),
    "fewer epochs": (sides(epochs=2), "numbers: side 0 with seed 0 has 1 epochs, and 2 were asked."),
    "no epoch": (first(steps=0, epochs=0), "has 0 epochs, and 1 were asked."),
    "fewer passes than steps": (first(forwards=62), "has 62 forward and 63 backward passes in 63 steps"),
    "more backward passes": (first(backwards=64), "has 63 forward and 64 backward passes in 63 steps"),
    "an arrival at nothing": (
        first(arrival={"steps": 63, "passes": 126, "seconds": 1}),
        "numbers: side 0 with seed 0 arrived at a target, and none was asked.",
    ),
    "weights of a diverged run": (
        first(**{**DIVERGED, "weights": "0" * 64}),
        "numbers: side 0 with seed 0 diverged, with the loss inf and weights `0",
    ),
    "a loss of a diverged run": (
        first(**{**DIVERGED, "loss": 0.1}),
        "diverged, with the loss 0.1 and weights ``.",
    ),
    "a luckier diverged run": (first(**{**DIVERGED, "accuracy": 0.9}), "has the accuracy 0.9, which 1,000 images"),
    "no weights": (first(weights=""), "did not diverge, with the loss 0.3 and weights ``."),
}


@pytest.mark.parametrize("how", FALSE)
def test_a_number_that_its_data_cannot_give_is_refuted(how, tmp_path):
    change, said = FALSE[how]
    claim = with_verdicts(written_claim())
    assert verified(claim, tmp_path).accepted
    change(claim)
    lines = [line for line in refusals(verified(sealed(claim), tmp_path)) if not line.startswith("verdicts")]
    assert len(lines) == 1
    assert said in lines[0]


def test_what_diverged_or_had_patience_may_stop_early(tmp_path):
    claim = written_claim()
    claim["results"][0].update(DIVERGED, steps=0, epochs=0, forwards=0, backwards=0)
    assert verified(with_verdicts(claim), tmp_path).accepted
    claim = written_claim(train_images=3_200)
    sides(epochs=9, val=0.2, patience=1)(claim)
    for result in claim["results"]:
        result.update(steps=50)
    assert verified(with_verdicts(claim), tmp_path).accepted


def test_runs_that_diverged_have_the_same_images_right(tmp_path):
    right = {True: packed(np.arange(1000) < 100), False: packed(np.arange(1000) < 900)}
    claim = written_claim(criterion={"images": True})
    for place, result in enumerate(claim["results"]):
        result.update(correct=right[place < 2], **(DIVERGED if place < 2 else {"accuracy": 0.9}))
    assert verified(with_verdicts(claim), tmp_path).accepted
    claim["results"][1]["correct"] = packed(np.arange(1000) >= 900)
    (line,) = refusals(verified(with_verdicts(claim), tmp_path))
    assert line.startswith("numbers: runs that diverged have several lists of right images")


def test_an_arrival_is_at_an_epochs_end(tmp_path):
    claim = written_claim(criterion={"metric": "steps", "target": 0.5}, train_images=3_200)
    sides(val=0.2, epochs=2)(claim)
    for result in claim["results"]:
        result.update(steps=100, epochs=2, forwards=100, arrival={"steps": 50, "passes": 100, "seconds": 1})
    assert verified(with_verdicts(claim), tmp_path).accepted
    claim["results"][3]["arrival"]["steps"] = 51
    (line,) = refusals(verified(with_verdicts(claim), tmp_path))
    assert line == "numbers: side 1 with seed 1 arrived after 51 steps, where no epoch ends."


def test_sizes_follow_from_the_table_or_from_what_the_first_side_trained_on():
    claim = written_claim(train_images=3_200)
    configs = claim["question"]["sides"]
    configs["side 0"]["val"], configs["side 1"]["val"] = 0.2, 0.5
    half = Sizes(frozenset([2_000]), frozenset([2_000]))
    assert sizes_of(comparison_of(claim)) == {
        "side 0": Sizes(frozenset([3_200]), frozenset([800])),
        "side 1": half,
    }
    sides(data="./pictures")(claim)
    assert sizes_of(comparison_of(claim))["side 1"] == half
    sides(val=0.0)(claim)
    assert sizes_of(comparison_of(claim))["side 1"] == Sizes(frozenset([3_200]), frozenset())
    sides(val=1 - 1e-12)(claim)  # as many totals as one likes would do
    assert len(sizes_of(comparison_of(claim))["side 0"].train) <= 1
