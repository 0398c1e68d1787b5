"""What tests of the verbs share: the dataset `stripes` known to sweeps, and small comparisons."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from comparison_fakes import forget_images
from fakes import stripe_dataset
from steepest.cli import run
from steepest.sweeping import ready

SMALL = ("--model", "F2", "--data", "stripes", "--epochs", 1, "--batch-size", 16, "--workers", 1)
FIXED = ("compare", "sgd", "adam", *SMALL, "--fixed", "--seeds", 6)
Call = Callable[..., Any]


@pytest.fixture
def ask(command: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Run `steepest` with the dataset `stripes` known to the sweep too."""
    real = ready.load
    monkeypatch.setattr(
        "steepest.sweeping.ready.load",
        lambda name, **how: stripe_dataset() if name == "stripes" else real(name, **how),
    )
    monkeypatch.setattr("steepest.storage.files.os.fsync", lambda _: None)
    forget_images()
    yield command
    forget_images()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a folder of the test's own."""
    places = ("data", "sweeping.ready", "runs.recording", "runs.run")
    for place in places:
        monkeypatch.setattr(f"steepest.{place}.load", lambda name, **how: stripe_dataset())
    monkeypatch.setattr("steepest.storage.files.os.fsync", lambda _: None)
    monkeypatch.chdir(tmp_path)
    forget_images()
    yield tmp_path
    forget_images()


def command(*arguments: object) -> None:
    """Run `steepest`, which must do it."""
    assert run([str(each) for each in arguments]) == 0


def left(folder: Path, clocked: set[str] = frozenset()) -> dict[str, bytes]:  # type: ignore[assignment]
    """Return every file that a folder holds; of those with these names, which tell of the clock, no content."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    return {str(each.relative_to(folder)): b"" if each.name in clocked else each.read_bytes() for each in files}


def runs_alone(folder: Path, name: str, runs: str) -> Path:
    """Return a new folder that holds another one's runs and nothing else: what is made of them anew."""
    shutil.copytree(folder / runs, Path(name) / runs)
    return Path(name)
