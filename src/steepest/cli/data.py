"""`steepest data`: what datasets there are, and how they come to this machine."""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from ..data import Dataset
    from ..data.source import Source

app = App(name="data", help="List, fetch, add and look at datasets.")

DataDir = Annotated[Path | None, Parameter(name="--data-dir")]

HEADINGS = ("name", "train", "test", "image", "classes", "state", "download")


@app.command(name="list")
def list_datasets(
    *,
    data_dir: DataDir = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Show the datasets known by name, and which of them are on this machine.

    Example: `steepest data list`

    Args:
        data_dir: The folder of data; without it STEEPEST_DATA, else the platform's cache folder.
        as_json: Print one JSON object instead of the table.
    """
    from ..data.location import data_directory
    from ..data.table import TABLE

    directory = data_directory(data_dir)
    rows = [_row(source, directory) for source in TABLE.values()]
    if as_json:
        print(json.dumps({"data_dir": str(directory), "datasets": rows}, indent=2))
        return
    lines = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    print(f"\nThe folder of data is {directory}.", file=sys.stderr)


def _row(source: "Source", directory: Path) -> dict[str, object]:
    from ..data.presence import state_of

    return {
        "name": source.name,
        "title": source.title,
        "train": source.train,
        "test": source.test,
        "shape": list(source.shape),
        "classes": list(source.classes),
        "state": state_of(source, directory),
        "download_bytes": source.download_bytes,
        "homepage": source.homepage,
        "licence": source.licence,
    }


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    shape, classes, size = row["shape"], row["classes"], row["download_bytes"]
    assert isinstance(shape, list)
    assert isinstance(classes, list)
    assert isinstance(size, int)
    return (
        f"{row['name']}",
        f"{row['train']:,}",
        f"{row['test']:,}",
        "x".join(map(str, shape)),
        f"{len(classes)}",
        f"{row['state']}",
        f"{size / 1e6:.1f} MB" if size else "-",
    )


@app.command
def fetch(name: str, /, *, data_dir: DataDir = None) -> None:
    """Download a dataset from its mirrors, check it, and decode it.

    Example: `steepest data fetch mnist`, or `steepest data fetch "quickdraw:cat,hot air balloon"`

    Args:
        name: The dataset's name.
        data_dir: Where to put it; without it STEEPEST_DATA, else the platform's cache folder.
    """
    from ..data.fetching import fetch as bring
    from ..data.loading import load
    from ..data.location import data_directory
    from ..data.table import find

    source, directory = find(name), data_directory(data_dir)
    if source.form == "embedded":
        print(f"{source.name} comes with steepest itself; there is nothing to fetch.")
        return
    brought = bring(source, directory, report=lambda line: print(line, file=sys.stderr))
    dataset = load(name, data_dir=directory)
    what = f"{len(brought)} fetched" if brought else "all files were there"
    print(f"{dataset!r} is ready in {directory} ({what}).")


@app.command
def add(
    name: str,
    /,
    *,
    origin: Annotated[Path, Parameter(name="--from")],
    unverified: Annotated[bool, Parameter(negative="")] = False,
    data_dir: DataDir = None,
) -> None:
    """Take a dataset's published files from a disk or stick, with the same checks as a download.

    Example: `steepest data add cifar10 --from /media/stick/cifar-10-binary.tar.gz`

    Args:
        name: The dataset's name.
        origin: A folder with the publisher's files, or one of them: compressed, unpacked, or an archive.
        unverified: Take files that do not have the published hash; every run on them will say so.
        data_dir: Where to put them; without it STEEPEST_DATA, else the platform's cache folder.
    """
    from ..data.adding import add as take
    from ..data.loading import load
    from ..data.location import data_directory
    from ..data.table import find

    source, directory = find(name), data_directory(data_dir)
    added = take(source, origin, directory, unverified=unverified)
    if added.lacking:
        print(f"Added {', '.join(added.files)}.")
        print(f"Still needed: {', '.join(added.lacking)}.", file=sys.stderr)
        return
    dataset = load(name, data_dir=directory, unverified=unverified)
    print(f"{dataset!r} is ready in {directory}.")
    _tell_notes(dataset)


@app.command
def show(
    name: str,
    /,
    *,
    out: Path | None = None,
    split: Literal["train", "validation", "test"] = "train",
    samples: int = 32,
    seed: int = 0,
    unverified: Annotated[bool, Parameter(negative="")] = False,
    data_dir: DataDir = None,
) -> None:
    """Draw a sheet of sample images with their labels, and count the images of each class.

    Example: `steepest data show mnist5k --out digits.png`

    Args:
        name: A dataset's name, or a path to a folder of images.
        out: The PNG file to write; without it the name and the split, in this folder.
        split: Which images.
        samples: How many of them, spread evenly over the classes.
        seed: Another seed draws other samples.
        unverified: Take files that do not have the published hash.
        data_dir: The folder of data; without it STEEPEST_DATA, else the platform's cache folder.
    """
    from ..data.loading import load
    from ..data.sampling import spread
    from ..errors import UserError
    from ..randomness import generator
    from ..reporting.sheet import sheet

    if samples < 1:
        raise UserError(f"A sheet needs one sample or more; --samples was {samples}.")
    dataset = load(name, data_dir=data_dir, unverified=unverified)
    if split not in dataset.splits:
        raise UserError(
            f"{dataset.name} has no {split} split. It has: {', '.join(dataset.splits)}."
        )
    chosen = spread(dataset.splits[split], samples, generator(seed, "sheet of samples"))
    path = out or Path(f"{_file_name(name)}-{split}.png")
    figure = sheet(chosen, dataset.classes, f"{dataset.name}, {split}: {len(chosen)} samples")
    try:
        figure.savefig(path, format="png", dpi=120)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    _print_counts(dataset)
    _tell_notes(dataset)
    print(f"\nThe sheet is {path}")


def _file_name(name: str) -> str:
    """Return a dataset's name, or a folder's, as the beginning of a file's name."""
    last = Path(name).expanduser().resolve().name if "/" in name or "\\" in name else name
    return re.sub(r"[^\w.-]+", "-", last).strip("-.") or "dataset"


def _print_counts(dataset: "Dataset") -> None:
    counts = {
        kind: split.labels.bincount(minlength=len(dataset.classes)).tolist()
        for kind, split in dataset.splits.items()
    }
    width = max(len("class"), len("total"), *map(len, dataset.classes))
    print("  ".join(["class".ljust(width), *(f"{kind:>10}" for kind in counts)]))
    for index, label in enumerate(dataset.classes):
        cells = (f"{each[index]:>10,}" for each in counts.values())
        print("  ".join([label.ljust(width), *cells]))
    print("  ".join(["total".ljust(width), *(f"{sum(each):>10,}" for each in counts.values())]))


def _tell_notes(dataset: "Dataset") -> None:
    for note in dataset.notes:
        print(f"Note: {note}", file=sys.stderr)
