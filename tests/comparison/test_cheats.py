"""A zoo of cheats: each is caught, or made harmless, with the line that the user sees.

The forger of these claims is a skilful one: after a change the verdicts are found anew and the file is sealed
again, so that it agrees with itself. What is left to catch it is the design, and running a part of it again.
"""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from statistics import stdev
from typing import Any

import numpy as np
import pytest

from comparison_fakes import BASE
from steepest.comparison.claims import claim_of, comparison_of, sealed, verdict_rows, write_claim
from steepest.comparison.comparison import Comparison, told
from steepest.comparison.question import question_of
from steepest.comparison.rerunning import spread
from steepest.comparison.results import packed
from steepest.comparison.verifying import Verification, verify_claim
from steepest.errors import IntegrityError, UserError

Claim = dict[str, Any]
Forge = Callable[..., list[str]]


@pytest.fixture
def forged(tuned: Comparison, tmp_path: Path) -> Forge:
    """Change an honest claim, make it agree with itself, and return the lines by which it is refuted."""

    def call(
        change: Callable[[Claim], None], sample: int = 0, consistent: bool = True
    ) -> list[str]:
        claim = copy.deepcopy(claim_of(tuned))
        change(claim)
        if consistent:
            claim["verdicts"] = verdict_rows(comparison_of(claim))
            claim = sealed(claim)
        return refusals(_verified(claim, tmp_path, sample))

    return call


def _verified(claim: Claim, folder: Path, sample: int = 0) -> Verification:
    write_claim(claim, folder / "claim.json")
    return verify_claim(folder / "claim.json", sample=sample, draw=random.Random(0))


def refusals(found: Verification) -> list[str]:
    return [f"{each.name}: {each.text}" for each in found.refuted]


def test_an_honest_claim_is_accepted_and_its_runs_come_out_the_same_to_the_byte(tuned, tmp_path):
    found = _verified(claim_of(tuned), tmp_path, sample=6)
    assert found.accepted, refusals(found)
    assert sum("run again, the same" in each.text for each in found.findings) == 6


# --- tuned on the test split


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


# --- best of many seeds reported


def test_a_seed_that_was_exchanged_for_a_luckier_one_is_refuted(forged):
    def exchange(claim: Claim) -> None:
        for result in claim["results"]:
            if result["side"] == "adam" and result["seed"] == 3:
                result["seed"] = 12

    lines = forged(exchange, consistent=False)
    assert any(
        "seeds: adam was not reported on the seeds of the design (seed 3, 12)" in x for x in lines
    )


def test_a_seed_that_was_left_out_is_refuted(forged):
    def leave_out(claim: Claim) -> None:
        claim["results"] = [each for each in claim["results"] if each["seed"] != 5]

    lines = forged(leave_out, consistent=False)
    assert any("runs were left out or picked" in line for line in lines)


def test_seeds_that_do_not_begin_at_zero_are_accepted_but_named(small, tmp_path):
    claim = claim_of(small("sgd", "adam", fixed=True, seeds=6, seed=40))
    (line,) = [e.text for e in _verified(claim, tmp_path).findings if e.name == "seeds"]
    assert line.endswith(
        "the reporting seeds 40 to 45; they begin at 40 and not at 0, which somebody chose"
    )


def test_asking_again_with_other_seeds_is_told_beside_the_verdict_and_in_the_claim(small, tmp_path):
    small("sgd", "adam", fixed=True, seeds=6)
    again = small("sgd", "adam", fixed=True, seeds=6, seed=100, claim=tmp_path / "lucky.json")
    assert "were compared once before (6 seeds from seed 0: " in again.notes[0]
    found = verify_claim(tmp_path / "lucky.json", sample=0)
    assert [e.text for e in found.findings if e.name == "earlier"] == [
        "some of these sides were compared once before"
    ]


# --- a weak baseline


def test_a_baseline_at_a_given_setting_is_refused_where_the_candidate_is_tuned():
    with pytest.raises(
        UserError, match=r"`sgd@lr=1e-5` has its learning rate given, but every side is tuned"
    ):
        question_of(["sgd@lr=1e-5"], BASE, candidate="adam")


def test_a_baseline_with_fewer_trials_is_refuted(forged):
    def starve(claim: Claim) -> None:
        claim["trials"] = [
            each
            for each in claim["trials"]
            if not (each["side"] == "adam" and each["study"] == 2 and each["number"] > 1)
        ]

    lines = forged(starve, consistent=False)
    assert any(
        "adam has 2 trials in study 2, and the design gives it 4: it was tuned less" in x
        for x in lines
    )


