import json
import shutil

import pytest

import steepest
from claim_fakes import refusals, rules, verified, verify_claim
from comparison_fakes import BASE, forget_images
from fakes import stripe_dataset
from steepest.comparison.claims import claim_of, sealed, write_claim
from steepest.comparison.program import PACKAGE, hashes_of
from steepest.errors import UserError
from steepest.runs.recording import begin, record
from steepest.runs.run import Run
from steepest.training.history import Epoch
from steepest.verification import verifying
from steepest.verification.rerunning import differing_fields
from steepest.verification.verifying import verify_run


@pytest.fixture
def run(tmp_path):
    return steepest.train(BASE, out=tmp_path / "run", threads=1, lr=0.01)


def texts(found):
    return {each.name: each.text for each in found.refuted}


def test_claims_of_every_kind_are_accepted(small, tmp_path):
    kinds = [
        {"fixed": True, "seeds": 6, "metric": "steps", "target": 0.6},
        {"fixed": True, "seeds": 6, "metric": "loss"},
        {"fixed": True, "seeds": 6, "test_images": True},
        {"fixed": True, "until_decided": True, "max_seeds": 9},
        {"studies": 6, "trials": 2, "budget": "passes"},
    ]
    for number, asked in enumerate(kinds):
        path = tmp_path / f"{number}.json"
        small("sgd", "sam of sgd", out=tmp_path / str(number), claim=path, **asked)
        found = verify_claim(path, sample=2)
        assert found.accepted, [str(each) for each in found.refuted]


def test_a_claim_on_other_images_is_refuted(tuned, tmp_path, monkeypatch):
    claim = claim_of(tuned)
    write_claim(claim, tmp_path / "claim.json")
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda *_, **__: stripe_dataset(68))
    forget_images()
    found = verify_claim(tmp_path / "claim.json", sample=1)
    forget_images()
    assert "images here are not those of the claim" in found.refuted[0].text


def test_a_run_that_is_what_it_says_is_accepted(run):
    found = verify_run(run)
    assert found.accepted
    assert [each.name for each in found.findings] == ["last weights", "best weights", "history"]
    assert json.loads(json.dumps(found.to_dict()))["accepted"]


def test_an_unfinished_run_is_verified_as_far_as_it_got(tmp_path):
    run, setup = begin(BASE, out=tmp_path / "half")
    next(event for event in record(run, setup) if isinstance(event, Epoch))
    found = verify_run(Run(tmp_path / "half"))
    assert found.accepted
    assert "after 1 epoch" in found.findings[0].text


def test_a_run_without_an_epoch_cannot_be_verified(tmp_path):
    run, _ = begin(BASE, out=tmp_path / "none")
    with pytest.raises(UserError, match="has no epoch"):
        verify_run(run)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it["packages"].update(torch="1.0"), "torch was 1.0, here it is "),
        (lambda it: it.update(cpu_capability="NONE"), "cpu capability was NONE, here it is "),
    ],
)
def test_the_field_that_differs_is_named(run, change, words, monkeypatch):
    """Other bytes, as another processor may give them, are put down to what is recorded of it."""
    path = run.path / "environment.json"
    environment = json.loads(path.read_text())
    change(environment)
    path.write_text(json.dumps(environment))
    again = verifying.retrace

    def elsewhere(config, *rest):
        return again(config.with_(seed=config.seed + 1), *rest)

    monkeypatch.setattr("steepest.verification.verifying.retrace", elsewhere)
    found = texts(verify_run(Run(run.path)))
    assert found["last weights"] == "other bytes"
    assert found["history"].startswith("epoch 1: train_loss was ")
    assert found["differs"].startswith(words)


def test_a_file_that_was_changed_since_is_named(tmp_path):
    file = tmp_path / "mine.py"
    text = (
        "from steepest.optimizers import rule\n"
        f"@rule('verified-{tmp_path.name}', lr=0.1)\n"
        "class Mine:\n"
        "    def update(self, grad, params, state, lr):\n"
        "        return params - lr * grad\n"
    )
    file.write_text(text)
    run = steepest.train(BASE, optimizer=f"{file}:Mine", out=tmp_path / "run", threads=1)
    assert verify_run(Run(run.path)).accepted
    file.write_text(text.replace("- lr", "- 0.5 * lr"))
    found = texts(verify_run(Run(run.path)))
    assert found["differs"] == f"{file} was changed since"


def test_the_reach_of_the_sample_is_told(tuned, tmp_path):
    claim = claim_of(tuned)
    runs = len(claim["trials"]) + len(claim["results"])
    (line,) = [e.text for e in verified(claim, tmp_path, sample=3).findings if e.name == "sample"]
    assert line == (
        f"3 of {runs} runs were run again: one changed number would be found with a chance of "
        f"{3 / runs:.1%}; --sample {runs} runs all of them"
    )
    assert not [e for e in verified(claim, tmp_path, sample=runs).findings if e.name == "sample"]


def test_a_users_file_without_a_hash_in_the_claim_is_refuted(small, tmp_path):
    claim = claim_of(small("sgd", f"{rules(tmp_path)}:Greedy", fixed=True, seeds=6))
    claim["files"] = {}
    assert refusals(verified(sealed(claim), tmp_path)) == [
        f"files: the claim's hashes are not those of its sides' files: {tmp_path / 'rules.py'}."
    ]


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


def test_a_word_in_a_page_leaves_a_claim_valid_to_the_byte_and_a_constant_of_adam_does_not(
    tuned, tmp_path, monkeypatch
):
    claim = claim_of(tuned)
    changed = tmp_path / "steepest"
    shutil.copytree(PACKAGE, changed, ignore=shutil.ignore_patterns("__pycache__"))
    for file, word, other, told, check in [
        ("pages/run/page.py", '"""', '"""Truly: ', "this steepest made it", "to the byte"),
        ("judge/sizing.py", "PROBABLY = 0.8", "PROBABLY = 0.9", "they are found anew", "to the byte"),
        ("optimizers/adam.py", "0.999", "0.99", "a far weaker check", "standard deviations"),
    ]:
        (changed / file).write_text((changed / file).read_text().replace(word, other, 1))
        now = hashes_of(changed)
        monkeypatch.setattr("steepest.comparison.claims.program_hashes", lambda now=now: now)
        found = {e.name: e.text for e in verified(claim, tmp_path, sample=1).findings}
        assert found["program"].endswith(told)
        assert any(check in text for name, text in found.items() if name != "program")


def test_a_claim_with_the_one_hash_of_older_ones_gets_the_weaker_check_and_a_sentence(tuned, tmp_path):
    old = sealed({**claim_of(tuned), "format": 2, "program": "0" * 64})
    found = verified(old, tmp_path, sample=2)
    assert found.accepted
    assert [e.text for e in found.findings if e.name == "program"] == [
        "it has one hash for all of steepest, as claims had before format 3: its runs are not held to the byte "
        "but to the spread over their seeds, which is a far weaker check"
    ]
    assert sum("standard deviations over the seeds" in e.text for e in found.findings) == 2


def test_a_run_of_several_processes_says_so(run):
    """Records of before 0.1 may hold it; such a run opens, and its bytes cannot be asked for."""
    record = json.loads((run.path / "environment.json").read_text())
    for processes, differs in ((1, False), (2, True)):
        (run.path / "environment.json").write_text(json.dumps({**record, "processes": processes}))
        old = Run.open(run.path)
        assert old.evaluate("test").accuracy == run.evaluate("test").accuracy
        words = "2 processes trained it together, here it is one"
        assert (words in differing_fields(old.environment)) is differs
