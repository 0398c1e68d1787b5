"""Precision, recall and F1 of each class, and their means, from scikit-learn's report."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Scores:
    """A row of the classification report.

    Args:
        name: of the class, or of the mean.
        precision: the fraction of the images given this class that are of it.
        recall: the fraction of its images that were given it.
        f1: the harmonic mean of both.
        images: how many there are.
    """

    name: str
    precision: float
    recall: float
    f1: float
    images: int


def class_and_mean_scores(
    labels: Tensor, predictions: Tensor, classes: Sequence[str]
) -> tuple[list[Scores], list[Scores]]:
    """Return a row per class in label order, and the rows of the mean over classes and over images.

    Args:
        labels: [N].
        predictions: [N].
        classes: the K names. A class without images has recall 0, one never predicted has precision 0.
    """
    from sklearn.metrics import classification_report

    # the report is keyed by name, and a class may be called `accuracy` as one of its means is: so by number
    numbers = [str(place) for place in range(len(classes))]
    report = classification_report(
        labels.numpy(),
        predictions.numpy(),
        labels=list(range(len(classes))),
        target_names=numbers,
        output_dict=True,
        zero_division=0,
    )
    each = [_row(name, report[number]) for name, number in zip(classes, numbers, strict=True)]
    means = [_row(f"{kind} average", report[f"{kind} avg"]) for kind in ("macro", "weighted")]
    return each, means


def _row(name: str, row: dict[str, float]) -> Scores:
    return Scores(name, row["precision"], row["recall"], row["f1-score"], int(row["support"]))