def test_a_candidate_with_more_trials_is_refuted(forged, tuned):
    count = len(tuned.trials_of("sgd", 1))

    def indulge(claim: Claim) -> None:
        claim["trials"].append(
            {
                **next(t for t in claim["trials"] if (t["side"], t["study"]) == ("sgd", 1)),
                "number": count,
            }
        )

    lines = forged(indulge, consistent=False)
    assert any(f"sgd has {count + 1} trials in study 1" in x and "tuned more" in x for x in lines)


def test_a_design_that_gives_one_side_less_cannot_even_be_written(forged):
    def change(claim: Claim) -> None:
        claim["question"]["design"]["trials"] = 2

    assert any("tuned more than asked" in line for line in forged(change, consistent=False))


# --- the best epoch picked


def test_no_run_is_judged_by_its_best_epoch(tuned, tmp_path):
    """Only the last weights are ever measured; a better epoch's accuracy is refuted by making the run again."""
    claim = claim_of(tuned)
    every = len(claim["trials"]) + len(claim["results"])
    for result in claim["results"]:
        if result["side"] == "adam":
            result["accuracy"] = min(1.0, result["accuracy"] + 2 / 32)
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    found = _verified(sealed(claim), tmp_path, sample=every)
    assert all(each.name.startswith("adam with seed") for each in found.refuted)
    assert "accuracy is claimed to be" in found.refuted[0].text
    caught = [e for e in found.findings if e.name.startswith("adam with seed") and not e.accepted]
    assert len(caught) == len([r for r in tuned.results if r.side == "adam" and r.accuracy < 1])


# --- gradients that nobody counts

RULES = """
import copy
import torch
from steepest.optimizers import Step, rule

@rule("greedy-{tag}", lr=0.05)
class Greedy:
    def step(self, objective, params, state, lr, generator):
        for _ in range(3):
            loss, grad = objective.loss_and_grad(params)
            params = params - lr * grad
        return Step(params, state, loss)

@rule("sneaky-{tag}", lr=0.05)
class Sneaky:
    def step(self, objective, params, state, lr, generator):
        loss, grad = objective.loss_and_grad(params)
        inside = objective
        while hasattr(inside, "objective"):
            inside = inside.objective
        network = {how}
        with torch.enable_grad():
            more = torch.nn.functional.cross_entropy(network(inside._inputs), inside._targets)
        return Step(params - lr * grad, state, loss)
"""
LATE = """
import torch
from steepest.optimizers import Step, rule

@rule("late", lr=0.05)
class Late:
    def init(self, params, layout):
        return {"t": 0}

    def step(self, objective, params, state, lr, generator):
        loss, grad = objective.loss_and_grad(params)
        if state["t"] >= 8:
            objective.model(objective._inputs)
        return Step(params - lr * grad, {"t": state["t"] + 1}, loss)
"""
WAYS = {
    "itself": "inside.model",
    "a copy": "copy.deepcopy(inside.model)",
    "its layers": "torch.nn.Sequential(*list(inside.model.children()))",
}


def rules(folder: Path, how: str = "inside.model") -> Path:
    file = folder / "rules.py"
    file.write_text(RULES.format(tag=folder.name, how=how))
    return file


def test_a_rule_that_takes_three_gradients_a_step_pays_for_three(small, tmp_path):
    greedy = f"{rules(tmp_path)}:Greedy"
    compared = small("sgd", greedy, fixed=True, seeds=6)
    costs = {each.side: (each.forwards, each.backwards) for each in compared.results}
    assert costs == {"sgd": (6, 6), "rules.py:Greedy": (18, 18)}
    fair = question_of(["sgd", greedy], BASE, budget="passes", trials=16)
    assert fair.trials() == {"sgd": 16, "rules.py:Greedy": 5}


@pytest.mark.parametrize("how", WAYS)
def test_a_rule_that_runs_the_network_behind_its_objectives_back_is_refused(how, small, tmp_path):
    sneaky = f"{rules(tmp_path, WAYS[how])}:Sneaky"
    with pytest.raises(UserError) as caught:
        small("sgd", sneaky, fixed=True, seeds=6)
    assert (
        "`rules.py:Sneaky` runs the network behind its objective's back: 16 forward passes in 8 steps"
        in str(caught.value)
    )


