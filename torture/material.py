"""The small pictures, runs and comparisons that everything is tried on, made once for each folder."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES, SIDE = 3, 8
PICTURES = {"train": 60, "test": 20}  # of each class
NETWORK = "4C3p1-B-R-M2-D0.25-F8-R-F3"  # batch norm and dropout
AUGMENT = "shift:1+flip"


def pictures(root: Path, counts: Mapping[str, int] = PICTURES) -> Path:
    """Return a folder of pictures whose class is the row of a bright stripe, made where it is not there.

    Args:
        counts: of each class, by the split.
    """
    if root.is_dir():
        return root
    draw = np.random.default_rng(0)
    for part, count in counts.items():
        for label in range(CLASSES):
            folder = root / part / f"class{label}"
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = draw.integers(0, 90, (SIDE, SIDE), dtype=np.uint8)
                pixels[2 * label] += 100
                Image.fromarray(pixels).save(folder / f"{number:03}.png")
    return root


def settings(root: Path, epochs: int = 3) -> dict[str, object]:
    """Return the settings of a run with batch norm, dropout, augmentation and a validation split."""
    data = str(pictures(root / "pictures"))
    return {
        **{"model": NETWORK, "data": data, "optimizer": "adam", "lr": 0.01, "epochs": epochs},
        **{"val": 0.2, "augment": AUGMENT, "batch_size": 32, "schedule": "cosine", "threads": 1},
    }


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder, and keep the decoded pictures in it."""
    folder.mkdir(parents=True, exist_ok=True)
    before, data = Path.cwd(), os.environ.get("STEEPEST_DATA")
    os.chdir(folder)
    os.environ["STEEPEST_DATA"] = str(folder / "cache")
    try:
        yield
    finally:
        os.chdir(before)
        if data is None:
            del os.environ["STEEPEST_DATA"]
        else:
            os.environ["STEEPEST_DATA"] = data


def finished_run(root: Path) -> Path:
    """Return a run of three epochs, trained where it is not there."""
    import steepest

    path = root / "run"
    if not (path / "report.html").is_file():
        with inside(root):
            steepest.train(**settings(root), out=path, progress=False)  # type: ignore[arg-type]
    return path


def finished_comparison(root: Path) -> Path:
    """Return a comparison's folder of two rules with six seeds and its claim, made where it is not there."""
    import steepest

    path, claim = root / "comparison", root / "claim.json"
    if not claim.is_file():
        rest = {k: v for k, v in settings(root, epochs=1).items() if k not in ("optimizer", "lr", "threads")}
        with inside(root):
            steepest.compare(
                ["adam@lr=0.01", "sgd@lr=0.1"],
                fixed=True,
                seeds=6,
                out=path,
                claim=claim,
                progress=False,
                **rest,  # type: ignore[arg-type]
            )
    return path
