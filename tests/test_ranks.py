import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fakes import stripe_dataset
from steepest.comparison.retracing import differing_fields
from steepest.config import Config
from steepest.errors import StoppedError, UserError
from steepest.history import Epoch
from steepest.layout import Layout
from steepest.losses import cross_entropy
from steepest.models import build
from steepest.objective import ModelObjective, Reduced
from steepest.preparation import prepare
from steepest.ranks import ALONE, Ranks, check_divisible, joined
from steepest.recording import begin, reopen
from steepest.runs import Run
from steepest.tensor_file import read_tensors
from steepest.training import loop

# 64 images in batches of 21 leave one image for the last batch: the first of two processes then has none
BASE = {"model": "F5-R-F2", "data": "stripes", "epochs": 3, "batch_size": 21, "lr": 0.01}
CASES: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": "sgd", "lr": 0.5},
    "all that changes a loss": {
        "optimizer": "momentum",
        "augment": "shift:1+rotate:20",
        "label_smoothing": 0.1,
        "class_weights": "1,3",
        "weight_decay": 0.01,
        "clip_norm": 0.5,
        "val": 0.25,
        "schedule": "cosine",
    },
    "adam": {"optimizer": "adam"},
    "two gradients a step": {"optimizer": "sam of momentum"},
    "a line search": {"optimizer": "armijo", "lr": 1.0},
    "losses of random candidates": {"optimizer": "blind-descent", "batch_size": 32},
    "torch's own": {"optimizer": "torch.optim.RAdam"},
    "a convolution": {"model": "4C3p1-R-M2-F2", "optimizer": "nesterov"},
}
PROGRAM = """
import json, sys
from pathlib import Path
from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import SteepestError
from steepest.history import Epoch
from steepest.preparation import prepare
from steepest.ranks import joined
from steepest.tensor_file import write_tensors
from steepest.training import loop

cases, out = json.loads(sys.argv[1]), Path(sys.argv[2])
with joined() as ranks:
    for name, settings in cases.items():
        setup = prepare(Config.of(settings), stripe_dataset())
        try:
            *_, last = [e for e in loop(setup, None, ranks) if isinstance(e, Epoch)]
            tensors, row = last.checkpoint.weights, last.row
        except SteepestError as error:
            tensors, row = {}, {"error": f"{type(error).__name__}: {error}"}
        write_tensors(out / f"{name} {ranks.rank}", tensors, row)
"""
OWN_FILE = """
import torch
from torch import nn
from torch.nn import functional as F

class Net(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.last = nn.Linear(shape[1] * shape[2], classes)
    def forward(self, x):
        return self.last(F.dropout(x.flatten(1), 0.5, self.training))

class Wanders:
    def init(self, params, layout):
        return {}
    def update(self, grad, params, state, lr):
        import os
        return params.add_(float(os.environ["RANK"]))
"""


TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def torchrun(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run two processes of this Python together."""
    return subprocess.run(
        [sys.executable, *TORCHRUN, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Train every case by two processes, in one go; give a case's tensors and row of each process."""
    import json

    folder = tmp_path_factory.mktemp("together")
    own = folder / "own.py"
    own.write_text(OWN_FILE)
    wanders = {"optimizer": f"{own}:Wanders"}
    cases = {**CASES, "diverges": {"lr": 1e30, "optimizer": "sgd"}, "wanders": wanders}
    (folder / "program.py").write_text(PROGRAM)
    whole = json.dumps({name: {**BASE, **changes} for name, changes in cases.items()})
    done = torchrun(["program.py", whole, str(folder)], folder)
    assert done.returncode == 0, done.stderr
    return lambda name: [read_tensors(folder / f"{name} {rank}") for rank in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_two_processes_come_to_the_weights_of_one(
    name: str, together: Callable[[str], Any]
) -> None:
    setup = prepare(Config.of({**BASE, **CASES[name]}), stripe_dataset())
    *_, alone = [event for event in loop(setup) if isinstance(event, Epoch)]
    (first, row), (second, other_row) = together(name)
    for key, tensor in alone.checkpoint.weights.items():
        assert torch.equal(first[key], second[key])
        torch.testing.assert_close(first[key], tensor, rtol=0, atol=1e-5)
    assert row == other_row
    assert row == pytest.approx(alone.row, abs=1e-5)
    assert row["train_accuracy"] == alone.row["train_accuracy"]


@pytest.mark.slow
def test_processes_that_diverge_say_so_both(together: Callable[[str], Any]) -> None:
    (_, row), (_, other) = together("diverges")
    assert row == other
    assert row["error"].startswith("DivergedError: The ")


@pytest.mark.slow
def test_processes_that_come_to_different_weights_are_stopped(
    together: Callable[[str], Any],
) -> None:
    (_, row), _ = together("wanders")
    assert row["error"].startswith("UserError: The processes came to different weights")


@pytest.mark.slow
def test_torchrun_trains_on_the_command_line_as_one_process_does(tmp_path: Path) -> None:
    command = ["-m", "steepest", "train", "F16-R-F10", "--optimizer", "momentum", "--epochs", "2"]
    one = [sys.executable, *command, "--out", "one"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(one, cwd=tmp_path, check=True, capture_output=True, env=environment)
    done = torchrun([*command, "--out", "two"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Trained 2 epochs") == 1
    assert done.stderr.count("epoch 2/2") == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one", "two"]
    alone, both = (Run(tmp_path / name) for name in ("one", "two"))
    for key, tensor in alone.weights("last").items():
        torch.testing.assert_close(both.weights("last")[key], tensor, rtol=0, atol=1e-5)
    assert {each.name for each in alone.path.iterdir()} == {
        each.name for each in both.path.iterdir()
    }
    assert (alone.processes, both.processes) == (1, 2)
    assert "2 processes trained it together, here it is one" in differing_fields(both.environment)
    assert not differing_fields(alone.environment)
    refused = torchrun([*command, "--out", "two"], tmp_path)
    assert refused.returncode != 0
    assert refused.stderr.count("exists already") == 1


@pytest.mark.parametrize(
    ("began", "command"),
    [(1, "begun: steepest train"), (2, "begun: torchrun --nproc-per-node 2 -m steepest train")],
)
def test_as_many_processes_go_on_as_began(began: int, command: str, tmp_path: Path) -> None:
    config = Config(model="F10", data="mnist5k", epochs=2)
    run, _ = begin(config, out=tmp_path / "run", ranks=Ranks(0, began))
    with pytest.raises(UserError) as refused:
        reopen(run, ranks=Ranks(0, 3 - began))
    assert str(refused.value).endswith(f"{command} --resume {run.path}")
    setup, start = reopen(run, ranks=Ranks(0, began))
    assert (setup.config.epochs, start) == (2, None)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [1, 2, 5, 64])
def test_the_parts_of_a_batch_are_the_batch(size: int, count: int) -> None:
    rows = list(range(count))
    parts = [rows[Ranks(rank, size).part(count)] for rank in range(size)]
    assert [row for part in parts for row in part] == rows
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("sizes", [(3, 5), (1, 7), (4, 4)])
def test_the_shares_of_the_parts_sum_to_the_whole(sizes: tuple[int, int]) -> None:
    draw = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    inputs = torch.randn(8, 1, 2, 2, generator=draw)
    targets = torch.randint(0, 3, (8,), generator=draw)
    params = Layout.of(model).flatten(dict(model.named_parameters()))

    def objective(rows: slice) -> ModelObjective:
        made = ModelObjective(model, cross_entropy())
        made.begin(inputs[rows], targets[rows], params)
        return made

    gathered: list[Tensor] = []

    def keep(values: Tensor) -> Tensor:
        gathered.append(values.clone())
        return values

    for rows in (slice(0, sizes[0]), slice(sizes[0], 8)):
        part = Reduced(objective(rows), keep)
        part.share = (rows.stop - rows.start) / 8
        part.loss_and_grad(params)
        part.loss(params)
        assert part.layout == Layout.of(model)
    loss, grad = objective(slice(0, 8)).loss_and_grad(params)
    torch.testing.assert_close(gathered[0] + gathered[2], torch.cat([grad, loss.reshape(1)]))
    torch.testing.assert_close(gathered[1] + gathered[3], loss)


def test_a_loss_does_not_keep_its_gradient_in_memory() -> None:
    """A run keeps the losses of an epoch, and a gradient with each would be all the memory there is."""
    model = nn.Linear(4, 3)
    objective = ModelObjective(model, cross_entropy())
    params = Layout.of(model).flatten(dict(model.named_parameters()))
    objective.begin(torch.ones(2, 4), torch.zeros(2, dtype=torch.int64), params)
    loss, _ = Reduced(objective, lambda values: values).loss_and_grad(params)
    assert loss.untyped_storage().nbytes() == loss.element_size()


def test_a_process_without_torchrun_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(variable, raising=False)
    with joined() as ranks:
        assert ranks == ALONE
    values = torch.ones(2)
    assert ALONE.total(values) is values
    ALONE.check_same(values)
    assert ALONE.first
    assert not Ranks(1, 2).first


INDIVISIBLE = {
    "F5-B-R-F2": "has batch norm, which measures the whole batch",
    "F5-R-D0.5-F2": "has dropout or other random draws",
    "own.py:Net": "has dropout or other random draws",
}


@pytest.mark.parametrize("model", INDIVISIBLE)
def test_what_does_not_divide_is_refused_in_a_line(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(OWN_FILE)
    monkeypatch.chdir(tmp_path)
    setup = prepare(Config.of({**BASE, "model": model, "batch_size": 16}), stripe_dataset())
    with pytest.raises(UserError, match=INDIVISIBLE[model] + ".*without torchrun"):
        next(loop(setup, None, Ranks(0, 2)))


def test_several_processes_train_on_the_processor_only() -> None:
    network = build("F2", (1, 6, 6), 2)
    check_divisible(network, (1, 6, 6), "cpu")
    with pytest.raises(UserError, match="not on cuda: give --device cpu"):
        check_divisible(network, (1, 6, 6), "cuda")


def test_a_process_whose_partner_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr(torch.distributed, "all_reduce", closed)
    with pytest.raises(StoppedError, match="Another of the processes that train together ended"):
        Ranks(0, 2).total(torch.ones(1))
