"""The page of a run, and its pictures beside it in the run directory.

report.html        what was asked, how it trained and how well, with what, and how to make it again; in one file
curves.png         loss and accuracy of every epoch
confusion.png      and confusion.csv: the confusion matrix
misclassified/     the surest wrong images, a file each, and all on sheet.png
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ...config import NONE, Config
from ...content.content import Cell, Content, Group, Item, Items, Page, Table, Text
from ...content.html import replaced
from ...content.plots import Curves, Line, Panels
from ...content.png import picture_file
from ...content.text import counted, duration, number, percent
from ...data.dataset import Split
from ...errors import SteepestError
from ...evaluation import Evaluation, WrongImage
from ...models import layer_table
from ...models.shapes import LayerTable
from ...runs.run import Run
from ...specification import is_file_class
from ...storage import alone_in, write_durably
from ...training.history import best_epoch
from ..commands import changed, exact_command, train_command, verb_command
from ..document import document, enlarged, pictures, plain, section, write_files
from ..explanation.summary import looks_at
from .evaluation import confusion, evaluation_sections, facts, headline, wrong_sheet

CAUTIONS = {
    "validation": "The kept weights were chosen on these images, so this accuracy is a little too high.",
    "train": "The network was trained on these images: this says nothing about images it has not seen.",
}
SERIES = (("train", "training"), ("val", "validation"))
Epochs = list[dict[str, float]]
REPORT, CURVES = "report.html", "curves.png"
CONFUSION = ("confusion.png", "confusion.csv")
FOLDER, SHEET = "misclassified", "sheet.png"
MOST = 100  # wrong images with a file of their own
ON_SHEET = 40  # wrong images on one sheet: five rows
NAME = 40  # characters of a class's name in a file's name
OURS = re.compile(r"report\.html|curves\.png|confusion\.(png|csv)")
WRONG = re.compile(r"\d{4}-true-.*-predicted-.*-row-\d+\.png|sheet\.png")


def run_page(run: Run, evaluation: Evaluation | None = None, split: Split | None = None) -> Page:
    """Return what stands in a run's report.

    Args:
        run: what was trained.
        evaluation: of one split; None where none was measured.
        split: its images, for the pictures of the wrong ones.
    """
    config = run.config
    described = f"Run {run.name}: {config.optimizer}, batches of {config.batch_size}, seed {config.seed}."
    told = [] if evaluation is None else [headline(evaluation)]
    measured = [] if evaluation is None else evaluation_sections(evaluation, split)
    numbers = () if evaluation is None else facts(evaluation)
    epochs = Item("epochs", f"{run.epochs_done} of {config.epochs}")
    time = Item("training time", duration(sum(row.get("seconds", 0.0) for row in run.metrics)))
    title, known = f"{config.model} on {config.data}", Items("", (*numbers, epochs, time), "facts")
    return Page(
        title,
        title,
        (Text("", (described,), "quiet"), *told, known, _notes(run, evaluation)),
        (
            section("Training", *training(run)),
            *measured,
            looks_at(run),
            section("Configuration", *configuration(run)),
            section("Network", *network(run)),
            section("Environment", *environment(run)),
            section("Make it again", *again(run, evaluation.split if evaluation else None)),
        ),
    )


def _notes(run: Run, evaluation: Evaluation | None) -> Text:
    """Return every sentence that must stand beside the numbers."""
    notes = list(run.environment["data"]["notes"])
    if not run.finished:
        command = verb_command("train --resume", run)
        notes.append(f"The training is not finished. Go on with `{command}`")
    if evaluation is not None:
        notes += [*evaluation.notes, CAUTIONS.get(evaluation.split, "")]
    if evaluation is None or evaluation.split != "test":
        command = verb_command("evaluate", run)
        notes.append(f"The test split is not in this report. Measure it with `{command}`")
    return Text("", tuple(filter(None, dict.fromkeys(notes))), "note")


def training(run: Run) -> list[Content | str]:
    """Return the curves, and the numbers behind them behind a fold."""
    rows = run.metrics
    if not rows:
        return ["No epoch is done yet."]
    best = best_epoch(rows)
    names = {"train": "training", "val": "validation", "lr": "learning rate"}
    headings = (" ".join(names.get(w, w) for w in key.split("_")) for key in rows[0])
    cells = tuple(tuple(epoch_cell(key, value) for key, value in row.items()) for row in rows)
    numbers = Table("Every epoch", tuple(headings), cells, words=1)
    said = Text("", (_kept(rows, best),), "quiet")
    return [training_panels(rows, best, "Training"), said, Group("Every epoch", (numbers,), True)]


def training_panels(rows: Epochs, best: int, title: str) -> Panels:
    """Return loss and accuracy of every epoch, side by side.

    Args:
        rows: of ``metrics.csv``, at least one.
        best: the epoch whose weights were kept.
        title: stands above both.
    """
    # where it is the last, the line's end says enough
    marks = () if best == len(rows) else ((float(best), f"kept: epoch {best}"),)
    epochs = tuple(row["epoch"] for row in rows)
    panels = []
    for key, name, label in (("loss", "Loss (nats)", "loss (nats)"), ("accuracy", "Accuracy", "accuracy")):
        lines = tuple(
            Line(said, epochs, tuple(row[f"{part}_{key}"] for row in rows), dashed=part == "val")
            for part, said in SERIES
            if f"{part}_{key}" in rows[0]
        )
        ends = value_range(key, [value for line in lines for value in line.y])
        panels.append(Curves(name, "epoch", label, lines, y_range=ends, marks=marks))
    return Panels(title, tuple(panels))


def value_range(key: str, values: list[float]) -> tuple[float, float]:
    """Return the ends of the y axis: a loss begins at zero, an accuracy a little below its least.

    >>> value_range("loss", [2.0, 1.0])
    (0.0, 2.1)
    """
    if key == "loss":
        return 0.0, 1.05 * max(values) or 1.0
    # at least 2 % high, so that a few images' difference does not look like a change
    low = max(0.0, min(min(values) - 0.02, 0.98))
    return low, min(1.0, max(max(values) + 0.01, low + 0.02))


def _kept(rows: Epochs, best: int) -> str:
    said = f"The weights of epoch {best} were kept: "
    if "val_accuracy" not in rows[-1]:
        return said + "the last, since there was no validation split."
    return said + "the most accurate on the validation split."


def epoch_cell(key: str, value: float) -> str:
    """Return one number of an epoch's row, spelled by what it is.

    >>> epoch_cell("epoch", 3.0), epoch_cell("val_accuracy", 0.5), epoch_cell("lr", 0.001)
    ('3', '50.00%', '0.001')
    """
    if key.endswith("accuracy"):
        return percent(value)
    if key.endswith("loss"):
        return number(value)
    return f"{value:.1f}" if key == "seconds" else f"{value:.6g}"


def configuration(run: Run) -> list[Content | str]:
    """Return what differs from the defaults, and every value behind a fold."""
    config = run.config
    meanings = {name: each.metadata["help"] for name, each in Config.__dataclass_fields__.items()}
    differing = {"model": config.model, "data": config.data, **changed(config)}
    every = tuple((key, spelled(value), meanings[key]) for key, value in config.to_dict().items())
    first = tuple((key, spelled(value), meanings[key]) for key, value in differing.items())
    columns, title = ("setting", "value", "meaning"), f"All {len(every)} settings"
    return [
        "Model, data, and every setting that differs from its default.",
        Table("Configuration", columns, first, words=3),
        Group(title, (Table(title, columns, every, words=3),), folded=True),
    ]


def spelled(value: object) -> str:
    """Return a setting's value as a config file spells it.

    >>> spelled(None), spelled(True), spelled(0.001), spelled("")
    ('none', 'true', '0.001', '""')
    """
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'


def network(run: Run) -> list[Content | str]:
    """Return the table of layers; of a user's own class, the table of its tensors."""
    data = run.environment["data"]
    if is_file_class(run.config.model):
        return _tensors(run)
    channels, height, width = data["shape"]
    return layers(layer_table(run.config.model, (channels, height, width), len(data["classes"])))