def test_a_rule_that_begins_to_cheat_when_nobody_watches_pays_all_the_same(small, tmp_path):
    file = tmp_path / "late.py"
    file.write_text(LATE)
    compared = small("sgd", f"{file}:Late", fixed=True, seeds=6, epochs=4)
    costs = {(each.side, each.forwards, each.backwards) for each in compared.results}
    assert costs == {("sgd", 12, 12), ("late.py:Late", 12 + 4, 12)}


def test_passes_that_were_struck_from_a_claim_come_back_when_a_run_is_made_again(tuned, tmp_path):
    claim = claim_of(tuned)
    for trial in claim["trials"]:
        trial["backwards"] -= 1
    found = _verified(sealed(claim), tmp_path, sample=40)
    assert "backwards is claimed to be 5, and run again it is 6." in {e.text for e in found.refuted}


# --- edited numbers


def test_an_edited_file_is_refuted_by_its_seal(forged):
    def edit(claim: Claim) -> None:
        claim["made"] = "2020-01-01T00:00:00+00:00"

    assert forged(edit, consistent=False) == [
        "seal: the file was changed after it was written: its content has another SHA-256."
    ]


def test_an_edited_verdict_is_refuted_by_its_numbers(tuned, tmp_path):
    claim = claim_of(tuned)
    claim["verdicts"][0]["kind"] = "better"
    (line,) = refusals(_verified(sealed(claim), tmp_path))
    assert line.startswith(
        "verdicts: sgd against adam: kind is claimed to be 'better', and the numbers give "
    )


def test_an_accuracy_that_no_number_of_images_gives_is_refuted(forged):
    def edit(claim: Claim) -> None:
        claim["results"][0]["accuracy"] = 0.777

    (line,) = forged(edit)
    assert "has the accuracy 0.777, which 32 images cannot give" in line


def test_invented_weights_are_refuted_when_the_run_is_made_again(tuned, tmp_path):
    claim = claim_of(tuned)
    for result in claim["results"]:
        result["weights"] = "0" * 64
    found = _verified(sealed(claim), tmp_path, sample=60)
    assert {e.text.partition(" is claimed")[0] for e in found.refuted} == {"weights"}


INVENTED = {
    "loss": ("loss", 0.01),
    "steps": ("steps", 6 * 99),
    "epochs": ("epochs", 99),
    "correct": ("correct", packed(np.arange(32) < 16)),
    "arrival": ("arrival", {"steps": 3, "passes": 6, "seconds": 0.1}),
}


@pytest.mark.parametrize("what", INVENTED)
def test_every_number_that_may_decide_is_held_against_the_run_made_again(what, small, tmp_path):
    asked = {"correct": {"test_images": True}, "arrival": {"metric": "steps", "target": 0.98}}
    fair = small("sgd", "adam", fixed=True, seeds=6, lr=0.001, **asked.get(what, {}))
    key, value = INVENTED[what]
    claim = claim_of(fair)
    assert _verified(claim, tmp_path, sample=12).accepted
    for result in claim["results"]:
        if result["side"] == "adam":
            result[key] = value
            if key == "correct":
                result["accuracy"] = 0.5
            if key == "steps":
                result["forwards"] = value
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    found = _verified(sealed(claim), tmp_path, sample=12)
    assert len(found.refuted) >= 5, found
    told = {"correct": {"accuracy", "correct"}, "steps": {"forwards"}}.get(what, {what})
    assert {e.text.partition(" is claimed")[0] for e in found.refuted} <= told


def test_images_that_are_not_as_many_as_the_accuracy_says_are_refuted(small, tmp_path):
    claim = claim_of(small("sgd", "adam", fixed=True, seeds=6, test_images=True))
    first = claim["results"][0]
    first["correct"] = packed(np.zeros(32, dtype=bool))
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    (line,) = refusals(_verified(sealed(claim), tmp_path))
    assert "has 0 right images one by one, and " in line


def test_an_arrival_after_the_end_is_refuted(small, tmp_path):
    claim = claim_of(small("sgd", "adam", fixed=True, seeds=6, metric="steps", target=0.5))
    claim["results"][0]["arrival"] = {"steps": 999, "passes": 9, "seconds": 0.1}
    claim["verdicts"] = verdict_rows(comparison_of(claim))
    (line,) = refusals(_verified(sealed(claim), tmp_path))
    assert "arrived at the target after its training was over" in line


