import json
from pathlib import Path

import pytest
import torch

import steepest
from comparison_fakes import BASE
from steepest.errors import UserError
from steepest.runs.recording import begin, record, reopen
from steepest.runs.run import BEST, LAST, Run
from steepest.storage import read_tensors, sealed, unsealed, write_tensors
from steepest.training.history import Epoch
from steepest.verification import whole_run
from steepest.verification.findings import Verification
from steepest.verification.whole_run import distance, run_findings


@pytest.fixture
def run(tmp_path):
    return steepest.train(BASE, out=tmp_path / "run", threads=1, lr=0.01)


def recorded(run, change):
    """Change a run's record of where it was made, and open it again."""
    path = run.path / "environment.json"
    environment = unsealed(path)
    change(environment)
    path.write_text(sealed(environment))
    return Run(run.path)


def verify_run(run, **settings):
    return Verification(str(run.path), tuple(run_findings(run, **settings)))


def shifted(run, files=(LAST, BEST)):
    """Move each recorded weight a little, as another processor would, or a hand; the rest agrees with it."""
    for file in files:
        tensors, words = read_tensors(run.path / file)
        moved = {name: each + 1e-6 if each.is_floating_point() else each for name, each in tensors.items()}
        write_tensors(run.path / file, moved, words)
    return Run(run.path)


def told(found: Verification) -> dict[str, str]:
    return {each.name: each.text for each in found.findings if not each.accepted}


def test_a_run_that_is_what_it_says_is_accepted(run):
    found = verify_run(run)
    assert found.accepted
    names = ["program", "files", "data", "last weights", "best weights", "history"]
    assert [each.name for each in found.findings] == names
    assert json.loads(json.dumps(found.to_dict()))["accepted"]


def test_an_unfinished_run_is_verified_as_far_as_it_got(tmp_path):
    run, setup = begin(BASE, out=tmp_path / "half")
    next(event for event in record(run, setup) if isinstance(event, Epoch))
    found = verify_run(Run(tmp_path / "half"))
    assert found.accepted
    assert "after 1 epoch" in found.findings[-2].text


def test_a_run_without_an_epoch_cannot_be_verified(tmp_path):
    run, _ = begin(BASE, out=tmp_path / "none")
    with pytest.raises(UserError, match="has no epoch"):
        verify_run(run)


def test_other_bytes_where_the_same_are_promised_refute(run):
    found = verify_run(shifted(run))
    assert found.accepted is False
    assert told(found)["reason"].startswith("processor, instruction sets, variables, torch, plan, program")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it["packages"].update(torch="1.0"), "torch was 1.0, here it is "),
        (lambda it: it.update(cpu_capability="NONE"), "cpu capability was NONE, here it is "),
        (lambda it: it["cpu"].update(vendor="AuthenticAMD"), "processor vendor was AuthenticAMD, here it is "),
        (lambda it: it["variables"].update(MKL_CBWR="AVX"), "MKL_CBWR was AVX, here it is not set"),
        (lambda it: it.update(program="0" * 64), "another version of steepest made it"),
        (lambda it: [it.pop(key) for key in ("cpu", "arithmetic")], "an older steepest recorded it, without: "),
        (lambda it: it.update(processes=2), "2 processes trained it together, here it is one"),
        (
            lambda it: it.update(continued=[{**it, "after": 1, "c_library": "musl"}]),
            "after epoch 1: C library was",
        ),
    ],
)
def test_other_bytes_where_none_are_promised_are_a_distance_with_the_reason(run, change, words):
    found = verify_run(shifted(recorded(run, change)))
    assert found.accepted is None
    assert "cannot be judged to the byte here" in found.verdict
    said = told(found)
    assert words in said["reason"]
    assert said["last weights"].startswith("other bytes: weights differ by at most ")
    assert not any("was changed" in text for text in said.values())


def test_the_same_bytes_are_accepted_by_whatever_they_were_made(run):
    found = verify_run(recorded(run, lambda it: it.update(program="0" * 64, cpu_capability="NONE")))
    assert found.accepted
    assert "the same to the byte, by another version of steepest" in str(found.findings[-2])


def test_a_history_that_parts_is_told_with_its_epoch_and_how_far(run, monkeypatch):
    again = whole_run.ready_again
    monkeypatch.setattr(whole_run, "ready_again", lambda it, *rest: again(it.with_(seed=it.seed + 1), *rest))
    said = told(verify_run(recorded(run, lambda it: it.update(cpu_capability="NONE"))))
    assert said["history"].startswith("epoch 1: train_loss was ")
    assert "; in the last epoch training loss " in said["history"]