def layers(found: LayerTable) -> list[Content | str]:
    """Return a network's notation, and a row a layer: its size, its parameters and its work."""
    rows: list[tuple[Cell, ...]] = []
    for row in found.rows:
        size, sees = _by(row.output_shape), _by(row.receptive_field)
        rows.append((row.name, row.kind, row.token, size, row.parameters, row.multiply_adds, sees))
    rows.append(("total", "", "", "", found.parameters, found.multiply_adds, ""))
    headings = ("layer", "kind", "notation", "output", "parameters", "multiply-adds", "sees")
    return [
        f"Notation `{found.notation}`, on images {_by(found.input_shape)}.",
        Table("Network", headings, tuple(rows), words=3, style="total", code=frozenset({2})),
    ]


def _tensors(run: Run) -> list[Content | str]:
    try:
        tensors = run.weights()
    except SteepestError as error:
        return [str(error)]
    rows = tuple((name, _by(each.shape), each.numel()) for name, each in tensors.items())
    said = f"A class of the user's own: `{run.config.model}`."
    return [said, Table("Network", ("tensor", "shape", "numbers"), rows, words=1)]


def _by(shape: Iterable[int]) -> str:
    return " × ".join(f"{side:,}" for side in shape)


def environment(run: Run) -> list[Content | str]:
    """Return versions, processor, plan and data hashes."""
    record = run.environment
    packages = ((name, version or "missing") for name, version in record.get("packages", {}).items())
    plan = ", ".join(f"{key} {spelled(value)}" for key, value in record["plan"].items())
    told = (record.get("processor"), counted(record.get("cores", 1), "core"), record.get("cpu_capability"))
    named = {"python": record.get("python"), "processor": ", ".join(filter(None, told))}
    machine = tuple((name, value or "") for name, value in {**named, "system": record.get("platform")}.items())
    hashes = tuple((f"{kind} images", sha) for kind, sha in record["data"]["hashes"].items())
    code = frozenset({1})
    return [
        Table("Environment", ("what", "which"), (*machine, ("plan", plan), *packages), words=2),
        "SHA-256 of the data, pixels and labels together:",
        Table("Environment", ("split", "SHA-256"), hashes, words=2, code=code),
    ]


