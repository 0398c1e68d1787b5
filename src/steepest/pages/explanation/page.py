"""The pages of an explanation and of likely label errors, with their pictures, in ``RUN/explanation/``.

explanation.html     everything, in one file
weights-LAYER.png    kernels and weights
maps-IMAGE-LAYER.png feature maps of one layer for one image
image-IMAGE.png      an image with its occlusion and saliency maps and its neighbours
wrong-IMAGE.png      the same for each wrong image
explanation.json     every number, the hash of the weights, and what the report shows of it
label-errors.html    the most doubtful labels, which label-errors.png shows too; label-errors.csv ranks all
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ...content.content import Content, Group, Images, Item, Items, Page, Share, Table, Text
from ...content.png import picture_file
from ...content.text import csv_text, percent
from ...data.dataset import Split
from ...evaluation import WrongImage
from ...explanation.findings import Explanation, ImageExplanation
from ...explanation.label_errors import LabelRanking
from ...explanation.subjects import Subject
from ...storage import alone_in
from ..document import document, plain, section, write_files
from ..run.evaluation import wrong_sheet
from .summary import PAGE, RECORD, View, asked_card, explanation_json, views, weights_view, wrong_card
from .tiles import image_picture, maps_picture, weights_picture
from .words import label_errors_summary, maps_caption, missed, verdict

SHOWN_ALIKE = 8  # nearest training images drawn for each image
SUSPECTS = "label-errors.html"
SHEET, TABLE = "label-errors.png", "label-errors.csv"
DOUBTED = re.compile(r"label-errors\.(html|png|csv)")
OURS = re.compile(r"explanation\.(html|json)|(weights|maps|image|wrong)-.+\.png")
NAME = 60  # characters of an image's name in a file's name
COLUMNS, MOST_VIEWS = 4, 8  # of an image's picture
READING = {
    "Feature maps": "What a layer gives for one image. Bright is large, black is 0; where a layer also gives "
    "values below 0, red is above 0, blue below, white is 0. One scale for all maps of a layer.",
    "Weights": "What a layer multiplies its inputs with: red adds, blue takes away, white ignores.",
    "Occlusion": "A square, a fifth of the image wide, in the background's colour slides over the image. Red: "
    "hidden there, the predicted class loses probability, so that part speaks for it. Blue: it gains.",
    "Saliency": "How strongly the predicted class's logit answers to a small change of each pixel. It says where "
    "the network is sensitive, not in which direction.",
    "Alike": "The training images whose values before the last layer, less their mean over all training images, "
    "point in the most similar direction: the cosine is 1 where they agree.",
}


def explanation_page(explanation: Explanation) -> Page:
    """Return what stands on an explanation's page."""
    captum = explanation.images[0].occlusion is not None
    meanings = tuple(
        Item(key, said) for key, said in READING.items() if captum or key not in ("Occlusion", "Saliency")
    )
    weights = [weights_view(each).shown("mosaic") for each in explanation.weights]
    wrong = (wrong_card(each).shown() for each in explanation.wrong)
    title, nothing = f"{explanation.title}, taken apart", "No layer has a matrix of weights."
    about = f"Run {explanation.run.resolve().name}, {explanation.split} split."
    return Page(
        title,
        title,
        (Text("", (about,), "quiet"), Text("", explanation.notes, "note")),
        (
            section("Images", *map(_asked, explanation.images)),
            section("Wrong images", missed(explanation), *wrong),
            section("Weights", *weights, *[nothing] * (not weights)),
            section("How to read it", Items("", meanings)),
        ),
    )


def label_errors_page(ranking: LabelRanking, split: Split, title: str, most: int) -> Page:
    """Return what stands on the page of likely label errors, at ``most`` so many, under model and data's title."""
    how = (
        "Under each image: its label, and what the networks see instead, with the probabilities that they give "
        "both. The most doubtful come first: where the label's probability lies furthest below the other's. "
        "Doubted: the other class reaches the probability that its own images usually get."
    )
    suspects = ranking.suspects(most)
    details = tuple(
        (
            f"{percent(each.probability_given, 1)} → {percent(each.probability_suggested, 1)}",
            f"{rank}. {each.name or f'row {each.row}'}",
            *(["doubted"] if each.confident else []),
        )
        for rank, each in enumerate(suspects, start=1)
    )
    images = tuple(image_picture(split.images[each.row]) for each in suspects)
    names = tuple(f"{each.given} → {each.suggested}" for each in suspects)
    cards = Images("", images, names, details=details, style="cards")
    said = [*label_errors_summary(ranking), Text("", (how,), "quiet"), cards]
    title = f"{title}: likely label errors"
    return Page(title, title, (), (section("Most doubtful labels", *said),))


