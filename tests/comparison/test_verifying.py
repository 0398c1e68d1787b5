import json

import pytest

import steepest
from comparison_fakes import BASE, forget_images
from fakes import stripe_dataset
from steepest.comparison.claims import claim_of, comparison_of, read_claim, write_claim
from steepest.comparison.verifying import verify_claim, verify_run
from steepest.errors import IntegrityError, UserError
from steepest.history import Epoch
from steepest.recording import begin, record
from steepest.runs import Run


@pytest.fixture
def run(tmp_path):
    return steepest.train(BASE, out=tmp_path / "run", threads=1, lr=0.01)


def texts(found):
    return {each.name: each.text for each in found.refuted}


def test_a_claim_holds_the_whole_comparison(tuned, fixed, tmp_path):
    for comparison in (tuned, fixed):
        write_claim(claim_of(comparison), tmp_path / "claim.json")
        claim = read_claim(tmp_path / "claim.json")
        again = comparison_of(claim)
        assert again.question == comparison.question
        assert again.trials == comparison.trials
        assert again.results == comparison.results
        assert again.verdicts == comparison.verdicts
        assert {"program", "files", "circumstances", "earlier"} <= set(claim)
        (first, *_) = claim["circumstances"]["environments"]
        assert {"python", "packages", "processor", "cpu_capability", "plan"} <= set(first)


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


def test_what_is_no_claim_is_refused(tmp_path):
    path = tmp_path / "claim.json"
    with pytest.raises(UserError, match="There is no claim"):
        verify_claim(path)
    for text, words in [
        ("[]", "no JSON with a format"),
        ("{", "no JSON with a format"),
        ('{"format": 99}', "has the format 99; this steepest reads 2"),
        ('{"format": 2}', "The claim is not complete: KeyError"),
    ]:
        path.write_text(text)
        with pytest.raises(IntegrityError, match=words):
            verify_claim(path)


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
    again = steepest.comparison.verifying.retrace

    def elsewhere(config, *rest):
        return again(config.with_(seed=config.seed + 1), *rest)

    monkeypatch.setattr("steepest.comparison.verifying.retrace", elsewhere)
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
