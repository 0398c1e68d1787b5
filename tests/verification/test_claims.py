import json
import subprocess
import sys
from pathlib import Path

import pytest

from claim_fakes import Claim, refusals, rules, verified, verify_claim, with_verdicts, written_claim
from steepest.comparison.claims import claim_of, sealed, write_claim
from steepest.errors import UserError
from steepest.storage import sha256
from steepest.verification.findings import Verification

EVIL = """
import pathlib
pathlib.Path(__file__).with_name("RAN").write_text("")
from steepest.optimizers import rule

@rule("evil", lr=0.1)
class Mine:
    def update(self, grad, params, state, lr):
        return params - lr * grad
"""
MEASURED = """
import resource, sys
from steepest.cli import run
code = run(["verify", sys.argv[1], "--sample", "0"])
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = [each for each in ("torch", "scipy.stats", "sklearn") if each in sys.modules]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))  # what getrusage says is the parent's too
print("MEASURED", code, heavy, used.ru_utime + used.ru_stime, status["VmHWM"].split()[0])
"""


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """Return a file that leaves another beside it when it is run."""
    (tmp_path / "rule.py").write_text(EVIL)
    return tmp_path / "rule.py"


def asked(evil: Path, files: dict[str, str], **design: object) -> Claim:
    """Return a claim of format 3 about a file: whoever lays its design out must load the rule."""
    claim = written_claim(optimizer=f"{evil}:Mine", design=design)
    for side in claim["question"]["sides"].values():
        side["lr"] = None
    claim |= {"format": 3, "files": files}
    claim.pop("tunings")
    return sealed(claim)


def names(found: Verification) -> list[str]:
    return [each.name for each in found.findings]


DEAR = {"tuned": True, "budget": "passes", "trials": 5}


@pytest.mark.parametrize("sample", [0, 3])
def test_nothing_of_a_users_file_is_run_before_its_hash_is_right(evil, sample, tmp_path):
    for files, said in [
        ({}, f"files: the claim's hashes are not those of its sides' files: {evil}."),
        ({str(evil): "0" * 64}, f"files: {evil} is not the file that was compared: its SHA-256 is "),
    ]:
        found = verified(asked(evil, files, **DEAR), tmp_path, sample=sample)
        assert names(found) == ["program", "files"]
        assert refusals(found)[0].startswith(said)
    assert not (tmp_path / "RAN").exists()


def test_a_file_that_is_right_is_run_once_it_is_confirmed(evil, tmp_path):
    claim = asked(evil, {str(evil): sha256(evil.read_bytes())}, **DEAR)
    for sample in (0, 3):
        with pytest.raises(UserError, match=r"claim\.json names code that was never run .*--allow-code"):
            verified(claim, tmp_path, sample=sample)
    assert not (tmp_path / "RAN").exists()
    found = verify_claim(tmp_path / "claim.json", sample=0, allow_code=True)
    assert any(line.startswith("trials: side 0 has 0 trials") for line in refusals(found))
    assert (tmp_path / "RAN").exists()


def test_a_claim_whose_design_needs_no_rule_is_judged_without_running_one(evil, tmp_path):
    claim = written_claim(optimizer=f"{evil}:Mine")
    claim["files"] = {str(evil): sha256(evil.read_bytes())}
    assert verified(with_verdicts(claim), tmp_path).accepted
    assert not (tmp_path / "RAN").exists()


def test_a_file_that_is_not_here_is_asked_for_by_its_hash(evil, tmp_path):
    claim = asked(evil, {str(evil): "5" * 64})
    evil.unlink()
    with pytest.raises(UserError, match=f"which is not here. Put the file with SHA-256 {'5' * 64} there"):
        verified(claim, tmp_path)


def test_a_hash_of_a_file_that_no_side_names_is_refuted(tmp_path):
    claim = {**written_claim(), "files": {"/etc/passwd": "0" * 64}}
    assert refusals(verified(sealed(claim), tmp_path)) == [
        "files: the claim has a hash of /etc/passwd, which no side names or imports."
    ]


def test_what_a_file_imports_from_beside_it_is_part_of_a_claim(evil, tmp_path):
    (tmp_path / "helper.py").write_text("STEP = 1\n")
    evil.write_text("import helper\n" + EVIL)
    hashes = {str(path): sha256(path.read_bytes()) for path in (evil, tmp_path / "helper.py")}
    claim = written_claim(optimizer=f"{evil}:Mine")
    assert verified(with_verdicts({**claim, "files": hashes}), tmp_path).accepted
    (tmp_path / "helper.py").write_text("STEP = 2\n")
    (line,) = refusals(verified(with_verdicts({**claim, "files": hashes}), tmp_path))
    assert line.startswith(f"files: {tmp_path / 'helper.py'} is not the file that was compared")
    alone = {str(evil): hashes[str(evil)]}
    (line,) = refusals(verified(with_verdicts({**claim, "files": alone}), tmp_path))
    assert (
        line == f"files: {tmp_path / 'helper.py'} is imported from beside them, and the claim has no hash of it."
    )
    older = verified(asked(evil, alone), tmp_path)  # had no word for it
    assert [each.name for each in older.unjudged] == ["files"]


