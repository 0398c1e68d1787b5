import shutil

import pytest

from claim_fakes import refusals, rules, verified, verify_claim
from comparison_fakes import forget_images
from fakes import stripe_dataset
from steepest.comparison.claims import claim_of, sealed, write_claim
from steepest.errors import UserError
from steepest.runs.program import PACKAGE, hashes_of
from steepest.storage import sha256


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
    assert "images are not those of the claim: the train images here have the SHA-256" in found.refuted[0].text


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
    then = sha256(file.read_bytes())
    file.write_text(file.read_text() + "\n# a better idea\n")
    now = sha256(file.read_bytes())
    assert refusals(verify_claim(tmp_path / "claim.json", sample=0)) == [
        f"files: {file} is not the file that was compared: its SHA-256 is {now}, and was {then}."
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
        ("optimizers/adam.py", "0.999", "0.99", "a far weaker check", "to the byte, by another version"),
    ]:
        (changed / file).write_text((changed / file).read_text().replace(word, other, 1))
        now = hashes_of(changed)
        monkeypatch.setattr("steepest.comparison.claims.program_hashes", lambda now=now: now)
        found = {e.name: e.text for e in verified(claim, tmp_path, sample=1).findings}
        assert found["program"].endswith(told)
        assert any(check in text for name, text in found.items() if name != "program")


def test_a_claim_with_the_one_hash_of_older_ones_gets_the_weaker_check_and_a_sentence(tuned, tmp_path):
    old = {**claim_of(tuned), "format": 2, "program": "0" * 64}
    old.pop("tunings")
    old = sealed(old)
    found = verified(old, tmp_path, sample=2)
    assert found.accepted
    assert [e.text for e in found.findings if e.name == "program"] == [
        "it has one hash for all of steepest, as claims had before format 3: its runs are not held to the byte "
        "but to the spread over their seeds, which is a far weaker check"
    ]
    assert sum("to the byte, by another version" in e.text for e in found.findings) == 2
