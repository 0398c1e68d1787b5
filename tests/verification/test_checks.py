"""Cheats that a claim's own records give away.

The forger of these claims is a skilful one: after a change the verdicts are found anew and the file is sealed
again, so that it agrees with itself. What is left to catch it is the design.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from claim_fakes import Claim, refusals, verified, verify_claim
from steepest.comparison.claims import claim_of, comparison_of, sealed, verdict_rows
from steepest.comparison.comparison import Comparison
from steepest.comparison.results import packed

Forge = Callable[..., list[str]]


@pytest.fixture
def forged(tuned: Comparison, tmp_path: Path) -> Forge:
    """Change an honest claim, make it agree with itself, and return the lines by which it is refuted."""

    def call(change: Callable[[Claim], None], consistent: bool = True) -> list[str]:
        claim = copy.deepcopy(claim_of(tuned))
        change(claim)
        if consistent:
            claim["verdicts"] = verdict_rows(comparison_of(claim))
            claim = sealed(claim)
        return refusals(verified(claim, tmp_path))

    return call


def test_reporting_the_setting_that_is_best_on_the_test_split_is_refuted(forged, tuned):
    best = tuned.chosen("sgd", 0).trial
    other = min(tuned.trials_of("sgd", 0), key=lambda each: each.rank).trial

    def pick(claim: Claim) -> None:
        for result in claim["results"]:
            if (result["side"], result["unit"]) == ("sgd", 0):
                result["settings"] = dict(other.settings)

    lines = forged(pick, consistent=False)
    assert (
        f"choices: sgd in study 0 was reported at {dict(other.settings)}, but its best trial by validation had "
        f"{dict(best.settings)}: it was chosen by something else."
    ) in lines


def test_a_trial_at_another_setting_than_the_designs_is_refuted(forged, tuned):
    best, wanted = tuned.chosen("sgd", 0).trial, {"lr": 123.0}

    def swap(claim: Claim) -> None:
        for each in (*claim["results"], *claim["trials"]):
            if each["side"] == "sgd" and each["settings"] == best.settings:
                each["settings"] = wanted

    lines = forged(swap)
    told = f"was at {wanted}, and the design puts it at {dict(best.settings)}"
    assert any(told in line for line in lines), lines


def test_trials_never_see_the_test_split_whatever_the_sides_are(tuned):
    assert all((tuned.folder / "runs" / each.key).is_dir() for each in tuned.trials)
    assert not {each.key for each in tuned.trials} & {each.key for each in tuned.results}


def test_a_seed_that_was_exchanged_for_a_luckier_one_is_refuted(forged):
    def exchange(claim: Claim) -> None:
        for result in claim["results"]:
            if result["side"] == "adam" and result["seed"] == 3:
                result["seed"] = 12

    lines = forged(exchange, consistent=False)
    assert any("seeds: adam was not reported on the seeds of the design (seed 3, 12)" in x for x in lines)


def test_a_seed_that_was_left_out_is_refuted(forged):
    def leave_out(claim: Claim) -> None:
        claim["results"] = [each for each in claim["results"] if each["seed"] != 5]

    lines = forged(leave_out, consistent=False)
    assert any("runs were left out or picked" in line for line in lines)


def test_seeds_that_do_not_begin_at_zero_are_accepted_but_named(small, tmp_path):
    claim = claim_of(small("sgd", "adam", fixed=True, seeds=6, seed=40))
    (line,) = [e.text for e in verified(claim, tmp_path).findings if e.name == "seeds"]
    assert line.endswith("the reporting seeds 40 to 45; they begin at 40 and not at 0, which somebody chose")


def test_asking_again_with_other_seeds_is_told_beside_the_verdict_and_in_the_claim(small, tmp_path):
    small("sgd", "adam", fixed=True, seeds=6)
    again = small("sgd", "adam", fixed=True, seeds=6, seed=100, claim=tmp_path / "lucky.json")
    assert "were compared once before (6 seeds from seed 0: " in again.notes[0]
    found = verify_claim(tmp_path / "lucky.json", sample=0)
    assert [e.text for e in found.findings if e.name == "earlier"] == [
        "some of these sides were compared once before"
    ]


def test_a_baseline_with_fewer_trials_is_refuted(forged):
    def starve(claim: Claim) -> None:
        claim["trials"] = [
            each
            for each in claim["trials"]
            if not (each["side"] == "adam" and each["study"] == 2 and each["number"] > 1)
        ]

    lines = forged(starve, consistent=False)
    assert any("adam has 2 trials in study 2, and the design gives it 4: it was tuned less" in x for x in lines)


def test_a_candidate_with_more_trials_is_refuted(forged, tuned):
    count = len(tuned.trials_of("sgd", 1))

    def indulge(claim: Claim) -> None:
        claim["trials"].append(
            {**next(t for t in claim["trials"] if (t["side"], t["study"]) == ("sgd", 1)), "number": count}
        )

    lines = forged(indulge, consistent=False)
    assert any(f"sgd has {count + 1} trials in study 1" in x and "tuned more" in x for x in lines)


def test_a_design_that_gives_one_side_less_cannot_even_be_written(forged):
    def change(claim: Claim) -> None:
        claim["question"]["design"]["trials"] = 2

    lines = forged(change, consistent=False)
    assert "trials: the design gives 2 trials, its budget is trials, and there are sgd 4, adam 4." in lines


def test_an_edited_file_is_refuted_by_its_seal(forged):
    def edit(claim: Claim) -> None:
        claim["made"] = "2020-01-01T00:00:00+00:00"

    assert forged(edit, consistent=False) == [
        "seal: the file was changed after it was written: its content has another SHA-256."
    ]


def test_an_edited_verdict_is_refuted_by_its_numbers(tuned, tmp_path):
    claim = claim_of(tuned)
    claim["verdicts"][0]["kind"] = "better"
    (line,) = refusals(verified(sealed(claim), tmp_path))
    assert line.startswith("verdicts: sgd against adam: kind is claimed to be 'better', and the numbers give ")


def test_an_accuracy_that_no_number_of_images_gives_is_refuted(forged):
    def edit(claim: Claim) -> None:
        claim["results"][0]["accuracy"] = 0.777

    (line,) = forged(edit)
    assert "has the accuracy 0.777, which 32 images cannot give" in line


def test_images_that_are_not_as_many_as_the_accuracy_says_are_refuted(small, tmp_path):
    claim = claim_of(small("sgd", "adam", fixed=True, seeds=6, test_images=True))
    first = claim["results"][0]
    first["correct"] = packed(np.zeros(32, dtype=bool))
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    (line,) = refusals(verified(sealed(claim), tmp_path))
    assert "has 0 right images one by one, and " in line


def test_an_arrival_after_the_end_is_refuted(small, tmp_path):
    claim = claim_of(small("sgd", "adam", fixed=True, seeds=6, metric="steps", target=0.5))
    claim["results"][0]["arrival"] = {"steps": 999, "passes": 9, "seconds": 0.1}
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    (line,) = refusals(verified(sealed(claim), tmp_path))
    assert "arrived at the target after its training was over" in line


def test_a_cross_check_of_another_program_is_not_compared_and_nothing_else_is_let_go(tuned, tmp_path):
    claim = claim_of(tuned)
    claim["verdicts"][0]["bootstrap_low"] -= 0.001
    (line,) = refusals(verified(sealed(claim), tmp_path))
    assert "bootstrap_low is claimed to be" in line
    claim["program"] = {**claim["program"], "verdicts": "0" * 64}
    assert verified(sealed(claim), tmp_path).accepted
    claim["verdicts"][0]["p"] /= 2
    assert not verified(sealed(claim), tmp_path).accepted


def test_a_verdict_with_a_number_more_is_refuted(tuned, tmp_path):
    claim = claim_of(tuned)
    claim["verdicts"][0]["certainly"] = 1
    (line,) = refusals(verified(sealed(claim), tmp_path))
    assert line.endswith("certainly is claimed to be 1, and the numbers give None.")
