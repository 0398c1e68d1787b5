"""`steepest data`: what datasets there are, and how they come to this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from ..data.source import data_directory
from ..errors import printable
from ..verbs import data as verbs
from .options import AsJson, command, print_json, print_note

if TYPE_CHECKING:
    from ..data import Dataset
    from ..data.adding import Added

app = App(name="data", help="List, fetch, add and look at datasets.")

HEADINGS = ("name", "train", "test", "image", "classes", "state", "download")


@app.command(name="list")
@command(verbs.list_datasets)
def _list(rows: list[dict[str, Any]], *, data_dir: Path | None, json: AsJson = False) -> None:
    from ..content.text import aligned

    directory = data_directory(data_dir)
    if json:
        print_json("data list", {"data_dir": str(directory.absolute()), "datasets": rows})
        return
    print("\n".join(aligned([HEADINGS, *map(_cells, rows)], words=len(HEADINGS))))
    print_note(f"\nThe folder of data is {directory}.")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    size = row["download_bytes"]
    return (
        f"{row['name']}",
        f"{row['train']:,}",
        f"{row['test']:,}",
        "x".join(map(str, row["shape"])),
        f"{len(row['classes'])}",
        f"{row['state']}",
        f"{size / 1e6:.1f} MB" if size else "-",
    )


@app.command
@command(verbs.fetch, work=verbs.fetched)
def _fetch(answer: "tuple[list[str] | None, Dataset]", *, name: str, data_dir: Path | None) -> None:
    brought, dataset = answer
    if brought is None:
        print(f"{name} comes with steepest itself; there is nothing to fetch.")
        return
    what = f"{len(brought)} fetched" if brought else "all files were there"
    print(f"{dataset!r} is ready in {data_directory(data_dir)} ({what}).")


@app.command
@command(verbs.add, origin=Annotated[Path, Parameter(name="--from")])
def _add(files: "Added", *, name: str, unverified: bool, data_dir: Path | None) -> None:
    from ..data.loading import load

    if files.lacking:
        print(f"Added {', '.join(files.files)}.")
        print_note(f"Still needed: {', '.join(files.lacking)}.")
        return
    dataset = load(name, data_dir=data_dir, unverified=unverified)
    print(f"{dataset!r} is ready in {data_directory(data_dir)}.")
    _tell_notes(dataset)


@app.command
@command(verbs.show, split=Literal["train", "validation", "test"])
def _show(dataset: "Dataset", *, name: str, out: Path | None, split: str) -> None:
    _print_counts(dataset)
    _tell_notes(dataset)
    print(f"\nThe sheet is {out or verbs.sheet_path(name, split)}")


def _print_counts(dataset: "Dataset") -> None:
    counts = {
        kind: split.labels.bincount(minlength=len(dataset.classes)).tolist()
        for kind, split in dataset.splits.items()
    }
    labels = [printable(label) for label in dataset.classes]
    width = max(len("class"), len("total"), *map(len, labels))
    print("  ".join(["class".ljust(width), *(f"{kind:>10}" for kind in counts)]))
    for index, label in enumerate(labels):
        cells = (f"{each[index]:>10,}" for each in counts.values())
        print("  ".join([label.ljust(width), *cells]))
    print("  ".join(["total".ljust(width), *(f"{sum(each):>10,}" for each in counts.values())]))


def _tell_notes(dataset: "Dataset") -> None:
    for note in dataset.notes:
        print_note(f"Note: {note}")
