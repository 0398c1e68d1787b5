import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, log_loss
from torch import nn

from fakes import stripes
from steepest.data import Split
from steepest.errors import DataError, DivergedError
from steepest.evaluation import BATCH, BINS, Evaluation, evaluate, logits_of
from steepest.plan import Plan

SHAPES = [(200, 2), (313, 7), (500, 10)]


def evaluation_of(count: int, kinds: int, seed: int = 0, missing: int | None = None) -> Evaluation:
    """Return random logits that are right more often than not; no label is ``missing``."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, kinds, (count,), generator=draw)
    if missing is not None:
        labels[labels == missing] = (missing + 1) % kinds
    logits = torch.randn(count, kinds, generator=draw)
    logits[torch.arange(count), labels] += 1.0
    return Evaluation(logits, labels, tuple(f"class {k}" for k in range(kinds)))


EACH = pytest.mark.parametrize(("count", "kinds"), SHAPES)


@EACH
def test_loss_accuracy_confusion_and_report_are_scikit_learns(count: int, kinds: int) -> None:
    made = evaluation_of(count, kinds)
    truth, guess = made.labels.numpy(), made.predictions.numpy()
    shares = torch.softmax(made.logits.double(), dim=1).numpy()
    assert made.loss == pytest.approx(log_loss(truth, shares, labels=range(kinds)), rel=1e-9)
    assert made.accuracy == accuracy_score(truth, guess)
    assert made.confusion.tolist() == confusion_matrix(truth, guess).tolist()
    wanted = classification_report(
        truth, guess, target_names=list(made.classes), output_dict=True, zero_division=0
    )
    for row in made.class_scores:
        assert vars(row) == {
            "name": row.name,
            "precision": wanted[row.name]["precision"],
            "recall": wanted[row.name]["recall"],
            "f1": wanted[row.name]["f1-score"],
            "images": wanted[row.name]["support"],
        }
    macro, weighted = made.mean_scores
    assert macro.f1 == wanted["macro avg"]["f1-score"]
    assert weighted.precision == wanted["weighted avg"]["precision"]
    assert len(made) == count
    assert torch.allclose(made.probabilities.sum(dim=1), torch.ones(count))


def test_a_class_without_images_keeps_its_row_and_its_line() -> None:
    made = evaluation_of(100, 4, missing=2)
    assert made.confusion.shape == (4, 4)
    assert made.confusion[2].tolist() == [0, 0, 0, 0]
    assert made.class_scores[2].images == 0
    assert made.class_scores[2].recall == 0
    assert [row.name for row in made.class_scores] == list(made.classes)


def test_a_class_may_be_called_like_one_of_scikit_learns_own_rows() -> None:
    made = evaluation_of(100, 3)
    renamed = replace(made, classes=("accuracy", "macro avg", "macro avg"))
    assert [row.f1 for row in renamed.class_scores] == [row.f1 for row in made.class_scores]
    assert renamed.mean_scores == made.mean_scores


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (1, 1), (970, 1000), (50, 100)])
def test_the_interval_is_wilsons(right: int, count: int) -> None:
    labels = torch.zeros(count, dtype=torch.int64)
    logits = torch.zeros(count, 2)
    logits[:right, 0], logits[right:, 1] = 1, 1
    low, high = Evaluation(logits, labels, ("a", "b")).interval
    wanted = binomtest(right, count).proportion_ci(confidence_level=0.95, method="wilson")
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert 0 <= low < high <= 1


@EACH
def test_the_calibration_error_is_that_of_a_slow_loop(count: int, kinds: int) -> None:
    made = evaluation_of(count, kinds, seed=3)
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for row in range(count):
        sureness, guess = made.probabilities[row].max(dim=0)
        for place in range(BINS):
            if place / BINS < float(sureness) <= (place + 1) / BINS:
                bins[place].append((float(sureness), int(guess) == int(made.labels[row])))
    assert sum(map(len, bins)) == count
    error = 0.0
    for each in filter(None, bins):
        confidence = sum(sure for sure, _ in each) / len(each)
        hits = sum(hit for _, hit in each) / len(each)
        error += len(each) / count * abs(confidence - hits)
    assert made.calibration_error == pytest.approx(error, abs=1e-6)
    full = [place for place, each in enumerate(bins) if each]
    assert [each.low for each in made.reliability] == [place / BINS for place in full]
    assert [each.count for each in made.reliability] == [len(bins[place]) for place in full]


def test_a_sure_and_right_network_is_calibrated_and_a_sure_and_wrong_one_is_not() -> None:
    logits = torch.tensor([[50.0, 0.0]] * 4)
    labels = torch.zeros(4, dtype=torch.int64)
    assert Evaluation(logits, labels, ("a", "b")).calibration_error == pytest.approx(0, abs=1e-6)
    assert Evaluation(logits, 1 - labels, ("a", "b")).calibration_error == pytest.approx(1)


@pytest.fixture
def small() -> Evaluation:
    """Six images: two right, three 0s taken for 1 with rising sureness, one 2 taken for 0."""
    logits = torch.tensor([[5.0, 0, 0], [0, 1.0, 0], [0, 3.0, 0], [0, 2.0, 0], [4.0, 0, 0], [0, 0, 9.0]])
    labels = torch.tensor([0, 0, 0, 0, 2, 2])
    names = tuple(f"{letter}.png" for letter in "abcdef")
    return Evaluation(logits, labels, ("zero", "one", "two"), names, "test", ("a note",))


def test_pairs_come_with_the_most_frequent_first_and_without_the_right_ones(small: Evaluation) -> None:
    pairs = [(each.true, each.predicted, each.count) for each in small.confused_pairs()]
    assert pairs == [("zero", "one", 3), ("two", "zero", 1)]
    assert len(small.confused_pairs(1)) == 1


def test_wrong_images_come_with_the_surest_first(small: Evaluation) -> None:
    wrong = small.wrong_images()
    assert [each.row for each in wrong] == [4, 2, 3, 1]
    assert [each.name for each in wrong] == ["e.png", "c.png", "d.png", "b.png"]
    assert (wrong[0].true, wrong[0].predicted) == ("two", "zero")
    assert wrong[0].probability == pytest.approx(math.exp(4) / (math.exp(4) + 2))
    assert [each.row for each in small.wrong_images(2)] == [4, 2]


def test_classes_called_like_a_mean_keep_their_own_numbers() -> None:
    labels = torch.tensor([0, 0, 1, 2])
    made = Evaluation(torch.eye(3)[[0, 1, 1, 2]], labels, ("accuracy", "macro avg", "1"))
    assert [(row.name, row.images) for row in made.class_scores] == [("accuracy", 2), ("macro avg", 1), ("1", 1)]
    assert made.class_scores[0].recall == 0.5


def test_an_evaluation_without_mistakes_has_no_wrong_images() -> None:
    logits = torch.eye(3) * 4
    made = Evaluation(logits, torch.arange(3), ("a", "b", "c"))
    assert made.wrong_images() == []
    assert made.confused_pairs() == []
    assert made.accuracy == 1


def test_one_class_alone_can_be_evaluated() -> None:
    made = Evaluation(torch.zeros(5, 1), torch.zeros(5, dtype=torch.int64), ("only",))
    assert (made.accuracy, made.loss) == (1.0, 0.0)
    assert made.confusion.tolist() == [[5]]
    assert made.calibration_error == 0
    assert made.class_scores[0].f1 == 1


def test_the_dictionary_is_plain_json_and_holds_every_number(small: Evaluation) -> None:
    import json

    values = json.loads(json.dumps(small.to_dict()))
    assert values["images"] == 6
    assert values["accuracy"] == pytest.approx(1 / 3)
    assert values["accuracy_interval_95"] == list(small.interval)
    assert values["wrong_images"][0]["name"] == "e.png"
    assert values["confused_pairs"][0] == {"true": "zero", "predicted": "one", "count": 3}
    assert values["notes"] == ["a note"]
    assert set(values) == {
        *("split", "images", "loss", "accuracy", "accuracy_interval_95", "calibration_error"),
        *("classes", "confusion", "class_scores", "mean_scores", "confused_pairs", "wrong_images", "notes"),
    }


def test_its_repr_says_split_accuracy_interval_and_loss(small: Evaluation) -> None:
    assert repr(small).startswith("<test: accuracy 33.33% [")
    assert repr(small).endswith("6 images>")


class Fixed(nn.Module):
    """Gives the stripes' own class the largest logit, less so in training."""

    def __init__(self, kinds: int = 2, value: float = 1.0) -> None:
        super().__init__()
        self.kinds, self.value = kinds, value
        self.sizes: list[int] = []
        self.drop = nn.Dropout(0.5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(images))
        rows = images[:, 0, : self.kinds].float().mean(dim=2)
        return self.drop(rows * self.value)  # type: ignore[no-any-return]


