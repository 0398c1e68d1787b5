"""What a trained network sees on images: picture -> what the network saw in training -> probabilities."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..data.decoding import as_seen, read_picture
from ..data.folder_scan import files_below
from ..errors import DataError, ShapeError, UserError, cell_text
from ..evaluation import logits_of
from ..models import Network
from ..plan import Plan

MOST_NOTES = 5  # about files of a folder that cannot be used; the rest are counted
Images = Any  # [N, H, W] or [N, C, H, W] uint8, a tensor or an array; or a path, or paths
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Predictions:
    """What a network says of N images.

    Args:
        probabilities: [N, K], each row's sum is 1.
        columns: the K classes, in the order of the columns.
        files: the N image files; None where the images were arrays.
    """

    probabilities: Tensor
    columns: tuple[str, ...]
    files: tuple[Path, ...] | None = None

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def classes(self) -> tuple[str, ...]:
        """The likeliest class of each image."""
        return tuple(ranking[0][0] for ranking in self.rankings(1))

    def rankings(self, top: int = 3) -> list[tuple[tuple[str, float], ...]]:
        """Return (class, probability) of each image, the likeliest first.

        Args:
            top: how many classes to name, at most.

        Raises:
            UserError: top is below 1.
        """
        if top < 1:
            raise UserError(f"top must be at least 1, not {top}.")
        shares, order = self.probabilities.sort(dim=1, descending=True, stable=True)
        pairs = zip(order[:, :top].tolist(), shares[:, :top].tolist(), strict=True)
        return [tuple((self.columns[k], p) for k, p in zip(*each, strict=True)) for each in pairs]

    def to_dict(self, top: int = 3) -> dict[str, Any]:
        """Return name and ranking of each image, for ``--json``."""
        rankings = [
            [{"class": name, "probability": share} for name, share in ranking] for ranking in self.rankings(top)
        ]
        images = zip(self._names(), rankings, strict=True)
        return {"images": [{"path": name, "ranking": ranking} for name, ranking in images]}

    def to_csv(self, top: int = 3) -> str:
        """Return a table with a row an image: its file, or its number, then each rank's class and probability.

        Names that a spreadsheet would run begin with an apostrophe; ``to_dict`` has them as they are.
        """
        ranks = range(1, min(top, len(self.columns)) + 1)
        heads = [f"{word}_{rank}" for rank in ranks for word in ("class", "probability")]
        rows: list[list[object]] = [["file", *heads]]
        for name, ranking in zip(self._names(), self.rankings(top), strict=True):
            cells = [cell for label, share in ranking for cell in (label, f"{share:.6f}")]
            rows.append([name, *cells])
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([cell_text(str(cell)) for cell in row] for row in rows)
        return text.getvalue()

    def _names(self) -> list[str]:
        return [str(each) for each in self.files or range(len(self))]

    def __repr__(self) -> str:
        counts = Counter(self.classes).most_common(3)
        words = ", ".join(f"{count:,} {name[:40]}" for name, count in counts)
        return f"<{len(self):,} predictions: {words}{', ...' * (len(set(self.classes)) > 3)}>"


def predict(
    network: Network,
    images: Images,
    data: Mapping[str, Any],
    plan: Plan,
    note: Callable[[str], None] = lambda line: None,
) -> Predictions:
    """Return what a network says of images.

    Args:
        network: raw pixels [N, C, H, W] -> logits [N, K].
        images: [N, H, W] or [N, C, H, W] uint8, a tensor or an array; or the path of an image file or a
            folder, or several.
        data: the ``classes``, ``shape`` and ``style`` of what it was trained on.
        plan: how to execute.
        note: takes a line about each file of a folder that is no image that can be read.

    Raises:
        UserError: a path does not exist, or a folder holds no image.
        DataError: a file that was named by itself is no image, or pixels are no uint8.
        ShapeError: the images have another shape than those it was trained on.
    """
    channels, height, width = map(int, data["shape"])
    shape, files = (channels, height, width), None
    if hasattr(images, "shape"):
        pixels = _pixels(images, shape)
    else:
        paths = [images] if isinstance(images, str | Path) else images
        files, pixels = _pictures([Path(each) for each in paths], shape, data["style"], note)
    with plan.applied():
        logits = logits_of(network, pixels, plan)
    return Predictions(F.softmax(logits, dim=1), tuple(data["classes"]), files)


def _pixels(images: Any, shape: Shape) -> Tensor:
    """Return an array or tensor as [N, C, H, W] uint8."""
    pixels = images if isinstance(images, Tensor) else torch.from_numpy(np.array(images))
    if pixels.dtype != torch.uint8:
        came = str(pixels.dtype).removeprefix("torch.")
        raise DataError(f"The network takes raw pixels, uint8 from 0 to 255; {came} came.")
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    if tuple(pixels.shape[1:]) != shape or not len(pixels):
        raise ShapeError(
            f"The images are {list(images.shape)}; the network takes [N, {', '.join(map(str, shape))}]"
            f"{f' or [N, {shape[1]}, {shape[2]}]' * (shape[0] == 1)}, N at least 1."
        )
    return pixels


def _pictures(
    paths: Sequence[Path], shape: Shape, style: Literal["picture", "digit"], note: Callable[[str], None]
) -> tuple[tuple[Path, ...], Tensor]:
    """Return the files that are images, and what the network would have seen of each."""
    files, pictures, refused = [], [], []
    for path, named in _files(paths):
        try:
            picture = as_seen(read_picture(path), shape=shape, style=style, name=str(path))
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
    return tuple(files), torch.stack(pictures)


def _files(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Return every file with whether it was named by itself; hidden files of a folder are passed over."""
    found: list[tuple[Path, bool]] = []
    for path in paths:
        if path.is_dir():
            found += [(each, False) for each in sorted(files_below(path)) if each.is_file()]
        elif path.is_file():
            found.append((path, True))
        else:
            raise UserError(f"There is no file {path}.")
    return found