def _asked(image: ImageExplanation) -> Group:
    """Return one image: itself and its maps, the answer, its neighbours, and every layer behind a fold."""
    classes = tuple((name, Share(share), percent(share, 1)) for name, share in image.ranking)
    alike = image.alike[:SHOWN_ALIKE]
    captions = tuple(f"{e.label}, {e.cosine:.2f}" for e in alike)
    near = Images("", tuple(image_picture(e.image) for e in alike), captions, style="views small")
    layers = tuple(
        View.of(maps_caption(name, tuple(values.shape)), maps_picture(values)).shown("mosaic")
        for name, values in image.maps.items()
    )
    folded = (Group("Layer by layer", layers, folded=True),) if layers else ()
    ranking = Table("", ("class", "", "probability"), classes)
    return asked_card(image).shown(ranking, near, *folded)


def write_explanation(explanation: Explanation, folder: Path) -> list[Path]:
    """Write the page, its pictures and its record, and return their paths, the page first and the record last.

    What an earlier explanation left is taken away, so that all files tell of the same images.

    Raises:
        OSError: the disk is full or read-only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        return write_files(folder, _files(explanation), OURS)


def _files(explanation: Explanation) -> Iterator[tuple[str, Content | str | bytes]]:
    yield PAGE, document(explanation_page(explanation))
    for maps in explanation.weights:
        yield f"weights-{_plain(maps.layer)}.png", picture_file(weights_picture(maps))
    for each in explanation.images:
        name = _stem(each.subject)
        yield f"image-{name}.png", subject_images(each)
        for layer, values in each.maps.items():
            yield f"maps-{name}-{_plain(layer)}.png", picture_file(maps_picture(values))
    for each in explanation.wrong:
        yield f"wrong-{_stem(each.subject)}.png", subject_images(each)
    # last: where the disk fills up before, a report shows nothing instead of half of it
    yield RECORD, explanation_json(explanation)


def write_label_errors(ranking: LabelRanking, split: Split, folder: Path, title: str, most: int) -> list[Path]:
    """Write page and sheet of the most doubtful labels and the table of all, and return their paths.

    Args:
        ranking: of a split's labels.
        split: its images.
        folder: is made where it is missing.
        title: model and data.
        most: how many the page shows.
    """
    suspects = ranking.suspects(most)
    shown = [WrongImage(e.row, e.name, e.given, e.suggested, e.probability_suggested) for e in suspects]
    files = (
        (SUSPECTS, document(label_errors_page(ranking, split, title, most))),
        (SHEET, wrong_sheet(split, shown)),
        (TABLE, label_errors_csv(ranking)),
    )
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        return write_files(folder, files, DOUBTED)


def label_errors_csv(ranking: LabelRanking) -> str:
    """Return a row a label, the most doubtful first."""
    columns = ("rank", "row", "file", "label", "probability", "suggested", "probability_suggested", "doubted")
    rows: list[tuple[object, ...]] = [columns]
    for rank, each in enumerate(ranking.suspects(len(ranking.labels)), start=1):
        own, other = f"{each.probability_given:.6f}", f"{each.probability_suggested:.6f}"
        cells = (rank, each.row, each.name or "", each.given, own, each.suggested, other)
        rows.append((*cells, str(each.confident).lower()))
    return csv_text(rows)


def _stem(subject: Subject) -> str:
    """Return what names an image's files: its row, which two files of one name do not share."""
    if subject.row is not None:
        return f"row-{subject.row}"
    return _plain(str(Path(subject.name).with_suffix("")))


def _plain(name: str) -> str:
    """Return a name as part of a file's: of a long one its end, which tells files apart."""
    return plain(name, "image")[-NAME:]


def subject_images(image: ImageExplanation) -> Images:
    """Return an explained image with its maps and the training images most like it, each under its caption."""
    shown = [(caption.removeprefix("occlusion: what "), pixels) for caption, pixels in views(image)]
    twins = [image.alike_predicted, image.alike_true] if image.wrong else []
    drawn = [each for each in twins if each is not None]
    shown += [(f"nearest {e.label}, {e.cosine:.2f}", image_picture(e.image)) for e in drawn]
    known = {each.row for each in drawn}
    alike = [each for each in image.alike if each.row not in known][: MOST_VIEWS - len(shown)]
    shown += [(f"alike: {e.label}, {e.cosine:.2f}", image_picture(e.image)) for e in alike]
    title = f"{image.subject.name}: {verdict(image)}, {percent(image.ranking[0][1], 1)}"
    captions, pixels = zip(*shown, strict=True)
    return Images(title, pixels, captions, columns=COLUMNS, style="views")
