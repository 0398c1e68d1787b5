"""The parts of a report that tell of an evaluation: classes, confusions, wrong images, calibration."""

from collections.abc import Sequence

from ..data.dataset import Split
from ..evaluation import BINS, Evaluation, WrongImage
from ..scores import Scores
from .columns import shortened
from .markup import Html, element, joined, scrolling, table
from .pictures import data_uri, pictures
from .reliability import reliability
from .wording import counted, percent, printable

SHOWN = 24  # wrong images in the report; more lie in misclassified/
PAIRS = 10  # most confused pairs
SMALL_MATRIX = 30  # classes: above, cells are set smaller
SHORT_NAME = 10  # characters: cards with longer names are wider
LONGEST_NAME = 24  # columns of a class's name beside the matrix; its tooltip holds all of it


def per_class(evaluation: Evaluation) -> Html:
    """Return precision, recall, F1 and count of each class, and below them their means."""
    rows = [_score_cells(row) for row in (*evaluation.class_scores, *evaluation.mean_scores)]
    headings = ("class", "precision", "recall", "F1", "images")
    return table(headings, rows, caption="Scores of each class", class_="means")


def _score_cells(row: Scores) -> list[str]:
    shares = [percent(each, 1) for each in (row.precision, row.recall, row.f1)]
    return [row.name, *shares, f"{row.images:,}"]


def confusion(evaluation: Evaluation) -> Html:
    """Return the confusion matrix as a table: blue where right, red where wrong, deeper for a larger share."""
    names = [
        element("span", shortened(printable(name), LONGEST_NAME), title=name)
        for name in evaluation.classes
    ]
    counts = evaluation.confusion
    shares = (100 * (counts / counts.sum(dim=1, keepdim=True).clamp(min=1)).sqrt()).round().int()
    rows = [
        element("tr", element("th", name, scope="row"), *_cells(place, line, depth))
        for place, (name, line, depth) in enumerate(
            zip(names, counts.tolist(), shares.tolist(), strict=True)
        )
    ]
    head = element(
        "tr",
        element("th", "true \\ predicted", scope="col", class_="corner"),
        *(element("th", name, scope="col") for name in names),
    )
    long = max(len(printable(name)) for name in evaluation.classes) > 4
    kinds = ["matrix", "upright" if long else "", "dense" if len(names) > SMALL_MATRIX else ""]
    whole = element(
        "table",
        element("caption", "Confusion matrix", class_="unseen"),
        element("thead", head),
        element("tbody", *rows),
        class_=" ".join(filter(None, kinds)),
    )
    said = (
        "A row holds the images of one class, a column what they were taken for. The depth of the colour "
        "is the square root of a cell's share of its row, so that rare confusions can be seen."
    )
    return joined([element("p", said, class_="quiet"), scrolling(whole, "Confusion matrix")])


def _cells(place: int, counts: Sequence[int], depths: Sequence[int]) -> list[Html]:
    return [
        element("td", count, class_="right" if column == place else None, style=f"--d:{depth}")
        if count
        else Html("<td></td>")
        for column, (count, depth) in enumerate(zip(counts, depths, strict=True))
    ]


def confused_pairs(evaluation: Evaluation) -> Html:
    """Return the most frequent confusions."""
    pairs = evaluation.confused_pairs(PAIRS)
    if not pairs:
        return element("p", "No image was taken for another class.")
    rows = [(each.true, each.predicted, f"{each.count:,}") for each in pairs]
    headings = ("true class", "taken for", "images")
    return table(headings, rows, caption="Most confused pairs", text_columns=2)


def wrong_images(evaluation: Evaluation, split: Split | None) -> Html:
    """Return the surest wrong images; without pictures where the split is not given."""
    wrong = evaluation.wrong_images(SHOWN)
    if not wrong:
        return element("p", "No image got another class than its own.")
    count = len(evaluation) - evaluation.correct
    shown = [None] * len(wrong) if split is None else _uris(split, wrong)
    said = f"Of {counted(len(evaluation), 'image')}, {count:,} got another class than their own."
    if count > len(wrong):
        said += f" Shown are the {len(wrong)} that the network was surest of."
    cards = (_card(each, uri) for each, uri in zip(wrong, shown, strict=True))
    longest = max(
        len(words) for each in wrong for words in (each.true, each.predicted, each.name or "")
    )
    kind = "wrong worded" if longest > SHORT_NAME else "wrong"
    return joined([element("p", said), element("ul", *cards, class_=kind)])


def _uris(split: Split, wrong: Sequence[WrongImage]) -> list[str]:
    return [data_uri(each) for each in pictures(split, [each.row for each in wrong])]


def _card(each: WrongImage, uri: str | None) -> Html:
    place = each.name or f"row {each.row}"
    alt = f"{each.true}, taken for {each.predicted}"
    image = None if uri is None else element("img", src=uri, alt=alt)
    return element(
        "li",
        image,
        element("b", f"{each.true} → {each.predicted}"),
        element("span", percent(each.probability, 1)),
        element("span", place, class_="place"),
    )


def calibration(evaluation: Evaluation) -> Html:
    """Return the calibration error and the reliability diagram."""
    error = percent(evaluation.calibration_error)
    said = (
        f"The expected calibration error is {error}: so far do the probability of the predicted class and "
        f"the accuracy lie apart on average, over {BINS} bins. On the dashed line they agree; red is the gap."
    )
    return joined([element("p", said), element("figure", reliability(evaluation), class_="narrow")])
