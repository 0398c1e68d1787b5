"""The command line in this process, on the tests' own dataset, in a folder of the test's own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes import stripe_dataset
from steepest.cli import run


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code, and what it printed on either stream."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `steepest` with these arguments; the dataset `stripes` is known."""
    for module in ("runs.recording", "runs.run"):
        real = __import__(f"steepest.{module}", fromlist=["load"]).load
        monkeypatch.setattr(
            f"steepest.{module}.load",
            lambda name, _real=real, **how: stripe_dataset() if name == "stripes" else _real(name, **how),
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "data"))

    def call(*arguments: object) -> Outcome:
        try:
            code = run([str(each) for each in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return call


@pytest.fixture
def trained(command: Command) -> Callable[..., Path]:
    """Train a small model into a folder, and return the folder."""

    def train(name: str = "run", *more: object) -> Path:
        small = ("train", "F6-R-F2", "--data", "stripes", "--epochs", 3, "--val", 0.25)
        outcome = command(*small, "--lr", 0.05, "--out", name, *more)
        assert outcome.code == 0, outcome.err
        return Path(name).resolve()

    return train