def test_files_that_contradict_each_other_are_refuted_wherever_they_were_made(run):
    elsewhere = recorded(run, lambda it: it.update(cpu_capability="NONE"))
    found = verify_run(shifted(elsewhere, (BEST,)))
    assert found.accepted is False
    assert "do not hold the same weights" in told(found)["best weights"]
    tensors, words = read_tensors(run.path / BEST)
    for epoch, outcome in ((1, False), (len(run.metrics) + 1, None)):  # the second is left by a stop in between
        write_tensors(run.path / BEST, tensors, {**words, "epoch": epoch})
        assert verify_run(Run(run.path)).accepted is outcome


def test_weights_that_do_not_score_as_recorded_are_refuted_wherever_they_were_made(tmp_path):
    run = steepest.train(BASE, out=tmp_path / "run", threads=1, lr=0.01, val=0.25)
    tensors, words = read_tensors(run.path / LAST)
    noisy = {name: each + 0.1 if each.is_floating_point() else each for name, each in tensors.items()}
    write_tensors(run.path / LAST, noisy, words)
    found = verify_run(recorded(run, lambda it: it.update(cpu_capability="NONE")))
    assert found.accepted is False
    assert any("their validation loss is" in text or "same weights" in text for text in told(found).values())


def test_a_file_that_was_changed_or_taken_away_is_named_before_any_training(tmp_path, monkeypatch):
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
    monkeypatch.setattr(whole_run, "retrace", None)
    file.write_text(text.replace("- lr", "- 0.5 * lr"))
    found = verify_run(Run(run.path))
    assert found.accepted is False
    assert told(found)["files"].startswith(f"{file} has the SHA-256 ")
    file.unlink()
    with pytest.raises(UserError, match=r"which is not here\. Put the file with SHA-256"):
        verify_run(Run(run.path))


def test_other_images_and_other_first_weights_are_named_before_any_training(run, tmp_path, monkeypatch):
    later = steepest.train(BASE, out=tmp_path / "later", init_from=str(run.path), threads=1)
    assert verify_run(Run(later.path)).accepted
    monkeypatch.setattr(whole_run, "retrace", None)
    shifted(run)
    found = verify_run(Run(later.path))
    assert found.accepted is False
    assert " have the SHA-256 " in told(found)["start"]
    other = recorded(run, lambda it: it["data"]["hashes"].update(train="0" * 64))
    for file in (LAST, BEST):
        tensors, words = read_tensors(run.path / file)
        write_tensors(run.path / file, tensors, {**words, "data": other.environment["data"]})
    found = verify_run(Run(run.path))
    assert found.accepted is False
    assert "the train images here have the SHA-256" in told(found)["data"]


def test_a_run_that_goes_on_elsewhere_says_so_and_its_bytes_are_not_promised(tmp_path):
    run, setup = begin(BASE, out=tmp_path / "run")
    next(event for event in record(run, setup) if isinstance(event, Epoch))
    elsewhere = recorded(run, lambda it: it.update(cpu_capability="NONE"))
    for _ in record(elsewhere, *reopen(elsewhere)):
        pass
    (later,) = Run(run.path).environment["continued"]
    assert (later["after"], later["cpu_capability"]) == (1, torch.backends.cpu.get_cpu_capability())
    assert verify_run(Run(run.path)).accepted
    assert verify_run(shifted(run)).accepted is None


def test_distances_are_relative_to_the_recorded_weights():
    then = {"w": torch.tensor([3.0, 4.0]), "n": torch.tensor(7)}
    now = {"w": torch.tensor([3.0, 4.5]), "n": torch.tensor(7)}
    size = ((9 + 16 + 49) / 3) ** 0.5
    assert f"at most {0.5 / size:.2g} and in root mean square by {0.5 / 3**0.5 / size:.2g}" in distance(then, now)
    assert "other tensors" in distance(then, {})


def test_the_path_of_a_run_is_the_subject(run):
    assert verify_run(run).subject == str(Path(run.path))


def test_a_run_that_names_code_without_its_hash_is_refused_first_and_says_so_then(tmp_path):
    file = tmp_path / "mine.py"
    mine = (
        "from steepest.optimizers import rule\n"
        f"@rule('verified-{tmp_path.name}', lr=0.1)\n"
        "class Mine:\n"
        "    def update(self, grad, params, state, lr):\n"
        "        return params - lr * grad\n"
    )
    file.write_text(mine)
    run = steepest.train(BASE, optimizer=f"{file}:Mine", out=tmp_path / "run", threads=1)
    run = recorded(run, lambda it: it.pop("files"))
    told_of = {each.name: each.text for each in verify_run(run).findings}
    assert told_of["files"] == f"the run did not record the hash of {file}"
    file.write_text(mine + "# another\n")
    with pytest.raises(UserError, match=r"mine\.py"):
        verify_run(Run(run.path))