def tenfold(value: float) -> float:
    return float(f"{10 * value:.4g}")


def test_search_spaces_are_a_claims_own_word_until_the_rules_are_loaded(tuned, tmp_path):
    claim = claim_of(tuned)
    by_sample = {0: "are the claim's own word", 1: "every side's ranges and trials are those of its rule"}
    for sample, said in by_sample.items():
        found = verified(claim, tmp_path, sample=sample)
        assert found.accepted, refusals(found)
        (text,) = [each.text for each in found.findings if each.name == "spaces"]
        assert said in text
    for each in (*claim["trials"], *claim["results"]):
        each["settings"]["lr"] = tenfold(each["settings"]["lr"])
    for side in claim["tunings"].values():
        side["space"][0].update(low=tenfold(side["space"][0]["low"]), high=tenfold(side["space"][0]["high"]))
    assert verified(sealed(claim), tmp_path).accepted
    (line,) = refusals(verified(sealed(claim), tmp_path, sample=1))
    assert line.startswith(
        "spaces: sgd is tuned by 4 trials over lr 0.01 to 100 (log), as is claimed, and its rule "
    )
    claim["program"]["runs"] = "0" * 64  # another version, whose rules may have had other ranges
    found = verified(sealed(claim), tmp_path, sample=2)
    assert found.accepted is None, refusals(found)
    assert "another version of steepest made it, and may have had others" in str(found.unjudged[0])
    claim["tunings"]["sgd"]["space"][0]["part"] = 7
    (line,) = refusals(verified(sealed(claim), tmp_path, sample=1))
    assert line.startswith("spaces: sgd is tuned by 4 trials over lr 0.01 to 100 (log, part 7), as is claimed")


def test_ranges_that_differ_are_told_with_the_digits_in_which_they_do(tuned, tmp_path):
    claim = claim_of(tuned)
    claim["tunings"]["sgd"]["space"][0]["high"] *= 1 + 1e-9
    (line,) = refusals(verified(sealed(claim), tmp_path, sample=1))
    assert "lr 0.001 to 10.00000001 (log), as is claimed, and its rule gives 4 trials over lr 0.001 to 10" in line


def test_verdicts_that_take_long_are_found_where_somebody_has_the_time(tmp_path):
    claim = written_claim(40, 6)
    found = verified(claim, tmp_path)
    assert [each.name for each in found.unjudged] == ["verdicts"]
    assert "to find the verdicts on 780 pairs anew takes about 5 s: --sample 1, or more" in found.unjudged[0].text
    until = written_claim(2, 8, design={"units": 10_000, "until_decided": True})
    assert verified(until, tmp_path).unjudged


def test_verdicts_are_not_found_of_records_that_are_not_those_of_the_design(tmp_path):
    claim = written_claim()
    claim["results"].append(claim["results"][0])
    found = verified(sealed(claim), tmp_path)
    assert refusals(found) == ["records: a run is recorded twice: ('side 0', 0, 0, ())."]
    assert "verdicts" not in names(found)
    claim["circumstances"]["test_images"] = 999
    assert names(verified(sealed(claim), tmp_path))[-1] == "data"


def measured(path: Path) -> tuple[str, float, float]:
    """Return the exit code and what was imported, the processor's seconds, and the memory in megabytes."""
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, text=True, check=True)
    code, rest = done.stdout.rpartition("MEASURED ")[2].split(" ", 1)
    heavy, seconds, memory = rest.rsplit(" ", 2)
    return f"{code} {heavy}", float(seconds), float(memory) / 1024


def test_claims_are_verified_without_torch_in_a_second_and_little_memory(tuned, tmp_path):
    claims = [
        with_verdicts(written_claim(8, 20)),
        claim_of(tuned),
        with_verdicts(written_claim(2, 12, design={"units": 100, "until_decided": True})),
    ]
    for claim in claims:
        write_claim(claim, tmp_path / "claim.json")
        code, seconds, memory = measured(tmp_path / "claim.json")
        assert code == "0 []"
        assert seconds < 3  # 0.5 to 0.9 on an idle core
        assert memory < 150


def test_a_rule_of_the_users_own_is_compared_and_verified(small, tmp_path):
    small("sgd", f"{rules(tmp_path)}:Greedy", fixed=True, seeds=6, claim=tmp_path / "claim.json")
    assert json.loads((tmp_path / "claim.json").read_text())["format"] == 4
    assert verify_claim(tmp_path / "claim.json", sample=1).accepted
