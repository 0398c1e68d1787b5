"""Cheats that only running again finds: numbers that agree with each other and with the design."""

from dataclasses import replace
from statistics import stdev

import numpy as np
import pytest
import torch

from claim_fakes import refusals, verified
from steepest.comparison.claims import claim_of, comparison_of, sealed, verdict_rows
from steepest.comparison.results import Arrival, packed
from steepest.errors import UserError
from steepest.storage import tensors_hash
from steepest.verification.rerunning import LEAST_LOSS, SPREADS, first_difference, rerun, spread


def test_an_honest_claim_is_accepted_and_its_runs_come_out_the_same_to_the_byte(tuned, tmp_path):
    found = verified(claim_of(tuned), tmp_path, sample=6)
    assert found.accepted, refusals(found)
    assert sum("run again, the same" in each.text for each in found.findings) == 6


def test_no_run_is_judged_by_its_best_epoch(tuned, tmp_path):
    """Only the last weights are ever measured; a better epoch's accuracy is refuted by making the run again."""
    claim = claim_of(tuned)
    every = len(claim["trials"]) + len(claim["results"])
    for result in claim["results"]:
        if result["side"] == "adam":
            result["accuracy"] = min(1.0, result["accuracy"] + 2 / 32)
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    found = verified(sealed(claim), tmp_path, sample=every)
    assert all(each.name.startswith("adam with seed") for each in found.refuted)
    assert "accuracy is claimed to be" in found.refuted[0].text
    caught = [e for e in found.findings if e.name.startswith("adam with seed") and not e.accepted]
    assert len(caught) == len([r for r in tuned.results if r.side == "adam" and r.accuracy < 1])


def test_passes_that_were_struck_from_a_claim_come_back_when_a_run_is_made_again(tuned, tmp_path):
    claim = claim_of(tuned)
    for trial in claim["trials"]:
        trial["backwards"] -= 1
    found = verified(sealed(claim), tmp_path, sample=40)
    assert "backwards is claimed to be 5, and run again it is 6." in {e.text for e in found.refuted}


def test_invented_weights_are_refuted_when_the_run_is_made_again(tuned, tmp_path):
    claim = claim_of(tuned)
    for result in claim["results"]:
        result["weights"] = "0" * 64
    found = verified(sealed(claim), tmp_path, sample=60)
    assert {e.text.partition(" is claimed")[0] for e in found.refuted} == {"weights"}


EARLY = Arrival(steps=3, passes=6, seconds=0.1)
INVENTED = {
    "loss": ("loss", 0.01),
    "forwards": ("forwards", 6 * 99),
    "correct": ("correct", packed(np.arange(32) < 16)),
    "arrival": ("arrival", {"steps": 3, "passes": 6, "seconds": 0.1}),
}


@pytest.mark.parametrize("what", INVENTED)
def test_every_number_that_may_decide_is_held_against_the_run_made_again(what, small, tmp_path):
    asked = {"correct": {"test_images": True}, "arrival": {"metric": "steps", "target": 0.98}}
    fair = small("sgd", "adam", fixed=True, seeds=6, lr=0.001, **asked.get(what, {}))
    key, value = INVENTED[what]
    claim = claim_of(fair)
    assert verified(claim, tmp_path, sample=12).accepted
    for result in claim["results"]:
        if result["side"] == "adam":
            result[key] = value
            if key == "correct":
                result["accuracy"] = 0.5
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    found = verified(sealed(claim), tmp_path, sample=12)
    assert len(found.refuted) >= 5, found
    told = {"correct": {"accuracy", "correct"}}.get(what, {what})
    assert {e.text.partition(" is claimed")[0] for e in found.refuted} <= told


def test_sides_that_hold_other_images_out_are_each_held_against_their_own(small, tmp_path):
    for setting in (("0.1", "0.3"), "val"), (("true", "false"), "stratified"):
        with pytest.raises(UserError, match=f"differ in {setting[1]}, and so would be tuned on"):
            small(*setting[0], vary=setting[1], studies=6, trials=2)
    found = small("0.1", "0.3", vary="val", fixed=True, seeds=6)
    assert verified(claim_of(found), tmp_path, sample=12).accepted


