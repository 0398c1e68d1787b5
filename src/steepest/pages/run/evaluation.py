"""What a page says of an evaluation: classes, confusions, wrong images, calibration, each as content."""

from collections.abc import Sequence

from ...content.content import Cell, Content, Images, Item, Items, Matrix, Section, Share, Table
from ...content.plots import Curves, Field, Line, Panels
from ...content.text import counted, interval_text, number, percent
from ...data.dataset import Split
from ...evaluation import BINS, Evaluation, ReliabilityBin, WrongImage
from ..document import pictures, section

SHOWN = 24  # wrong images in the report; more lie in misclassified/
PAIRS = 10  # most confused pairs


def evaluation_sections(evaluation: Evaluation, split: Split | None) -> list[Section]:
    """Return what an evaluation found, in the order in which a reader asks; pictures only with its ``split``."""
    error = percent(evaluation.calibration_error)
    return [
        section("Classes", per_class(evaluation)),
        section("Confusion matrix", confusion(evaluation)),
        section("Most confused", confused_pairs(evaluation)),
        section("Surest wrong images", *wrong_images(evaluation, split)),
        section(
            "Calibration",
            f"The expected calibration error is {error}: so far do the probability of the predicted class and "
            f"the accuracy lie apart on average, over {BINS} bins. On the dashed line they agree; red is the gap.",
            reliability(evaluation),
        ),
    ]


def headline(evaluation: Evaluation) -> Items:
    """Return the accuracy, with its interval and how many images are right."""
    right = f"{evaluation.correct:,} of {counted(len(evaluation), 'image')} right"
    interval = f"95% interval {interval_text(evaluation.interval)}; {right}"
    accuracy = percent(evaluation.accuracy)
    return Items("", (Item(accuracy, f"{evaluation.split} accuracy", interval),), "headline")


def facts(evaluation: Evaluation) -> tuple[Item, ...]:
    """Return the loss and the calibration error."""
    return (
        Item(f"{evaluation.split} loss", f"{number(evaluation.loss)} nats"),
        Item("calibration error", percent(evaluation.calibration_error)),
    )


def per_class(evaluation: Evaluation) -> Table:
    """Return precision, recall, F1 and count of each class, and below them their means."""
    rows: list[tuple[Cell, ...]] = []
    for row in (*evaluation.class_scores, *evaluation.mean_scores):
        shares = (percent(share, 1) for share in (row.precision, row.recall, row.f1))
        rows.append((row.name, *shares, row.images, Share(row.f1)))
    columns = ("class", "precision", "recall", "F1", "images", "")
    return Table("Classes", columns, tuple(rows), words=1, style="means")


def confusion(evaluation: Evaluation) -> Matrix:
    """Return the confusion matrix."""
    note = (
        "A row holds the images of one class, a column what they were taken for. The depth of the colour "
        "is the square root of a cell's share of its row, so that rare confusions can be seen."
    )
    return Matrix("Confusion matrix", evaluation.confusion.numpy(), evaluation.classes, note)


def confused_pairs(evaluation: Evaluation) -> Content | str:
    """Return the most frequent confusions."""
    rows = tuple((p.true, p.predicted, p.count) for p in evaluation.confused_pairs(PAIRS))
    if not rows:
        return "No image was taken for another class."
    return Table("Most confused", ("true class", "taken for", "images"), rows, words=2)


def wrong_images(evaluation: Evaluation, split: Split | None) -> list[Content | str]:
    """Return the surest wrong images; without pictures where the split is not given."""
    wrong = evaluation.wrong_images(SHOWN)
    if not wrong:
        return ["No image got another class than its own."]
    count = len(evaluation) - evaluation.correct
    said = f"Of {counted(len(evaluation), 'image')}, {count:,} got another class than their own."
    if count > len(wrong):
        said += f" Shown are the {len(wrong)} that the network was surest of."
    images = () if split is None else tuple(pictures(split, [each.row for each in wrong]))
    names = tuple(f"{each.true} → {each.predicted}" for each in wrong)
    more = tuple((percent(e.probability, 1), e.name or f"row {e.row}") for e in wrong)
    return [said, Images("Surest wrong images", images, names, details=more, style="cards")]


def wrong_sheet(split: Split, wrong: Sequence[WrongImage]) -> Images:
    """Return a sheet of wrong images of a split, at least one, each under its class and what it was taken for."""
    details = tuple((f"taken for {each.predicted}", percent(each.probability, 1)) for each in wrong)
    names = tuple(each.true for each in wrong)
    return Images("", tuple(pictures(split, [e.row for e in wrong])), names, details=details)


def reliability(evaluation: Evaluation) -> Panels:
    """Return how often the network is right, against how sure it is, and how many images are so sure."""
    bins, words = evaluation.reliability, "probability of the predicted class"
    lines = (Line("they agree", (0.0, 1.0), (0.0, 1.0), dashed=True),)
    fields = tuple(field for each in bins for field in _fields(each))
    counts = tuple(Field((e.low, e.high), (0, e.count), "count", _said(e)) for e in bins)
    ends, most = (0.0, 1.0), 1.05 * max(each.count for each in bins)
    accuracy = Curves("Accuracy", words, "accuracy", lines, y_range=ends, x_range=ends, fields=fields)
    images = Curves("Images", words, "images", (), x_range=ends, fields=counts, y_range=(0.0, most))
    return Panels("Calibration", (accuracy, images))


def _fields(each: ReliabilityBin) -> list[Field]:
    """Return a bin's bar up to the larger of the two, the gap between them, and an edge at the accuracy."""
    across, said = (each.low, each.high), _said(each)
    low, high = sorted((each.accuracy, each.confidence))
    edge = Field(across, (each.accuracy, each.accuracy), "edge")
    return [Field(across, (0, high), "bar", said), Field(across, (low, high), "gap", said), edge]


def _said(each: ReliabilityBin) -> str:
    ends = f"{percent(each.low, 0)} to {percent(each.high, 0)}"
    shares = f"{percent(each.confidence, 1)}, accuracy {percent(each.accuracy, 1)}"
    return f"probability {ends}: {counted(each.count, 'image')}; mean probability {shares}"
