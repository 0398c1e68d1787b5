import json
from collections.abc import Callable
from pathlib import Path

from verb_fixtures import FIXED, Call, ask

__all__ = ["ask"]


def test_verify_accepts_a_claim_and_refutes_a_changed_one_with_code_3(ask: Call) -> None:
    ask(*FIXED, "--claim", "claim.json")
    done = ask("verify", "claim.json", "--sample", 2)
    assert done.code == 0, done.err
    assert done.out.count("run again, the same weights to the byte") == 2
    assert done.out.endswith("claim.json is accepted.\n")
    claim = json.loads(Path("claim.json").read_text())
    claim["verdicts"][0]["mean"] += 0.01
    Path("claim.json").write_text(json.dumps(claim))
    refuted = ask("verify", "claim.json", "--json")
    assert refuted.code == 3
    assert not refuted.json["accepted"]
    assert refuted.json["format"] == "steepest verify 1"
    assert refuted.json["subject"] == str(Path("claim.json").absolute())
    assert "claim.json is refuted: seal, verdicts." in refuted.err


def test_verify_trains_a_run_again(ask: Call, trained: Callable[..., Path]) -> None:
    path = trained()
    done = ask("verify", path)
    assert done.code == 0, done.err
    assert "ok       last weights: the same to the byte after 3 epochs" in done.out
    assert ask("verify", "nowhere").code == 2
    assert ask("verify", "nowhere.json").code == 2
    assert ask("verify", path, "--sample", -1).code == 2
