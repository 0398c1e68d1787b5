import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steepest.portable import LIMITS, lacks
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


PLAIN = {name: value for name, value in os.environ.items() if name not in LIMITS}


def steepest(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, plain but for these variables."""
    return subprocess.run(
        [sys.executable, "-m", "steepest", *arguments],
        cwd=folder,
        env={**PLAIN, **variables},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.skipif(bool(lacks()), reason=f"a portable process cannot be here: {lacks()}")
def test_portable_runs_are_the_same_to_the_byte_and_what_another_kernel_made_is_not_refuted(
    tmp_path: Path,
) -> None:
    """Real processes: started portable by the flag or by its variables, judged from a plain one."""
    small = ("train", "F10", "--data", "mnist5k", "--epochs", "1")
    for name, flag, variables in (
        ("a", ["--portable"], {}),
        ("b", [], LIMITS),
        ("c", [], {"MKL_CBWR": "COMPATIBLE"}),
    ):
        made = steepest(tmp_path, *small, "--out", name, *flag, **variables)
        assert made.returncode == 0, made.stderr
    assert (tmp_path / "a" / "last.safetensors").read_bytes() == (tmp_path / "b" / "last.safetensors").read_bytes()
    same = steepest(tmp_path, "verify", "a")
    assert same.returncode == 0, same.stdout + same.stderr
    other = steepest(tmp_path, "verify", "c")
    assert other.returncode == 5, other.stdout + other.stderr
    assert "MKL_CBWR was COMPATIBLE, here it is not set" in other.stdout
    assert "was changed" not in other.stdout + other.stderr