def test_evaluate_takes_all_images_in_batches_in_evaluation_mode_and_leaves_the_mode() -> None:
    network = Fixed().train()
    split = stripes(count=2 * BATCH + 3)
    made = evaluate(network, split, ("a", "b"), kind="validation", notes=("so",))
    assert network.sizes == [BATCH, BATCH, 3]
    assert network.training
    assert (made.split, made.notes) == ("validation", ("so",))
    assert torch.equal(made.logits, split.images[:, 0, :2].float().mean(dim=2))
    assert not made.logits.requires_grad


def test_another_number_of_classes_is_refused() -> None:
    with pytest.raises(DataError, match="tells 2 classes apart; the test split has 3"):
        evaluate(Fixed(), stripes(), ("a", "b", "c"))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(DivergedError, match="NaN or infinite on the test split") as caught:
        evaluate(Fixed(value=value), stripes(), ("a", "b"))
    assert caught.value.exit_code == 4


def test_logits_are_float32_whatever_the_precision() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    images = stripes().images.float()
    exact = logits_of(network, images)
    coarse = logits_of(network, images, Plan(precision="bfloat16", channels_last=True))
    assert coarse.dtype == exact.dtype == torch.float32
    assert not torch.equal(coarse, exact)
    assert torch.allclose(coarse, exact, rtol=0.05, atol=0.5)


def test_file_names_travel_along() -> None:
    split = stripes(count=4)
    named = Split(split.images, split.labels, ("1", "2", "3", "4"))
    assert evaluate(Fixed(), named, ("a", "b")).names == ("1", "2", "3", "4")
    assert np.array_equal(evaluate(Fixed(), named, ("a", "b")).labels, split.labels)