def test_a_claim_from_another_machine_is_held_against_the_spread_over_its_seeds(tuned, tmp_path):
    claim = claim_of(tuned)
    for each in claim["circumstances"]["environments"]:
        each["cpu_capability"] = "ANOTHER"
    honest = verified(sealed(claim), tmp_path, sample=10)
    assert honest.accepted
    assert sum("the same" in e.text and "to the byte" in e.text for e in honest.findings) == 10
    for result in claim["results"]:  # as another processor's are
        result["weights"], result["loss"] = "0" * 64, result["loss"] + 1e-7
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    near = verified(sealed(claim), tmp_path, sample=60)
    assert near.accepted is None
    assert "The same bytes are not promised here: cpu capability was ANOTHER" in near.unjudged[0].text
    studies = [r for r in tuned.results if r.side == "sgd"]
    assert spread(tuned, "sgd", lambda run: run.loss) < stdev(run.loss for run in studies)
    for result in claim["results"]:
        result["loss"] = result["loss"] / 2
    forged = verified(sealed(claim), tmp_path, sample=60)
    assert any("the loss is claimed to be" in e.text for e in forged.refuted)


def elsewhere(comparison):
    """Return a comparison as another machine's, with its claim."""
    there = comparison.circumstances
    made = [{**each, "cpu_capability": "ANOTHER"} for each in there.environments]
    moved = replace(comparison, circumstances=replace(there, environments=made))
    return moved, claim_of(moved)


def test_a_trial_from_elsewhere_may_be_as_far_off_as_its_own_settings_scatter(tuned):
    """Where a rate is large seeds are further apart than at the best one, and so are processors."""
    moved, claim = elsewhere(tuned)
    largest = max(moved.trials_of("sgd", 0), key=lambda each: each.trial.settings["lr"])
    off = 2 * SPREADS * spread(moved, "sgd", lambda run: run.loss)
    assert rerun(claim, moved, replace(largest, loss=largest.loss + off), None).accepted is None
    assert rerun(claim, moved, replace(largest, loss=largest.loss + 1e6), None).accepted is False


def test_one_run_a_study_tells_no_spread_and_other_seeds_do(tuned):
    moved, claim = elsewhere(tuned)
    one = replace(moved, results=tuple(each for each in moved.results if each.seed % 2 == 0))
    assert spread(one, "adam", lambda run: run.loss) == 0
    run = next(each for each in one.results if each.side == "adam")
    assert rerun(claim, one, replace(run, loss=run.loss + 2 * LEAST_LOSS), None).accepted is None
    assert rerun(claim, one, replace(run, loss=run.loss + 1e6), None).accepted is False


def test_a_time_from_elsewhere_is_held_against_the_spread_too(small):
    fair = small("sgd", "adam", fixed=True, seeds=6, lr=0.001, metric="steps", target=0.98)
    moved, claim = elsewhere(fair)
    runs = [each for each in moved.results if each.side == "adam"]
    late = max(runs, key=lambda each: each.arrival.steps if each.arrival else each.steps * 2)
    for steps, outcome in ((late.steps, None), (10**6, False)):
        forged = replace(late, weights="0" * 64, arrival=replace(EARLY, steps=steps))
        found = rerun(claim, moved, forged, None)
        assert found.accepted is outcome, found
    assert "the target is claimed to be reached after 1,000,000 steps" in found.text


def test_right_images_of_a_run_that_diverged_are_not_invented(small):
    fair = small("sgd", "adam", fixed=True, seeds=6, lr=1e30, test_images=True)
    moved, claim = elsewhere(fair)
    run = next(each for each in moved.results if each.diverged)
    found = rerun(claim, moved, replace(run, correct=packed(np.ones(32, dtype=bool))), None)
    assert found.accepted is False
    assert "its right images are not those of the first class" in found.text


def test_histories_that_part_are_told_where():
    then = [{"epoch": 1, "train_loss": 0.5, "seconds": 1.0}, {"epoch": 2, "train_loss": 0.25}]
    assert first_difference(then, [{**then[0], "seconds": 9.0}, then[1]]) is None
    assert first_difference(then, then[:1]) == "there were 2 epochs, now there are 1"
    other = [then[0], {"epoch": 2, "train_loss": 0.3}]
    assert first_difference(then, other) == "epoch 2: train_loss was 0.25, now it is 0.3"


def test_weights_have_one_hash_however_they_lie_in_memory():
    square = torch.arange(9.0).view(3, 3)
    for weights in (square.T, square.view(9)[::2], square.clone().requires_grad_()):
        copied = weights.detach().contiguous().clone()
        assert tensors_hash({"w": weights}) == tensors_hash({"w": copied})
    assert tensors_hash({"w": square}) != tensors_hash({"w": square.T})
