"""An explanation's files, in ``RUN/explanation/``.

explanation.html     everything, in one file
weights-LAYER.png    kernels and weights
maps-IMAGE-LAYER.png feature maps of one layer for one image
image-IMAGE.png      an image with its occlusion and saliency maps and its neighbours
wrong-IMAGE.png      the same for each wrong image
explanation.json     every number, the hash of the weights, and what the report shows of it
label-errors.html    the most doubtful labels, which label-errors.png shows too; label-errors.csv ranks all
"""

import csv
import io
import re
from pathlib import Path

from ..data.dataset import Split
from ..evaluation import WrongImage
from ..explanation.findings import Explanation, ImageExplanation
from ..explanation.label_errors import LabelRanking
from ..explanation.subjects import Subject
from ..storage import write_durably
from .explanation_figure import subject_figure
from .explanation_page import explanation_document, label_errors_document
from .explanation_summary import PAGE, RECORD, explanation_json
from .explanation_tiles import maps_picture, weights_picture
from .figures import png_of, wrong_figure
from .pictures import png

SUSPECTS = "label-errors.html"
SHEET, TABLE = "label-errors.png", "label-errors.csv"
OURS = re.compile(r"explanation\.(html|json)|(weights|maps|image|wrong)-.+\.png")
NAME = 60  # characters of an image's name in a file's name


def write_explanation(explanation: Explanation, folder: Path) -> list[Path]:
    """Write the page, its pictures and its record, and return their paths, the page first and the record last.

    What an earlier explanation left is taken away, so that all files tell of the same images.

    Args:
        explanation: of a run.
        folder: where to write; is made where it is missing.

    Raises:
        OSError: the disk is full or read-only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if OURS.fullmatch(file.name):
            file.unlink()
    pictures = {
        f"weights-{_plain(each.layer)}": png(weights_picture(each)) for each in explanation.weights
    }
    for each in explanation.images:
        name = _stem(each.subject)
        pictures[f"image-{name}"] = png_of(subject_figure(each))
        pictures |= _maps(name, each)
    for each in explanation.wrong:
        pictures[f"wrong-{_stem(each.subject)}"] = png_of(subject_figure(each))
    written = [_write(folder / PAGE, explanation_document(explanation))]
    written += [_write(folder / f"{name}.png", data) for name, data in pictures.items()]
    # last: where the disk fills up before, a report shows nothing instead of half of it
    return [*written, _write(folder / RECORD, explanation_json(explanation))]


def _maps(name: str, image: ImageExplanation) -> dict[str, bytes]:
    return {
        f"maps-{name}-{_plain(layer)}": png(maps_picture(values))
        for layer, values in image.maps.items()
    }


def write_label_errors(
    ranking: LabelRanking, split: Split, folder: Path, title: str, most: int
) -> list[Path]:
    """Write page and sheet of the most doubtful labels and the table of all, and return their paths.

    Args:
        ranking: of a split's labels.
        split: its images.
        folder: where to write; is made where it is missing.
        title: model and data.
        most: how many the page shows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = [
        WrongImage(each.row, each.name, each.given, each.suggested, each.probability_suggested)
        for each in ranking.suspects(most)
    ]
    return [
        _write(folder / SUSPECTS, label_errors_document(ranking, split, title, most)),
        _write(folder / SHEET, png_of(wrong_figure(split, shown))),
        _write(folder / TABLE, label_errors_csv(ranking)),
    ]


def label_errors_csv(ranking: LabelRanking) -> str:
    """Return a row a label, the most doubtful first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ("rank", "row", "file", "label", "probability", "suggested", "probability_suggested")
    writer.writerow([*columns, "doubted"])
    for rank, each in enumerate(ranking.suspects(len(ranking.labels)), start=1):
        own, other = f"{each.probability_given:.6f}", f"{each.probability_suggested:.6f}"
        cells = (rank, each.row, each.name or "", each.given, own, each.suggested, other)
        writer.writerow([_encodable(str(cell)) for cell in (*cells, str(each.confident).lower())])
    return text.getvalue()


def _write(path: Path, content: str | bytes) -> Path:
    write_durably(path, content)
    return path


def _stem(subject: Subject) -> str:
    """Return what names an image's files: its row, which two files of one name do not share."""
    if subject.row is not None:
        return f"row-{subject.row}"
    return _plain(str(Path(subject.name).with_suffix("")))


def _plain(name: str) -> str:
    """Return a name with only what every file system takes; of a long one its end, which tells files apart."""
    return re.sub(r"[^\w.]+", "-", name, flags=re.ASCII).strip("-.")[-NAME:] or "image"


def _encodable(name: str) -> str:
    """Return a name that UTF-8 can spell: a folder's name may hold bytes that are no character."""
    return name.encode(errors="backslashreplace").decode()
