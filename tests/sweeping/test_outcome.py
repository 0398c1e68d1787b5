import json
from math import inf
from pathlib import Path

import numpy as np
import pytest
import torch

from code_fakes import NET, RUNS, files, forget, nothing_confirmed
from fakes import recorded, stripe_dataset
from steepest.config import Config
from steepest.errors import DivergedError, IntegrityError, UserError
from steepest.sweeping import Job, LocalEngine, Outcome, sweep

FILES = {
    "config.toml",
    "environment.json",
    "metrics.csv",
    "outcome.json",
    "logits.safetensors",
    "weights.safetensors",
}
__all__ = ["nothing_confirmed"]
pytestmark = pytest.mark.usefixtures("stripes_known")


def outcome_of(job: Job, folder: Path) -> Outcome:
    (outcome,) = sweep([job], folder, engine=LocalEngine(1))
    return outcome


@pytest.mark.parametrize(
    ("which", "changes"),
    [
        ("last", {}),
        ("best", {}),
        ("last", {"val": 0.25}),
        ("best", {"val": 0.25, "patience": 1, "epochs": 9}),
        ("last", {"val": 0.25, "normalize": "standard", "optimizer": "ema of adam"}),
    ],
)
def test_an_outcome_is_that_of_the_plain_run(
    which: str, changes: dict[str, object], config: Config, folder: Path, tmp_path: Path
) -> None:
    config = config.with_(**changes)
    splits = ("test", "train", "validation") if config.val else ("test", "train")
    outcome = outcome_of(Job(config, splits, which), folder)
    run = recorded(config, dataset=stripe_dataset(), out=tmp_path / "plain")
    assert outcome.weights().keys() == run.weights(which).keys()
    for name, tensor in run.weights(which).items():
        assert torch.equal(outcome.weights()[name], tensor)
    dataset = run.dataset()
    for split in splits:
        evaluation = run.evaluate(split, which, dataset)
        assert torch.equal(outcome.logits(split), evaluation.logits)
        assert torch.equal(outcome.labels(split), evaluation.labels)
        assert outcome.accuracy(split) == evaluation.accuracy == outcome.correct(split).mean()
        assert outcome.loss(split) == evaluation.loss
    untimed = [{k: v for k, v in row.items() if k != "seconds"} for row in outcome.rows]
    assert untimed == [{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics]
    assert outcome.config == run.config.with_(threads=1)
    assert outcome.diverged is None


def test_a_finished_job_keeps_six_files_and_no_checkpoint(config: Config, folder: Path) -> None:
    outcome = outcome_of(Job(config), folder)
    assert outcome.path == folder / outcome.key
    assert {each.name for each in outcome.path.iterdir()} == FILES
    assert set(outcome.hashes) == FILES - {"metrics.csv", "outcome.json"}
    assert list((folder / ".work").iterdir()) == []


def test_totals_are_those_of_the_epochs(config: Config, folder: Path) -> None:
    outcome = outcome_of(Job(config.with_(optimizer="sam of sgd")), folder)
    assert outcome.forwards == outcome.backwards == 3 * 4 * 2  # epochs x steps x passes of SAM
    assert outcome.seconds == sum(row["seconds"] for row in outcome.rows) > 0


def test_the_network_gives_the_logits(config: Config, folder: Path) -> None:
    outcome = outcome_of(Job(config), folder)
    split = stripe_dataset().test
    assert split is not None
    with torch.no_grad():
        torch.testing.assert_close(outcome.network()(split.images), outcome.logits("test"))


def test_a_run_that_diverges_is_an_outcome_at_chance(config: Config, folder: Path) -> None:
    wild = config.with_(lr=1e30, optimizer="sgd", val=0.25)
    outcome = outcome_of(Job(wild, ("test", "validation"), "best"), folder)
    assert outcome.diverged is not None
    assert "epoch 1" in outcome.diverged
    assert (outcome.accuracy("test"), outcome.loss("validation")) == (0.5, inf)
    assert outcome.rows == []
    assert (outcome.seconds, outcome.forwards, outcome.backwards) == (0, 0, 0)
    assert not outcome.path.joinpath("weights.safetensors").exists()
    labels = stripe_dataset().test.labels.numpy()  # type: ignore[union-attr]
    assert np.array_equal(outcome.correct("test"), labels == 0)
    for ask in (outcome.weights, outcome.network, lambda: outcome.logits("test")):
        with pytest.raises(DivergedError, match=r"has no (weights|logits)\. The (loss|weights) became"):
            ask()
    assert "diverged" in repr(outcome)


def test_a_run_that_diverges_late_keeps_its_epochs(config: Config, folder: Path) -> None:
    file = folder.parent / "late.py"
    file.write_text(
        "import torch\n"
        "class Late:\n"
        "    def init(self, params, layout):\n        return {'step': 0}\n"
        "    def update(self, grad, params, state, lr):\n"
        "        state['step'] += 1\n"
        "        return params.fill_(float('nan')) if state['step'] > 8 else params\n"
    )
    outcome = outcome_of(Job(config.with_(optimizer=f"{file}:Late")), folder)
    assert outcome.diverged is not None
    assert "epoch 3" in outcome.diverged
    assert [row["epoch"] for row in outcome.rows] == [1, 2]
    assert outcome.forwards == 8


def read_everything(outcome: Outcome) -> None:
    _ = outcome.rows, outcome.config, outcome.environment
    _ = outcome.correct("test"), outcome.weights()


SPOTS = {  # where a byte means something
    "logits.safetensors": lambda content: len(content) - 3,
    "metrics.csv": lambda content: content.rfind(b",") - 1,  # of the last seconds
}


@pytest.mark.parametrize("file", sorted(FILES))
@pytest.mark.parametrize("harm", ["changed", "cut off", "taken away"])
def test_a_damaged_file_is_named(file: str, harm: str, config: Config, folder: Path) -> None:
    path = outcome_of(Job(config), folder).path / file
    content = path.read_bytes()
    if harm == "taken away":
        path.unlink()
    elif harm == "cut off":
        path.write_bytes(content[: len(content) // 2])
    else:
        spot = SPOTS.get(file, lambda content: content.rfind(b"1"))(content)
        other = b"3" if content[spot : spot + 1] == b"7" else b"7"
        path.write_bytes(content[:spot] + other + content[spot + 1 :])
    outcome = Outcome(Job(config), path.parent)
    with pytest.raises(IntegrityError) as caught:
        read_everything(outcome)
    assert str(path) in str(caught.value)


def test_a_damaged_outcome_stops_the_sweep_before_it_works(config: Config, folder: Path) -> None:
    path = outcome_of(Job(config), folder).path / "outcome.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "splits": {"test": {"accuracy": 1.0}}}))
    with pytest.raises(IntegrityError, match=r"outcome\.json is damaged or was changed.*away"):
        sweep([Job(config), Job(config.with_(seed=1))], folder)
    assert len(list(folder.glob("[!.]*"))) == 1


def test_a_folder_under_another_name_is_refused(config: Config, folder: Path) -> None:
    outcome = outcome_of(Job(config), folder)
    other = Job(config.with_(seed=5))
    outcome.path.rename(folder / other.key)
    with pytest.raises(IntegrityError, match=f"belongs to the job {outcome.key}, not to"):
        sweep([other], folder)


def test_a_split_that_was_not_asked_for_is_refused(config: Config, folder: Path) -> None:
    outcome = outcome_of(Job(config), folder)
    with pytest.raises(UserError, match="not evaluated on its train split, only on: test"):
        outcome.accuracy("train")
    assert repr(outcome).startswith(f"<outcome {outcome.key}: model F5-R-F2, data stripes")


def test_the_network_of_another_machine_s_outcome_runs_no_code(
    config: Config, folder: Path, nothing_confirmed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = files(tmp_path, net_py=RUNS + NET)
    outcome = outcome_of(Job(config.with_(model=f"{net}:Net")), folder)
    outcome.network()
    Path("PWNED").unlink()
    forget(monkeypatch)
    nothing_confirmed.unlink()
    with pytest.raises(UserError, match=r"config\.toml names code that was never run or confirmed"):
        Outcome(outcome.job, outcome.path).network()
    assert not Path("PWNED").exists()
    assert Outcome(outcome.job, outcome.path).accuracy("test") == outcome.accuracy("test")