def again(run: Run, split: str | None) -> list[Content | str]:
    """Return the commands that make the run, its numbers and its report, on ``split`` if on any, again."""
    measured = [] if split is None else [verb_command("evaluate", run, f"--split {split}")]
    said = "With the same torch, the same processor capability and the same plan, this gives the same bytes:"
    return [
        Text("", (train_command(run.config), *measured), "command"),
        said,
        Text("", (exact_command(run),), "command"),
    ]


def write_report(run: Run, evaluation: Evaluation | None, split: Split | None) -> list[Path]:
    """Write the report and its pictures, and return their paths, the report first.

    What an earlier report left is taken away, so that all files tell of the same evaluation.

    Args:
        run: where to write.
        evaluation: of one split; None reports the training alone.
        split: the images it was measured on; None leaves the pictures of wrong images out.

    Raises:
        OSError: the disk is full or read-only.
    """
    folder, files = run.path / FOLDER, list(_wrong_files(evaluation, split))
    with alone_in(run.path):
        (run.path / REPORT).unlink(missing_ok=True)
        wrong = []
        if files or folder.is_dir():
            wrong = write_files(folder, files, WRONG)
            if not any(folder.iterdir()):
                folder.rmdir()
        *others, report = write_files(run.path, _files(run, evaluation, split), OURS)
    return [report, *others, *wrong]


def is_reported(run: Run) -> bool:
    """Say whether a run of at least one epoch has its pages, those of its validation split if it has one.

    The report is written last: where it is, whoever wrote it was not killed on the way.
    """
    needed = (REPORT, CURVES, *(CONFUSION if "val_accuracy" in run.metrics[-1] else ()))
    return all((run.path / name).is_file() for name in needed)


def _files(run: Run, evaluation: Evaluation | None, split: Split | None) -> Iterator[tuple[str, Content | str]]:
    if rows := run.metrics:
        title = f"{run.config.model} on {run.config.data}"
        yield CURVES, training_panels(rows, best_epoch(rows), title)
    if evaluation is not None:
        title = f"{evaluation.split}: accuracy {percent(evaluation.accuracy)}"
        matrix = replace(confusion(evaluation), title=title)
        yield from ((name, matrix) for name in CONFUSION)
    yield REPORT, document(run_page(run, evaluation, split))


def _wrong_files(evaluation: Evaluation | None, split: Split | None) -> Iterator[tuple[str, Content | bytes]]:
    wrong = evaluation.wrong_images(MOST) if evaluation and split else []
    if split is None or not wrong:
        return
    yield SHEET, wrong_sheet(split, wrong[:ON_SHEET])
    shown = pictures(split, [each.row for each in wrong])
    for rank, (each, picture) in enumerate(zip(wrong, shown, strict=True), start=1):
        yield file_name(rank, each), picture_file(enlarged(picture))


def show_explanation(run: Run) -> Path | None:
    """Put the run's present explanation into its report, all else as it was, and return the report's path.

    Returns:
        None where there is no report, or one of an older steepest without a place for it: write a new one.
    """
    path = run.path / REPORT
    with alone_in(run.path):
        text = replaced(path.read_text(encoding="utf-8"), looks_at(run)) if path.is_file() else None
        if text is None:
            return None
        write_durably(path, text)
    return path


def file_name(rank: int, wrong: WrongImage) -> str:
    """Return the name of a wrong image's file.

    >>> file_name(1, WrongImage(123, None, "4", "hot air/balloon", 0.9))
    '0001-true-4-predicted-hot-air-balloon-row-123.png'
    """
    true, predicted = (plain(each, "class")[:NAME] for each in (wrong.true, wrong.predicted))
    return f"{rank:04d}-true-{true}-predicted-{predicted}-row-{wrong.row}.png"
