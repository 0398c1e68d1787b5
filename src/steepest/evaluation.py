"""The logits of a whole split, and every number that follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .data.dataset import Split
from .errors import DataError, DivergedError
from .lazy import html_of
from .plan import Plan, in_memory_format

BATCH = 500  # images a forward pass: large enough to fill the cores, small enough to stay in their caches
BINS = 15  # of the calibration error, as in Guo et al. 2017
Z95 = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Scores:
    """A row of the classification report.

    Args:
        name: of the class, or of the mean.
        precision: the fraction of the images given this class that are of it.
        recall: the fraction of its images that were given it.
        f1: the harmonic mean of both.
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


@dataclass(frozen=True)
class WrongImage:
    """An image whose class the network got wrong.

    Args:
        row: its position in the split.
        name: its file, where it came from one.
        predicted: the class that the network gave it.
        probability: of that class, in [0, 1].
    """

    row: int
    name: str | None
    true: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class ConfusedPair:
    """How often images of one class were taken for another."""

    true: str
    predicted: str
    count: int


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose confidence lies in one bin: where a network is calibrated, accuracy is confidence.

    Args:
        high: its upper end, which belongs to it.
        count: how many images, at least one.
        confidence: the mean probability of their predicted classes.
        accuracy: the fraction of them that got their own class.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Evaluation:
    """A split's logits; every number derives from them.

    Args:
        logits: [N, K], float32, on the CPU.
        labels: [N].
        classes: the K names.
        names: the images' file names, where they came from files.
        split: which split this is, such as ``test``.
        notes: sentences that must stand wherever a number of this evaluation does.
    """

    logits: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    names: tuple[str, ...] | None = None
    split: str = "test"
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def probabilities(self) -> Tensor:
        """The softmax of the logits, [N, K]."""
        return F.softmax(self.logits, dim=1)

    @cached_property
    def predictions(self) -> Tensor:
        """The class with the largest logit, [N]."""
        return self.logits.argmax(dim=1)

    @cached_property
    def loss(self) -> float:
        """The mean cross-entropy in nats, without smoothing or class weights."""
        return float(F.cross_entropy(self.logits.double(), self.labels))

    @cached_property
    def correct(self) -> int:
        """How many images got their own class."""
        return int((self.predictions == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """The fraction of images that got their own class."""
        return self.correct / len(self)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy: what other images of the same kind would allow.

        Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
        """
        count, share, square = len(self), self.accuracy, Z95**2
        centre = (share + square / (2 * count)) / (1 + square / count)
        spread = share * (1 - share) / count + square / (4 * count**2)
        half = Z95 / (1 + square / count) * sqrt(spread)
        return max(0.0, centre - half), min(1.0, centre + half)

    @cached_property
    def confusion(self) -> Tensor:
        """[K, K] counts: row the true class, column the predicted one."""
        kinds = len(self.classes)
        return torch.bincount(self.labels * kinds + self.predictions, minlength=kinds**2).view(kinds, kinds)

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """The images in 15 bins of equal width by the probability of their predicted class, without empty bins."""
        confidence, hits = self.probabilities.max(dim=1).values, self.predictions == self.labels
        places = (confidence * BINS).ceil().long().clamp(1, BINS) - 1
        sums = torch.zeros(3, BINS, dtype=torch.float64)
        sums.index_add_(1, places, torch.stack([torch.ones(len(self)), confidence, hits]).double())
        return tuple(
            ReliabilityBin(place / BINS, (place + 1) / BINS, int(count), sure / count, right / count)
            for place, (count, sure, right) in enumerate(sums.T.tolist())
            if count
        )

    @cached_property
    def calibration_error(self) -> float:
        """The expected calibration error: how far confidence and accuracy lie apart, over 15 bins.

        Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599
        """
        gaps = (each.count * abs(each.accuracy - each.confidence) for each in self.reliability)
        return sum(gaps) / len(self)

    @cached_property
    def _scores(self) -> tuple[list[Scores], list[Scores]]:
        return class_and_mean_scores(self.labels, self.predictions, self.classes)

    @property
    def class_scores(self) -> list[Scores]:
        """Precision, recall, F1 and count of each class, in label order."""
        return self._scores[0]

    @property
    def mean_scores(self) -> list[Scores]:
        """The same as means over the classes (macro) and over the images (weighted)."""
        return self._scores[1]

    def confused_pairs(self, most: int = 5) -> list[ConfusedPair]:
        """Return the most frequent confusions, the most frequent first."""
        off = self.confusion.clone().fill_diagonal_(0)
        counts, places = off.flatten().sort(descending=True, stable=True)
        kinds = len(self.classes)
        return [
            ConfusedPair(self.classes[place // kinds], self.classes[place % kinds], count)
            for count, place in zip(counts[:most].tolist(), places[:most].tolist(), strict=True)
            if count > 0
        ]

    def wrong_images(self, most: int | None = 12) -> list[WrongImage]:
        """Return the wrong images, the surest first; all of them where ``most`` is None."""
        rows = (self.predictions != self.labels).nonzero().flatten()
        sureness = self.probabilities[rows].max(dim=1).values
        order = sureness.sort(descending=True, stable=True).indices[:most]
        return [self._wrong(int(row)) for row in rows[order]]

    def _wrong(self, row: int) -> WrongImage:
        predicted = int(self.predictions[row])
        return WrongImage(
            row=row,
            name=None if self.names is None else self.names[row],
            true=self.classes[int(self.labels[row])],
            predicted=self.classes[predicted],
            probability=float(self.probabilities[row, predicted]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return every number, for ``--json``: fractions in [0, 1], the loss in nats."""
        return {
            "split": self.split,
            "images": len(self),
            "loss": self.loss,
            "accuracy": self.accuracy,
            "accuracy_interval_95": list(self.interval),
            "calibration_error": self.calibration_error,
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
            "class_scores": [vars(row) for row in self.class_scores],
            "mean_scores": [vars(row) for row in self.mean_scores],
            "confused_pairs": [vars(pair) for pair in self.confused_pairs()],
            "wrong_images": [vars(wrong) for wrong in self.wrong_images()],
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"<{self.split}: accuracy {self.accuracy:.2%} [{low:.2%}, {high:.2%}], "
            f"loss {self.loss:.4f}, {len(self):,} images>"
        )

    def _repr_html_(self) -> str:
        return html_of(self)


def logits_of(network: nn.Module, images: Tensor, plan: Plan | None = None) -> Tensor:
    """Return a network's logits [N, K] in float32 on the CPU, in evaluation mode.

    Args:
        network: takes images as ``images`` holds them.
        images: [N, C, H, W].
        plan: device, precision and memory format; None takes the CPU in float32.
    """
    plan = plan or Plan(threads=torch.get_num_threads())
    training = network.training
    network.eval()
    with torch.no_grad(), torch.autocast(plan.device, plan.autocast, enabled=bool(plan.autocast)):
        pieces = [
            network(in_memory_format(batch.to(plan.device), plan)).float().cpu()
            for batch in torch.split(images, BATCH)
        ]
    network.train(training)
    return torch.cat(pieces)


def evaluate(
    network: nn.Module,
    split: Split,
    classes: tuple[str, ...],
    *,
    kind: str = "test",
    notes: tuple[str, ...] = (),
    plan: Plan | None = None,
) -> Evaluation:
    """Return the evaluation of a network on a split.

    Args:
        network: raw pixels [B, C, H, W] -> logits [B, K].
        classes: the K names.
        kind: what to call the split.

    Raises:
        DataError: the network gives another number of classes.
        DivergedError: it gives logits that are NaN or infinite.
    """
    logits = logits_of(network, split.images, plan)
    if logits.shape[1] != len(classes):
        raise DataError(f"The network tells {logits.shape[1]} classes apart; the {kind} split has {len(classes)}.")
    if not logits.isfinite().all():
        raise DivergedError(
            f"The network gives logits that are NaN or infinite on the {kind} split: its training diverged. "
            "Try a smaller --lr or --clip-norm 1."
        )
    return Evaluation(logits, split.labels, classes, split.names, kind, notes)
