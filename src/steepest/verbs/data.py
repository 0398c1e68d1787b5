"""``data``: what datasets there are, how they come to this machine, and a sheet of one's samples."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.source import Source, data_directory, state_of
from ..data.table import TABLE, find
from ..errors import UserError, find_name
from ..specification import at_home
from .settings import path_or_none, takes

if TYPE_CHECKING:
    from ..data import Dataset
    from ..data.adding import Added

Place = Path | str | None


@takes(kinds=False)
def list_datasets(data_dir: Place = None) -> list[dict[str, Any]]:
    """Show the datasets known by name, and which of them are on this machine.

    Example: `steepest data list`

    Args:
        data_dir: The folder of data; None takes STEEPEST_DATA, else the platform's cache folder.

    Returns:
        what is known of each.
    """
    directory = data_directory(path_or_none(data_dir))
    return [_row(source, directory) for source in TABLE.values()]


def _row(source: Source, directory: Path) -> dict[str, Any]:
    told = ("name", "title", "train", "test", "homepage", "licence", "download_bytes")
    return {
        **{name: getattr(source, name) for name in told},
        "shape": list(source.shape),
        "classes": list(source.classes),
        "state": state_of(source, directory),
    }


@takes(kinds=False)
def fetch(name: str, *, data_dir: Place = None, note: Callable[[str], None] = lambda line: None) -> "Dataset":
    """Download a dataset from its mirrors, check it, and decode it.

    Example: `steepest data fetch mnist`, or `steepest data fetch "quickdraw:cat,hot air balloon"`

    Args:
        name: The dataset's name.
        data_dir: Where to put it; None takes STEEPEST_DATA, else the platform's cache folder.
        note: takes a line about each file.

    Raises:
        MissingDataset: no mirror has it; the message lists the ways out.
    """
    return fetched(name, data_dir=data_dir, note=note)[1]


def fetched(name: str, *, data_dir: Place, note: Callable[[str], None]) -> "tuple[list[str] | None, Dataset]":
    """Fetch a dataset; return the names of the files that were not there, None where it is embedded, and it."""
    from ..data import load
    from ..data.fetching import fetch as bring

    source, brought = find(name), None
    if source.form != "embedded":
        brought = [*map(str, bring(source, data_directory(path_or_none(data_dir)), report=note))]
    return brought, load(name, data_dir=data_dir)


@takes(kinds=False)
def add(name: str, origin: Path | str, *, unverified: bool = False, data_dir: Place = None) -> "Added":
    """Take a dataset's published files from a disk or stick, with the same checks as a download.

    Example: `steepest data add cifar10 --from /media/stick/cifar-10-binary.tar.gz`

    Args:
        name: The dataset's name.
        origin: A folder with the publisher's files, or one of them: compressed, unpacked, or an archive.
        unverified: Take files that do not have the published hash; every run on them will say so.
        data_dir: Where to put them; None takes STEEPEST_DATA, else the platform's cache folder.

    Returns:
        which files came and which are still needed.

    Raises:
        IntegrityError: a file does not have the published hash.
    """
    from ..data.adding import add as take

    return take(find(name), Path(origin), data_directory(path_or_none(data_dir)), unverified=unverified)


@takes(kinds=False)
def show(
    name: str,
    *,
    out: Place = None,
    split: str = "train",
    samples: int = 32,
    seed: int = 0,
    unverified: bool = False,
    data_dir: Place = None,
) -> "Dataset":
    """Draw a sheet of sample images with their labels, and count the images of each class.

    Example: `steepest data show mnist5k --out digits.png`

    Args:
        name: A dataset's name, or a path to a folder of images.
        out: The PNG file; by default the name and the split, in this folder.
        split: Which of its images.
        samples: How many of them, spread evenly over the classes.
        seed: Another seed draws other samples.
        unverified: Take files that do not have the published hash.
        data_dir: The folder of data; None takes STEEPEST_DATA, else the platform's cache folder.

    Raises:
        UserError: there is no such split, or the sheet cannot be written.
    """
    from ..content.png import png_of
    from ..data import load
    from ..data.batches import spread
    from ..pages.document import sheet
    from ..randomness import generator

    if samples < 1:
        raise UserError(f"A sheet needs one sample or more; samples was {samples}.")
    dataset = load(name, data_dir=data_dir, unverified=unverified)
    if split not in dataset.splits:
        split = find_name("split", split, ("train", "validation", "test"))
    if split not in dataset.splits:
        has = ", ".join(dataset.splits)
        raise UserError(f"{dataset.name} has no {split} split. It has: {has}.")
    chosen = spread(dataset.splits[split], samples, generator(seed, "sheet of samples"))
    path = path_or_none(out) or sheet_path(name, split)
    shown = sheet(chosen, dataset.classes, f"{dataset.name}, {split}: {len(chosen)} samples")
    try:
        path.write_bytes(png_of(shown) or b"")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    return dataset


def sheet_path(name: str, split: str) -> Path:
    """Return where a sheet lies that was given no place: a dataset's name, or a folder's, and the split.

    >>> sheet_path("quickdraw:cat,dog", "test").name
    'quickdraw-cat-dog-test.png'
    """
    last = at_home(name).resolve().name if "/" in name or "\\" in name else name
    short = re.sub(r"[^\w.-]+", "-", last).strip("-.") or "dataset"
    return Path(f"{short}-{split}.png")
