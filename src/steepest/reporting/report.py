"""A run's report and its pictures, written into the run directory.

report.html        everything, in one file
curves.png         loss and accuracy of every epoch
confusion.png      and confusion.csv: the confusion matrix
misclassified/     the surest wrong images, a file each, and all on sheet.png
"""

import csv
import io
import re
from pathlib import Path

from ..data.dataset import Split
from ..evaluation import Evaluation, WrongImage
from ..history import best_epoch
from ..runs import Run
from ..storage import write_durably
from .document import document, with_explanation
from .figures import confusion_figure, curves_figure, png_of, wrong_figure
from .pictures import enlarged, pictures, png

REPORT, CURVES = "report.html", "curves.png"
CONFUSION = ("confusion.png", "confusion.csv")
FOLDER, SHEET = "misclassified", "sheet.png"
MOST = 100  # wrong images with a file of their own
ON_SHEET = 40  # wrong images on one sheet: five rows
NAME = 40  # characters of a class's name in a file's name
OURS = re.compile(r"\d{4}-true-.*-predicted-.*-row-\d+\.png|sheet\.png")


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
    _clear(run.path)
    written = [_write(run.path / REPORT, document(run, evaluation, split))]
    if rows := run.metrics:
        title = f"{run.config.model} on {run.config.data}"
        figure = curves_figure(rows, best_epoch(rows), title)
        written.append(_write(run.path / CURVES, png_of(figure)))
    if evaluation is not None:
        written.append(_write(run.path / CONFUSION[0], png_of(confusion_figure(evaluation))))
        written.append(_write(run.path / CONFUSION[1], confusion_csv(evaluation)))
        if split is not None:
            written += _write_wrong(run.path / FOLDER, evaluation, split)
    return written


def show_explanation(run: Run) -> Path | None:
    """Put the run's present explanation into its report, all else as it was, and return the report's path.

    Returns:
        None where there is no report, or one of an older steepest without a place for it: write a new one.
    """
    path = run.path / REPORT
    text = with_explanation(path.read_text(encoding="utf-8"), run) if path.is_file() else None
    return None if text is None else _write(path, text)


def confusion_csv(evaluation: Evaluation) -> str:
    """Return the confusion matrix as a table: a row a true class, a column a predicted one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["true \\ predicted", *map(_encodable, evaluation.classes)])
    for name, counts in zip(evaluation.classes, evaluation.confusion.tolist(), strict=True):
        writer.writerow([_encodable(name), *counts])
    return text.getvalue()


def file_name(rank: int, wrong: WrongImage) -> str:
    """Return the name of a wrong image's file.

    >>> file_name(1, WrongImage(123, None, "4", "hot air/balloon", 0.9))
    '0001-true-4-predicted-hot-air-balloon-row-123.png'
    """
    return f"{rank:04d}-true-{_plain(wrong.true)}-predicted-{_plain(wrong.predicted)}-row-{wrong.row}.png"


def _write_wrong(folder: Path, evaluation: Evaluation, split: Split) -> list[Path]:
    wrong = evaluation.wrong_images(MOST)
    if not wrong:
        return []
    folder.mkdir(exist_ok=True)
    written = [_write(folder / SHEET, png_of(wrong_figure(split, wrong[:ON_SHEET])))]
    shown = pictures(split, [each.row for each in wrong])
    for rank, (each, picture) in enumerate(zip(wrong, shown, strict=True), start=1):
        written.append(_write(folder / file_name(rank, each), png(enlarged(picture))))
    return written


def _clear(path: Path) -> None:
    for name in (REPORT, CURVES, *CONFUSION):
        (path / name).unlink(missing_ok=True)
    folder = path / FOLDER
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        if OURS.fullmatch(file.name):
            file.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def _write(path: Path, content: str | bytes) -> Path:
    write_durably(path, content)
    return path


def _plain(name: str) -> str:
    """Return a class's name with only what every file system takes."""
    return re.sub(r"[^\w.]+", "-", name, flags=re.ASCII).strip("-.")[:NAME] or "class"


def _encodable(name: str) -> str:
    """Return a name that UTF-8 can spell: a folder's name may hold bytes that are no character."""
    return name.encode(errors="backslashreplace").decode()