def test_the_reach_of_the_sample_is_told(tuned, tmp_path):
    claim = claim_of(tuned)
    runs = len(claim["trials"]) + len(claim["results"])
    (line,) = [e.text for e in _verified(claim, tmp_path, sample=3).findings if e.name == "sample"]
    assert line == (
        f"3 of {runs} runs were run again: one changed number would be found with a chance of "
        f"{3 / runs:.1%}; --sample {runs} runs all of them"
    )
    assert not [e for e in _verified(claim, tmp_path, sample=runs).findings if e.name == "sample"]


def test_a_users_file_without_a_hash_in_the_claim_is_refuted(small, tmp_path):
    claim = claim_of(small("sgd", f"{rules(tmp_path)}:Greedy", fixed=True, seeds=6))
    claim["files"] = {}
    assert refusals(_verified(sealed(claim), tmp_path)) == [
        f"files: the claim's hashes are not those of its sides' files: {tmp_path / 'rules.py'}."
    ]


def test_sides_that_hold_other_images_out_are_each_held_against_their_own(small, tmp_path):
    for setting in (("0.1", "0.3"), "val"), (("true", "false"), "stratified"):
        with pytest.raises(UserError, match=f"differ in {setting[1]}, and so would be tuned on"):
            small(*setting[0], vary=setting[1], studies=6, trials=2)
    found = small("0.1", "0.3", vary="val", fixed=True, seeds=6)
    assert _verified(claim_of(found), tmp_path, sample=12).accepted


BROKEN: dict[str, Callable[[Claim], object]] = {
    "no files": lambda claim: claim.pop("files"),
    "no program": lambda claim: claim.pop("program"),
    "no verdicts": lambda claim: claim.pop("verdicts"),
    "verdicts of numbers": lambda claim: claim.update(verdicts=[1, 2, 3]),
    "an accuracy of letters": lambda claim: claim["results"][0].update(accuracy="high"),
    "no accuracy": lambda claim: claim["results"][0].update(accuracy=None),
    "an accuracy that is no number": lambda claim: claim["results"][0].update(
        accuracy=float("nan")
    ),
    "no weights": lambda claim: claim["results"][0].update(weights=None),
    "a foreign environment": lambda claim: claim["results"][0].update(made=99),
    "a foreign unit": lambda claim: claim["results"][0].update(unit=10**7),
    "no hashes": lambda claim: claim["circumstances"].update(hashes={}),
    "no images": lambda claim: claim["circumstances"].update(test_images=0),
    "no environments": lambda claim: claim["circumstances"].update(environments=[]),
    "a setting of letters": lambda claim: claim["trials"][0]["settings"].update(lr="small"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_claim_whose_values_are_none_is_refused_in_a_line(how, tuned, tmp_path):
    claim = copy.deepcopy(claim_of(tuned))
    BROKEN[how](claim)
    with pytest.raises(IntegrityError, match=r"The claim is not complete: \w+Error: "):
        _verified(sealed(claim), tmp_path)


def test_a_claim_from_another_machine_is_held_against_the_spread_over_its_seeds(tuned, tmp_path):
    claim = claim_of(tuned)
    for each in claim["circumstances"]["environments"]:
        each["cpu_capability"] = "ANOTHER"
    honest = _verified(sealed(claim), tmp_path, sample=10)
    assert honest.accepted
    assert sum("standard deviations over the seeds" in e.text for e in honest.findings) == 10
    studies = [r for r in tuned.results if r.side == "sgd"]
    assert spread(tuned, "sgd", lambda run: run.loss) < stdev(run.loss for run in studies)
    for result in claim["results"]:
        result["loss"] = result["loss"] / 2
    forged = _verified(sealed(claim), tmp_path, sample=60)
    assert any("the loss is claimed to be" in e.text for e in forged.refuted)


def test_a_rule_that_was_changed_since_is_refuted(small, tmp_path):
    file = rules(tmp_path)
    small("sgd", f"{file}:Greedy", fixed=True, seeds=6, claim=tmp_path / "claim.json")
    assert verify_claim(tmp_path / "claim.json", sample=2).accepted
    file.write_text(file.read_text() + "\n# a better idea\n")
    assert refusals(verify_claim(tmp_path / "claim.json", sample=0)) == [
        f"files: {file} is not the file that was compared."
    ]
    file.unlink()
    with pytest.raises(UserError, match=r"which is not here\. Put the file with SHA-256"):
        verify_claim(tmp_path / "claim.json", sample=0)


def test_the_settings_that_are_looked_up_do_not_depend_on_their_order():
    assert told({"a": 1, "b": 2}) == told({"b": 2, "a": 1})
