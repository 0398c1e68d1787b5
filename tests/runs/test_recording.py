import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import torch

from fakes import recorded, stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, ShapeError, UserError
from steepest.runs.recording import begin, held, placed, record, reopen
from steepest.runs.run import Run
from steepest.training.history import Epoch, Progress

FILES = ("last.safetensors", "best.safetensors", "config.toml", "environment.json")
SETTINGS = {"model": "F6-B-R-D0.3-F2", "data": "stripes", "epochs": 4, "batch_size": 16, "val": 0.25}


@pytest.fixture(autouse=True)
def stripes_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("steepest.runs.run.load", lambda name, **_: stripe_dataset())
    monkeypatch.setattr("steepest.runs.recording.load", lambda name, **_: stripe_dataset())
    monkeypatch.chdir(tmp_path)


def content(run: Run) -> dict[str, bytes]:
    return {name: (run.path / name).read_bytes() for name in FILES}


def untimed(run: Run) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics]


def until(events: Iterator[Progress | Epoch], epoch: int) -> None:
    """Take events up to the end of an epoch, and then leave the loop, as Ctrl-C does."""
    for event in events:
        if isinstance(event, Epoch) and event.checkpoint.epoch == epoch:
            break


OPTIMIZERS = ["adam", "momentum", "torch.optim.RAdam", "ema of lookahead:k=3 of adamw", "muon"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_broken_at_every_epoch_has_the_bytes_of_the_unbroken_one(optimizer: str, tmp_path: Path) -> None:
    config = Config.of({**SETTINGS, "optimizer": optimizer, "augment": "shift:1"})
    unbroken = recorded(config, out=tmp_path / "here" / "unbroken")
    run, setup = begin(config, out=tmp_path / "elsewhere" / "broken")
    until(record(run, setup), 1)
    for epoch in (2, 3, 4):
        setup, start = reopen(Run.open(run.path))
        assert start is not None
        assert start.epoch == epoch - 1
        until(record(run, setup, start), epoch)
    assert content(run) == content(unbroken)
    assert untimed(run) == untimed(unbroken)


def test_a_run_stopped_before_its_first_epoch_begins_anew(tmp_path: Path) -> None:
    config = Config.of(SETTINGS)
    unbroken = recorded(config, out=tmp_path / "a")
    run, _ = begin(config, out=tmp_path / "b")
    setup, start = reopen(Run.open(run.path))
    assert start is None
    list(record(run, setup, start))
    assert content(run) == content(unbroken)


def test_a_finished_run_cannot_be_resumed_and_the_line_says_what_can_be_done(tmp_path: Path) -> None:
    run = recorded(Config.of(SETTINGS), out=tmp_path / "done")
    with pytest.raises(UserError, match=r"is finished: 4 of 4 epochs.*--init-from"):
        reopen(run)


def test_a_run_that_stopped_early_is_finished(tmp_path: Path) -> None:
    settings = {**SETTINGS, "patience": 1, "lr": 1e-12, "optimizer": "sgd", "epochs": 30}
    run = recorded(Config.of(settings), out=tmp_path / "early")
    assert run.epochs_done < 30
    assert run.finished
    with pytest.raises(UserError, match="is finished"):
        reopen(run)


def test_resuming_with_a_damaged_table_is_refused_before_training(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "torn")
    until(record(run, setup), 2)
    (run.path / "metrics.csv").write_text("epoch,lr\n1,zero\n")
    with pytest.raises(IntegrityError, match=r"metrics\.csv"):
        reopen(Run.open(run.path))


def test_a_run_whose_checkpoint_vanished_is_not_begun_anew_in_silence(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "lost")
    until(record(run, setup), 2)
    (run.path / "last.safetensors").unlink()
    with pytest.raises(IntegrityError, match=r"last\.safetensors"):
        reopen(Run.open(run.path))


def test_a_folder_that_is_called_as_a_dataset_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "mnist5k").mkdir()
    (tmp_path / "pictures").mkdir()
    assert placed(Config(data="mnist5k")).data == "mnist5k"
    assert placed(Config(data="pictures")).data == str(tmp_path / "pictures")


