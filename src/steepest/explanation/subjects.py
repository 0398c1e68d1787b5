"""Which images to explain: rows of a split, file names in it, and picture files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from torch import Tensor

from ..data import Dataset, Split
from ..data.decoding import as_seen, read_picture
from ..errors import UserError


@dataclass(frozen=True)
class Subject:
    """One image to explain.

    Args:
        image: [C, H, W] raw pixels, as the network takes them.
        name: its file, or ``row 5``.
        row: its place in the split; None for a picture file.
        label: the index of its class; None where nobody says.
    """

    image: Tensor
    name: str
    row: int | None = None
    label: int | None = None


def choose_subjects(asked: Sequence[str], dataset: Dataset, kind: str) -> list[Subject]:
    """Return the images asked for, in the order asked.

    Args:
        asked: each a row number, a file's name in the split or its end, or the path of a picture; or several of
            them with commas between.
        dataset: where they are.
        kind: which split rows and names belong to.

    Raises:
        UserError: one is none of these; the line says what is possible.
    """
    split = dataset.splits[kind]
    return [_subject(each, dataset, split, kind) for text in asked for each in _parts(text, split)]


def subject_of(split: Split, row: int) -> Subject:
    """Return one image of a split."""
    name = f"row {row}" if split.names is None else split.names[row]
    return Subject(split.images[row], name, row, int(split.labels[row]))


def _parts(text: str, split: Split) -> list[str]:
    """Return the images that a text names: a file's own name may hold a comma."""
    if text in (split.names or ()) or Path(text).is_file():
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def _subject(text: str, dataset: Dataset, split: Split, kind: str) -> Subject:
    if re.fullmatch(r"[0-9]{1,18}", text):
        return _row(int(text), split, kind)
    if row := _named(text, split, kind):
        return subject_of(split, row[0])
    path = Path(text)
    if path.is_file():
        picture = read_picture(path)
        seen = as_seen(picture, shape=dataset.shape, style=dataset.style, name=text)
        return Subject(seen.to(split.images.dtype), text)
    near = get_close_matches(text, split.names or (), n=2)
    advice = f" Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""
    raise UserError(
        f"`{text}` is no row of the {kind} split (0 to {len(split) - 1:,}), no file name in it, and no picture "
        f"file.{advice}"
    )


def _row(row: int, split: Split, kind: str) -> Subject:
    if row >= len(split):
        raise UserError(
            f"The {kind} split has {len(split):,} images, rows 0 to {len(split) - 1:,}; there is no row {row:,}."
        )
    return subject_of(split, row)


def _named(text: str, split: Split, kind: str) -> list[int]:
    """Return the row whose file is called so, or ends so: empty where there is none."""
    names = split.names or ()
    if text in names:
        return [names.index(text)]
    rows = [row for row, name in enumerate(names) if name.endswith(f"/{text}")]
    if len(rows) > 1:
        raise UserError(
            f"{len(rows)} files of the {kind} split end with `{text}`, such as {names[rows[0]]} and "
            f"{names[rows[1]]}. Give more of the path."
        )
    return rows
