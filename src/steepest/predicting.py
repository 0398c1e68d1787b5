"""What a trained network sees on image files: picture -> what the network saw in training -> probabilities."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from .data.pictures import as_seen, read_picture
from .errors import DataError, UserError
from .evaluation import logits_of
from .runs import Run

MOST_NOTES = 5  # about files of a folder that cannot be used; the rest are counted


@dataclass(frozen=True)
class Prediction:
    """The likeliest classes of one image file.

    Args:
        path: the file.
        ranking: (class, probability in [0, 1]), the likeliest first.
    """

    path: Path
    ranking: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return path and ranking for ``--json``."""
        ranking = [{"class": name, "probability": share} for name, share in self.ranking]
        return {"path": str(self.path), "ranking": ranking}


def predict_files(
    run: Run, paths: Sequence[Path], top: int = 3, note: Callable[[str], None] = lambda line: None
) -> list[Prediction]:
    """Return a prediction for each image file; a folder stands for the files in it.

    Args:
        run: whose network to ask.
        paths: image files and folders.
        top: how many classes to name, at most.
        note: takes a line about each file of a folder that is no image that can be read.

    Raises:
        UserError: a path does not exist, or a folder holds no image.
        DataError: a file that was named by itself is no image.
    """
    data = run.environment["data"]
    shape = (int(data["shape"][0]), int(data["shape"][1]), int(data["shape"][2]))
    files, pictures, refused = [], [], []
    for path, named in _files(paths):
        try:
            picture = as_seen(read_picture(path), shape=shape, style=data["style"], name=str(path))
        except DataError as error:
            if named:
                raise
            refused.append(str(error))
            continue
        files.append(path)
        pictures.append(picture)
    for line in refused[:MOST_NOTES]:
        note(line)
    if len(refused) > MOST_NOTES:
        note(f"... and {len(refused) - MOST_NOTES} more files that cannot be used.")
    if not files:
        where = ", ".join(str(path) for path in paths)
        raise UserError(f"There is no image in {where} that this network can be shown.")
    with run.plan.applied():
        logits = logits_of(run.network(), torch.stack(pictures), run.plan)
    shares, order = F.softmax(logits, dim=1).sort(dim=1, descending=True, stable=True)
    return [
        Prediction(file, tuple((data["classes"][k], p) for k, p in zip(ks, ps, strict=True))[:top])
        for file, ks, ps in zip(files, order.tolist(), shares.tolist(), strict=True)
    ]


def as_csv(predictions: Sequence[Prediction], top: int) -> str:
    """Return a table with a row per file: file, then class and probability of each rank."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    most = max(len(each.ranking) for each in predictions)
    columns = [
        f"{word}_{rank}"
        for rank in range(1, min(top, most) + 1)
        for word in ("class", "probability")
    ]
    writer.writerow(["file", *columns])
    for each in predictions:
        cells = [cell for name, share in each.ranking for cell in (name, f"{share:.6f}")]
        writer.writerow([each.path, *cells])
    return text.getvalue()


def _files(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Return every file with whether it was named by itself; hidden files of a folder are passed over."""
    found: list[tuple[Path, bool]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file())
            visible = (
                p for p in inside if not any(s.startswith(".") for s in p.relative_to(path).parts)
            )
            found += [(each, False) for each in visible]
        elif path.is_file():
            found.append((path, True))
        else:
            raise UserError(f"There is no file {path}.")
    return found
