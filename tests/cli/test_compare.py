import json
from pathlib import Path
from typing import Any

import pytest

from verb_fixtures import FIXED, SMALL, Call, ask

__all__ = ["ask"]


MAIN = ("vary", "candidate", "against", "fixed", "studies", "seeds", "trials", "until-decided", "metric", "margin")


def test_the_help_shows_the_main_flags_first_and_the_settings_of_each_run_as_a_group(command: Call) -> None:
    for verb, main in {"compare": MAIN, "tune": ("trials", "studies")}.items():
        shown = command(verb, "--help").out.partition("Parameters")[2]
        first, _, runs = shown.partition("Settings of each run")
        assert all(f"--{flag} " in first for flag in (*main, "out", "json"))
        assert not any(f"--{flag} " in first for flag in ("model", "data", "epochs", "lr", "config"))
        runs, _, who = runs.partition("Who trains")
        assert all(f"--{flag} " in runs for flag in ("model", "data", "epochs", "lr", "config", "data-dir"))
        assert "--workers " in who


def the_folder() -> Path:
    (folder,) = Path("comparisons").iterdir()
    return folder


def test_compare_prints_verdicts_and_writes_page_record_and_claim(ask: Call) -> None:
    done = ask(*FIXED, "--claim", "claim.json")
    assert done.code == 0, done.err
    assert "sgd against adam\n  " in done.out
    assert "fixed settings: 6 seeds; the unit is the seed" in done.err
    folder = the_folder()
    assert folder.name.startswith("stripes-f2-optimizer-")
    assert f"page: {folder}/comparison.html\nclaim: claim.json" in done.err
    assert (folder / "comparison.html").read_text().startswith("<!doctype html>")
    assert json.loads((folder / "comparison.json").read_text()) == json.loads(Path("claim.json").read_text())


def test_the_same_command_trains_nothing_again(ask: Call) -> None:
    first = ask(*FIXED)
    count = len(list((the_folder() / "runs").glob("*/outcome.json")))
    again = ask(*FIXED)
    assert (again.code, again.out) == (0, first.out)
    assert len(list((the_folder() / "runs").glob("*/outcome.json"))) == count == 12


def test_json_is_one_object_with_everything(ask: Call) -> None:
    found = ask(*FIXED, "--json", "--out", "here").json
    assert found["format"] == "steepest compare 1"
    assert found["folder"] == str(Path("here").absolute())
    assert [row["candidate"] for row in found["verdicts"]] == ["sgd"]
    assert {"kind", "mean", "low", "high", "p", "correlation"} <= set(found["verdicts"][0])
    assert len(found["results"]) == 12


def test_tuned_is_the_default_and_a_candidate_is_judged_against_each(ask: Call) -> None:
    done = ask(
        "compare", "--candidate", "adam:beta1=0.8,eps=1e-7", "--against", "sgd,momentum:beta=0.8", *SMALL,
        "--studies", 6, "--trials", 2,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "tuned: 6 studies x 2 seeds; 2 trials in each study; the unit is the study" in done.out
    assert "adam:beta1=0.8,eps=1e-7 against sgd\n" in done.out
    assert "adam:beta1=0.8,eps=1e-7 against momentum:beta=0.8\n" in done.out
    assert "sgd against" not in done.out


def test_a_family_too_large_for_its_seeds_is_told_before_anything_is_trained(ask: Call) -> None:
    note = "note: With 6 seeds none of the 3 pairs can come out better or worse: after Holm over 3 "
    done = ask(*FIXED[:3], "momentum", *FIXED[3:])
    assert done.code == 0, done.err
    assert note in done.err
    assert done.err.index(note) < done.err.index("reporting ")
    assert note in " ".join(done.out.split())
    assert "none of the" not in ask(*FIXED).err


def test_any_setting_can_vary(ask: Call) -> None:
    done = ask("compare", "F2", "F4-R-F2", "--vary", "model", *SMALL[2:], "--fixed", "--seeds", 6)
    assert done.code == 0, done.err
    assert "F2 against F4-R-F2" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("adam",), "A comparison needs two sides or more"),
        (("adam", "sgd", "--studies", 5), "5 studies can never decide better or worse"),
        (("adam", "sgd", "--until-decided", "--max-seeds", 0), "--max-seeds must be at least 14"),
        (("adam", "sgd", "--until-decided", "--max-seeds", 12), "--max-seeds must be at least 14"),
        (("adam", "sgd", "--margin", 1), "--margin is an accuracy, where 0.005 is half a point"),
        (("adam", "sgd", "--margin", "nan"), "from 0 to below 1, not nan"),
        (("adam", "sgd", "--lr", 0.1), "every side is tuned alike here"),
        (("adam", "sgd", "--optimizer", "adam"), "The sides are optimizers here"),
        (("adam", "--against", "sgd"), "--against needs --candidate"),
        (("adam", "adm"), "Did you mean `adam`"),
        (("adam", "sgd", "--vary", "seed"), "The sides cannot differ in seed"),
        (("adam", "sgd", "--threads", 4), "has one thread, not 4"),
        (("adam", "sgd", "--fixed", "--scheduler", "x"), "give --engine dask"),
    ],
)
def test_what_cannot_be_asked_is_a_line_and_code_2(ask: Call, arguments: Any, words: str) -> None:
    done = ask("compare", *arguments, *SMALL)
    assert done.code == 2
    assert words in done.err
    assert not Path("comparisons").exists()


def test_tune_prints_trials_the_choice_and_the_command(ask: Call) -> None:
    done = ask("tune", "momentum", *SMALL, "--trials", 4)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("momentum: F2 on stripes; ")
    assert sum(line.endswith("chosen") for line in lines) == 1
    assert lines[-1].startswith("train with it: steepest train F2 --data stripes --optimizer momentum --lr ")
    (folder,) = Path("comparisons").iterdir()
    assert (folder / "tuning.html").read_text().count('class="trial') >= 4
    found = ask("tune", "momentum", *SMALL, "--trials", 4, "--json").json
    assert found["command"] in lines[-1]
    assert found["chosen"] in found["trials"]
    assert (found["format"], found["folder"]) == ("steepest tune 1", str(folder.absolute()))


def test_tune_refuses_what_it_cannot_do(ask: Call) -> None:
    for arguments, words in [
        (("adam", "--lr", 0.1), "Leave lr out, or train with it: steepest train."),
        (("adam", "--optimizer", "sgd"), "The optimizer is named first"),
        (("adam", "--trials", 0), "--trials must be between 1 and 1,024"),
        (("adam", "--studies", 0), "A design has at least 1 study"),
    ]:
        done = ask("tune", *arguments, *SMALL)
        assert done.code == 2
        assert words in done.err
