"""`steepest verify` and `steepest.verify` find the same, and leave nothing."""

import pytest

import steepest
from comparison_fakes import BASE, HERE
from steepest.errors import UnknownName, UserError
from steepest.verbs.compare import compare
from steepest.verbs.verify import events, verify
from steepest.verification.checks import CHECKS, FIRST
from steepest.verification.findings import Verification
from verb_fixtures import command, here, left

__all__ = ["here"]
OF_A_CLAIM = len(FIRST) + len(CHECKS) + 2  # its rules, files and program; nothing is tuned


@pytest.fixture
def claim(here):
    compare(["sgd", "adam"], BASE, fixed=True, seeds=6, engine=HERE, out="out", claim="claim.json")
    return here / "claim.json"


def test_call_and_command_find_the_same_and_leave_nothing(claim, here, capsys):
    before = left(here)
    command("verify", "claim.json", "--sample", 12)
    printed = capsys.readouterr().out.splitlines()
    found = verify("claim.json", sample=12)
    assert found.accepted
    rules, runs = OF_A_CLAIM, 12
    lines = [str(each) for each in found.findings]
    assert lines[:rules] == printed[:rules]
    assert sorted(lines[rules : rules + runs]) == sorted(printed[rules : rules + runs])
    assert len(lines) == rules + runs  # all runs were made again: nothing is left unseen
    assert printed[-1] == "claim.json is accepted."
    assert left(here) == before
    assert repr(found) == "<verification of claim.json: accepted>"


def test_findings_come_one_by_one(claim):
    found = list(events(claim, sample=1))
    assert [type(each).__name__ for each in found[:-1]] == ["Finding"] * (OF_A_CLAIM + 2)
    assert isinstance(found[-1], Verification)
    assert found[-1].findings == tuple(found[:-1])


def test_a_changed_claim_is_refuted_and_a_run_is_taken_by_folder_or_as_it_is(claim, here):
    claim.write_text(claim.read_text().replace('"accuracy": 0.', '"accuracy": 0.0'))
    found = verify(claim)
    assert not found.accepted
    assert repr(found).startswith(f"<verification of {claim}: refuted: seal, ")
    run = steepest.train(BASE, out=here / "run", lr=0.01)
    assert verify(run).findings == verify("run").findings
    assert verify(run).accepted


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"what": "nowhere"}, UserError, "nowhere is no run"),
        ({"what": "nowhere.json"}, UserError, "There is no claim nowhere.json"),
        ({"what": "x.json", "sample": -1}, UserError, "--sample must be at least 0, not -1"),
        ({"what": "x.json", "sampel": 1}, UnknownName, r"`sampel`\. Did you mean `sample`"),
        ({}, UserError, "missing a required argument: 'what'"),
    ],
)
def test_what_cannot_be_verified_is_a_sentence(asked, kind, words, here):
    with pytest.raises(kind, match=words):
        verify(**asked)
