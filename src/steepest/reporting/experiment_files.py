"""A reproduction's files: the page, every picture beside it, and all numbers as JSON.

report.html        everything, in one file
result.json        every number, for other programs and for the documentation
pictures/          each plot and each sheet of images as a PNG file, drawings as SVG
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..experiments.content import Content, Contours, Curves, Figure, Images, Matrix, Network, Panels
from ..experiments.reproduction import Reproduction
from ..storage import write_durably
from .byhand_drawing import network_drawing
from .experiment_figures import (
    contours_figure,
    curves_figure,
    images_figure,
    matrix_figure,
    panels_figure,
)
from .experiment_page import experiment_page
from .figures import png_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

PAGE, RESULT, PICTURES = "report.html", "result.json", "pictures"
LONGEST = 60  # characters of a file's name
OURS = re.compile(r"\d{2}-[a-z0-9-]*\.(png|svg)")


def write_reproduction(done: Reproduction, folder: Path) -> list[Path]:
    """Write the page, the pictures and the numbers; return their paths, the page first.

    Pictures that an earlier reproduction left are taken away.

    Raises:
        OSError: the disk is full or read-only.
    """
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    for file in (folder / PICTURES).iterdir():
        if OURS.fullmatch(file.name):
            file.unlink()
    written = [_write(folder / PAGE, experiment_page(done))]
    written.append(_write(folder / RESULT, json.dumps(done.to_dict(), indent=1) + "\n"))
    contents = [content for section in done.sections for content in section.contents]
    number = 0
    for content in contents:
        for title, ending, file_bytes in _pictures(content):
            number += 1
            path = folder / PICTURES / f"{number:02d}-{plain(title)}.{ending}"
            written.append(_write(path, file_bytes))
    return written


def _pictures(content: Content) -> Iterator[tuple[str, str, bytes | str]]:
    if isinstance(content, Network):
        yield content.title, "svg", network_drawing(content.network, content.row) + "\n"
    elif not isinstance(content, Figure) and (picture := figure_of(content)) is not None:
        yield content.title, "png", png_of(picture)


def figure_of(content: Content) -> "Picture | None":
    """Return a content as a picture; None for words and numbers."""
    match content:
        case Curves():
            return curves_figure(content)
        case Panels():
            return panels_figure(content)
        case Contours():
            return contours_figure(content)
        case Images() if content.images:
            return images_figure(content)
        case Matrix():
            return matrix_figure(content)
    return None


def plain(title: str) -> str:
    """Return a title as part of a file's name.

    >>> plain("The ten columns of w, heavy ball 0.9")
    'the-ten-columns-of-w-heavy-ball-0-9'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower())[:LONGEST].strip("-")


def _write(path: Path, content: str | bytes) -> Path:
    write_durably(path, content)
    return path
