"""A command and the Python call of the same name, each in a folder of its own that began alike."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import steepest
from fakes import stripe_dataset
from steepest.cli import run


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run on a folder of pictures."""
    folder = tmp_path_factory.mktemp("stage")
    made = stripe_dataset(count=40, classes=2)
    assert made.test is not None
    for kind, split in (("train", made.train), ("test", made.test)):
        for row, (image, label) in enumerate(zip(split.images, split.labels.tolist(), strict=True)):
            path = folder / "pictures" / kind / f"row {label}" / f"{row}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[0].numpy()).save(path)
    settings = {"model": "4C3-R-F2", "data": str(folder / "pictures"), "epochs": 2, "threads": 1}
    steepest.train(**settings, batch_size=8, val=0.25, out=folder / "run")
    return folder


@pytest.fixture
def left_by(
    stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[dict[str, bytes], dict[str, bytes]]]:
    """Return what a command leaves of the stage, and what a call leaves of it."""
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "data"))

    def left(words: list[str], call: Callable[[], Any]) -> tuple[dict[str, bytes], dict[str, bytes]]:
        found = []
        for act in (lambda: run(words), call):
            here = tmp_path / "here"  # one path for both: pages name it
            shutil.copytree(stage / "run", here / "run")
            monkeypatch.chdir(here)
            before = content(here)
            assert not isinstance(done := act(), int) or done == 0
            after = content(here)
            found.append({name: each for name, each in after.items() if before.get(name) != each})
            monkeypatch.chdir(tmp_path)
            shutil.rmtree(here)
        return found[0], found[1]

    return left
