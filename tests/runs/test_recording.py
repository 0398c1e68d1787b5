import errno
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import torch

from fakes import recorded, stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, ShapeError, UserError
from steepest.runs.recording import begin, held, placed, record, reopen
from steepest.runs.run import Run
from steepest.training.history import Epoch, Progress, is_done

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


def test_a_run_that_stopped_early_is_finished(tmp_path: Path) -> None:
    settings = {**SETTINGS, "patience": 1, "lr": 1e-12, "optimizer": "sgd", "epochs": 30}
    run = recorded(Config.of(settings), out=tmp_path / "early")
    assert run.epochs_done < 30
    assert run.finished
    before = content(run)
    setup, start = reopen(run)
    assert start is not None
    assert is_done(setup.config, start.history)
    assert content(run) == before


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
    (run.path / ".previous.safetensors").unlink()
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


def lose_last(run: Run) -> None:
    (run.path / "last.safetensors").unlink()


def cut_last(run: Run) -> None:
    path = run.path / "last.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def flip_header(run: Run) -> None:
    path = run.path / "last.safetensors"
    content = bytearray(path.read_bytes())
    content[content.index(b"history") + 1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [lose_last, cut_last, flip_header])
@pytest.mark.parametrize("epochs", [1, 2, 4])
def test_a_damaged_checkpoint_falls_back_a_generation_and_ends_with_the_same_bytes(
    harm: Callable[[Run], None], epochs: int, tmp_path: Path
) -> None:
    unbroken = recorded(Config.of(SETTINGS), out=tmp_path / "unbroken")
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "harmed")
    until(record(run, setup), epochs)
    if epochs == 1 and harm is lose_last:
        return  # nothing tells it from a run that was killed within its first epoch
    harm(run)
    with pytest.raises(IntegrityError, match=r"last\.safetensors"):
        _ = Run.open(run.path).metrics
    again = "begins again" if epochs == 1 else f"goes on after epoch {epochs - 1}"
    with pytest.warns(UserWarning, match=f"last checkpoint of .*harmed is damaged: training {again}"):
        setup, start = reopen(Run.open(run.path))
    assert (start.epoch if start else 0) == epochs - 1
    list(record(run, setup, start))
    assert content(run) == content(unbroken)
    assert untimed(run) == untimed(unbroken)
    heads = [(each.path / "metrics.csv").read_text().splitlines()[0] for each in (run, unbroken)]
    assert (
        heads[0]
        == heads[1]
        == "epoch,lr,train_loss,train_accuracy,forwards,backwards,val_loss,val_accuracy,seconds,sha256"
    )


def test_two_damaged_generations_are_refused(tmp_path: Path) -> None:
    run = recorded(Config.of(SETTINGS), out=tmp_path / "harmed")
    cut_last(run)
    before = run.path / ".previous.safetensors"
    before.write_bytes(before.read_bytes()[:-1])
    with pytest.raises(
        IntegrityError, match=r"last\.safetensors is damaged.* And .*previous\.safetensors is damaged"
    ):
        reopen(Run.open(run.path))


def test_a_damaged_long_run_without_a_generation_before_is_not_begun_again(tmp_path: Path) -> None:
    run = recorded(Config.of(SETTINGS), out=tmp_path / "harmed")
    cut_last(run)
    (run.path / ".previous.safetensors").unlink()
    with pytest.raises(IntegrityError, match=r"last\.safetensors is damaged"):
        reopen(Run.open(run.path))
    assert len((run.path / "metrics.csv").read_text().splitlines()) == 5


def test_lost_best_weights_come_from_the_checkpoint_where_they_are_the_last(tmp_path: Path) -> None:
    run = recorded(Config.of({**SETTINGS, "val": 0.0}), out=tmp_path / "run")
    before = content(run)
    for harm in (lambda path: path.unlink(), lambda path: path.write_bytes(b"")):
        harm(run.path / "best.safetensors")
        reopen(Run.open(run.path))
        assert content(run) == before
    settings = {**SETTINGS, "model": "F6-R-F2", "lr": 0.05, "epochs": 3, "batch_size": 64}  # the second is best
    other = recorded(Config.of(settings), out=tmp_path / "other")
    (other.path / "best.safetensors").unlink()
    with pytest.raises(IntegrityError, match=r"weights of epoch 2 are nowhere else.*--config .*config\.toml"):
        reopen(Run.open(other.path))


RACE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import UserError
from steepest.runs.recording import created, ready
from steepest.runs.run import Run
seed, folder = int(sys.argv[2]), Path(sys.argv[3])
setup = ready(Config(model="F2", data="stripes", seed=seed), dataset=stripe_dataset())
(folder / f"ready-{seed}").touch()
for trial in range(24):
    while len(list(folder.glob(f"ready-*" if trial == 0 else f"done-{trial - 1}-*"))) < 2:
        time.sleep(0.001)
    try:
        with created(setup, folder / f"run-{trial}") as run:
            time.sleep(0.003 * (trial % 3))
            assert run.config.seed == seed
        print(trial, "made")
    except UserError as error:
        print(trial, error)
    (folder / f"done-{trial}-{seed}").touch()
"""


def test_of_two_processes_with_one_out_one_makes_the_run_and_the_other_is_told(tmp_path: Path) -> None:
    tests = str(Path(__file__).parents[1])
    both = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, tests, str(seed), str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for seed in (0, 1)
    ]
    said = [each.communicate(timeout=120)[0].splitlines() for each in both]
    assert [each.returncode for each in both] == [0, 0]
    told = r"Another process is training .*run-\d+ right now( \(process \d+ on .*\))?\. Wait|exists already"
    for trial in range(24):
        lines = [each[trial] for each in said]
        (winner,) = (seed for seed in (0, 1) if lines[seed].endswith(" made"))
        assert re.search(told, lines[1 - winner])
        assert Run.open(tmp_path / f"run-{trial}").config.seed == winner
