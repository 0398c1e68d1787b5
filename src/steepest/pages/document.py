"""Pages and their contents as files, and the pictures of a split that stand on them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..content.content import Content, Images, Matrix, Page, Section, Table, Text
from ..content.html import page_html
from ..content.png import png_of
from ..content.text import csv_of
from ..storage import write_durably

if TYPE_CHECKING:
    from ..data.dataset import Split

SMALL = 64  # pixels: up to here an image is enlarged, so that its pixels can be seen
ENLARGED = 4


def document(page: Page) -> str:
    """Return a page as an HTML file that names its maker."""
    from ..runs.environment import package_version  # which loads torch

    return page_html(page, f"Made by steepest {package_version('steepest') or ''}".rstrip())


def write_files(
    folder: Path, files: Iterable[tuple[str, Content | str | bytes]], ours: re.Pattern[str]
) -> list[Path]:
    """Write files into a folder that is made where it is missing, and return their paths.

    Args:
        folder: where; files of ours that an earlier call left there are taken away.
        files: names with what stands in them; a table or matrix becomes CSV where its name says so, any other
            content a PNG file, unless there is nothing to draw.
        ours: the names of all files that such a call may leave.

    Raises:
        OSError: the disk is full or read-only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if ours.fullmatch(old.name):
            old.unlink(missing_ok=True)  # another process may write the same pages
    written = []
    for name, what in files:
        if isinstance(what, Table | Matrix) and name.endswith(".csv"):
            made: str | bytes | None = csv_of(what)
        else:
            made = what if isinstance(what, str | bytes) else png_of(what)
        if made is not None:
            write_durably(folder / name, made)
            written.append(folder / name)
    return written


def plain(name: str, otherwise: str) -> str:
    """Return a name with only what every file system takes.

    >>> plain("../../etc/passwd", "class"), plain("猫", "class")
    ('etc-passwd', 'class')
    """
    return re.sub(r"[^\w.]+", "-", name, flags=re.ASCII).strip("-.") or otherwise


def section(title: str, *contents: object) -> Section:
    """Return a part of a page; words become a paragraph."""
    return Section(title, tuple(Text("", (e,)) if isinstance(e, str) else e for e in contents))  # type: ignore[misc]


def drawable(split: "Split") -> list[NDArray[np.float32]]:
    """Return each image as [H, W] grey or [H, W, 3] colour, with values in [0, 1].

    Images of unsigned bytes are divided by 255; others are stretched from their least to their greatest
    value. Of images with two channels, or with more than three, the first is drawn.
    """
    images = split.images.permute(0, 2, 3, 1).numpy().astype(np.float32)
    if split.images.is_floating_point():
        low, high = images.min(), images.max()
        images = (images - low) / max(high - low, np.finfo(np.float32).tiny)
    else:
        images /= 255
    return list(images if images.shape[-1] == 3 else images[..., 0])


def pictures(split: "Split", rows: Sequence[int]) -> list[NDArray[np.uint8]]:
    """Return the images at these rows as bytes, [H, W] or [H, W, 3]."""
    import torch

    shown = drawable(split.take(torch.tensor(rows))) if rows else []
    return [np.rint(each * 255).astype(np.uint8) for each in shown]


def enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a small picture four times as large, each pixel a block; a larger one as it is."""
    if max(picture.shape[:2]) > SMALL:
        return picture
    return picture.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)


def sheet(split: "Split", classes: Sequence[str], title: str) -> Images:
    """Return all of a split's few images, in its order, each under its label: the first look at a dataset.

    ``steepest.data.batches.spread`` chooses some of many; the K classes stand in label order.
    """
    labels = tuple(classes[label] for label in split.labels.tolist())
    return Images(title, tuple(pictures(split, range(len(split)))), labels)