def test_a_second_process_cannot_train_the_same_run(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "mine")
    program = (
        "import sys\nfrom filelock import FileLock\n"
        f"lock = FileLock({str(run.path / '.lock')!r})\nlock.acquire()\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=r"Another process is training .*mine right now"):
            next(record(run, setup))
        assert other.stdin is not None
        other.stdin.close()
    assert list(record(run, setup))


def test_the_lock_is_let_go_when_the_caller_stops_early(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "mine")
    until(record(run, setup), 1)
    with held(run):
        pass


def test_what_a_killed_process_left_half_written_is_swept_away(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "mine")
    (run.path / ".last.safetensors.abc.part").write_bytes(b"half")
    list(record(run, setup))
    assert not list(run.path.glob(".*.part"))


@pytest.mark.parametrize("file", ["best.safetensors", "metrics.csv", "last.safetensors"])
def test_a_full_disk_leaves_the_epoch_before_and_going_on_gives_the_same_bytes(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config.of({**SETTINGS, "val": 0.0})  # without validation every epoch writes every file
    unbroken = recorded(config, out=tmp_path / "unbroken")
    run, setup = begin(config, out=tmp_path / "full")
    until(record(run, setup), 2)
    real = os.fsync

    def full(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name.startswith(f".{file}"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    setup, start = reopen(Run.open(run.path))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            list(record(run, setup, start))
    assert Run.open(run.path).epochs_done == 2
    assert not list(run.path.glob(".*.part"))
    setup, start = reopen(Run.open(run.path))
    list(record(run, setup, start))
    assert content(run) == content(unbroken)


def test_init_from_starts_at_the_other_runs_best_weights(tmp_path: Path) -> None:
    first = recorded(Config.of(SETTINGS), out=tmp_path / "first")
    config = Config.of({**SETTINGS, "init_from": str(first.path), "seed": 5, "epochs": 2})
    run, setup = begin(config, out=tmp_path / "second")
    weights = first.weights("best")
    assert all(torch.equal(v, weights[k]) for k, v in setup.network.state_dict().items())
    list(record(run, setup))
    other, _ = begin(config, out=tmp_path / "third")
    setup, start = reopen(Run.open(other.path))
    list(record(other, setup, start))
    assert content(run)["last.safetensors"] == content(other)["last.safetensors"]


def test_init_from_another_network_is_refused(tmp_path: Path) -> None:
    first = recorded(Config.of({**SETTINGS, "epochs": 1}), out=tmp_path / "first")
    with pytest.raises(ShapeError, match="weights of first do not fit this network"):
        begin(Config.of({**SETTINGS, "model": "F5-F2", "init_from": str(first.path)}))
    with pytest.raises(UserError, match="nowhere is no run"):
        begin(Config.of({**SETTINGS, "init_from": "nowhere"}))


FROZEN = """
from torch import nn
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(36, 4), nn.ReLU(), nn.Linear(4, 2))
        self[1].requires_grad_(False)
"""


def test_frozen_weights_from_another_run_survive_resuming(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FROZEN)
    model = f"{tmp_path / 'net.py'}:Net"
    first = recorded(Config.of({**SETTINGS, "model": model, "seed": 1}), out=tmp_path / "first")
    config = Config.of({**SETTINGS, "model": model, "init_from": str(first.path)})
    unbroken = recorded(config, out=tmp_path / "unbroken")
    run, setup = begin(config, out=tmp_path / "broken")
    until(record(run, setup), 2)
    setup, start = reopen(Run.open(run.path))
    list(record(run, setup, start))
    assert content(run) == content(unbroken)
    assert torch.equal(run.weights()["body.1.weight"], first.weights()["body.1.weight"])


def test_events_come_after_they_are_on_disk(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "run")
    for event in record(run, setup):
        if isinstance(event, Epoch):
            kept = deepcopy(event.checkpoint)
            saved = Run.open(run.path).checkpoint()
            assert saved is not None
            assert saved.epoch == kept.epoch
            assert torch.equal(saved.params, kept.params)


KILLED = {**SETTINGS, "epochs": 80, "optimizer": "adam"}


@pytest.mark.slow
def test_a_run_killed_at_random_moments_and_resumed_has_the_bytes_of_the_unbroken_one(tmp_path: Path) -> None:
    """Real SIGKILLs, from the first second of the process on, until the run is finished."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from fakes import stripe_dataset\n"
        "from steepest.runs import recording, run as held\n"
        "from steepest.config import Config\n"
        "held.load = recording.load = lambda name, **_: stripe_dataset()\n"
        "path = Path(sys.argv[1])\n"
        "if (path / 'config.toml').exists():\n"
        "    run = held.Run.open(path)\n"
        "    if run.finished: sys.exit()\n"
        "    setup, start = recording.reopen(run)\n"
        "else:\n"
        f"    run, setup = recording.begin(Config.of({KILLED!r}), out=path)\n"
        "    start = None\n"
        "print('begun', flush=True)\n"
        "for _ in recording.record(run, setup, start): pass\n"
    )
    config = Config.of(KILLED)
    unbroken = recorded(config, out=tmp_path / "unbroken")
    draw, path, kills = random.Random(0), tmp_path / "killed", 0
    for _ in range(60):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(path), str(Path(__file__).parents[1])],
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        ) as process:
            assert process.stdout is not None
            begun = process.stdout.readline()
            time.sleep(draw.uniform(0.0, 0.5))
            if begun and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait(60)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    run = Run.open(path)
    assert run.finished
    assert kills >= 2
    assert content(run) == content(unbroken)
    assert untimed(run) == untimed(unbroken)
