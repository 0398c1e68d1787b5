import copy
from collections.abc import Callable

import pytest

from claim_fakes import Claim, verified
from steepest.comparison.claims import claim_of, comparison_of, read_claim, same_program, sealed, write_claim
from steepest.errors import IntegrityError, UserError
from steepest.runs.program import program_hashes


def test_a_claim_holds_the_whole_comparison(tuned, fixed, tmp_path):
    for comparison in (tuned, fixed):
        write_claim(claim_of(comparison), tmp_path / "claim.json")
        claim = read_claim(tmp_path / "claim.json")
        again = comparison_of(claim)
        assert again.question == comparison.question
        assert again.trials == comparison.trials
        assert again.results == comparison.results
        assert again.verdicts == comparison.verdicts
        assert claim["program"] == program_hashes()
        assert {"program", "files", "circumstances", "earlier"} <= set(claim)
        (first, *_) = claim["circumstances"]["environments"]
        assert {"python", "packages", "processor", "cpu_capability", "plan"} <= set(first)


def test_what_is_no_claim_is_refused(tmp_path):
    path = tmp_path / "claim.json"
    with pytest.raises(UserError, match="There is no claim"):
        read_claim(path)
    for text, words in [
        ("[]", "claim: it is a list of 0, and must be a table"),
        ("{", "claim: it is no JSON"),
        ('{"format": 99}', "has the format 99; this steepest reads 2, 3, 4"),
    ]:
        path.write_text(text)
        with pytest.raises(IntegrityError, match=words):
            read_claim(path)


BROKEN: dict[str, Callable[[Claim], object]] = {
    "no files": lambda claim: claim.pop("files"),
    "no program": lambda claim: claim.pop("program"),
    "a program of numbers": lambda claim: claim.update(program=3),
    "half a program": lambda claim: claim["program"].pop("runs"),
    "a part that is no text": lambda claim: claim["program"].update(verdicts=3),
    "no verdicts": lambda claim: claim.pop("verdicts"),
    "verdicts of numbers": lambda claim: claim.update(verdicts=[1, 2, 3]),
    "an accuracy of letters": lambda claim: claim["results"][0].update(accuracy="high"),
    "no accuracy": lambda claim: claim["results"][0].update(accuracy=None),
    "an accuracy that is no number": lambda claim: claim["results"][0].update(accuracy=float("nan")),
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
    with pytest.raises(IntegrityError, match=r"claim\.json is damaged or no claim: .*\S\."):
        verified(sealed(claim), tmp_path)


def test_the_seal_is_of_all_that_is_in_it_whatever_its_order(tuned):
    claim = claim_of(tuned)
    assert sealed(dict(reversed(claim.items()))) == claim
    assert sealed({**claim, "made": "yesterday"})["sha256"] != claim["sha256"]


def test_a_part_of_the_program_is_the_same_or_not_and_one_old_hash_never_is(tuned):
    claim = claim_of(tuned)
    assert same_program(claim, "runs")
    claim["program"] = {**claim["program"], "runs": "0" * 64}
    assert not same_program(claim, "runs")
    assert same_program(claim, "verdicts")
    assert not same_program({"program": program_hashes()["runs"]}, "runs")
