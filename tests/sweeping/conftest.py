from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import stripe_dataset
from steepest.config import Config
from steepest.sweeping import ready

SETTINGS = {"model": "F5-R-F2", "data": "stripes", "epochs": 3, "batch_size": 16, "lr": 0.01}


def forget_images() -> None:
    for cache in (ready._held, ready._loaded):
        cache.cache_clear()


@pytest.fixture
def stripes_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    forget_images()
    for place in ("steepest.sweeping.ready.load", "steepest.runs.recording.load", "steepest.runs.run.load"):
        monkeypatch.setattr(place, lambda name, **_: stripe_dataset())
    yield
    forget_images()


@pytest.fixture
def config() -> Config:
    return Config.of(SETTINGS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sweep"
