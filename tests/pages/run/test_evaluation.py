from xml.etree import ElementTree

import torch

from steepest.content.content import Images
from steepest.content.svg import svg_of
from steepest.data.dataset import Dataset
from steepest.evaluation import Evaluation
from steepest.pages.run.evaluation import per_class, reliability, wrong_images, wrong_sheet


def drawn(evaluation: Evaluation) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg_of(reliability(evaluation))))


def made(probability: float, right: int, wrong: int) -> Evaluation:
    """Images of class 0 and 1, all of them given class 0 with one probability."""
    logits = torch.tensor([[probability, 1 - probability]]).log().repeat(right + wrong, 1)
    return Evaluation(logits, torch.tensor([0] * right + [1] * wrong), ("a", "b"))


def test_a_bin_holds_its_count_its_confidence_and_its_accuracy() -> None:
    (only,) = made(0.9, right=3, wrong=1).reliability
    assert (only.count, only.accuracy) == (4, 0.75)
    assert abs(only.confidence - 0.9) < 1e-6
    assert only.low < 0.9 <= only.high
    assert abs(made(0.9, right=3, wrong=1).calibration_error - 0.15) < 1e-6


def test_the_gap_is_drawn_from_the_accuracy_to_the_confidence() -> None:
    tree = drawn(made(0.9, right=3, wrong=1))
    (gap,) = [each for each in tree.iter("rect") if each.get("class") == "gap"]
    assert abs(float(gap.get("height", 0)) - 0.15 * 186) < 0.2  # the plot is 186 high


def test_what_a_bin_holds_stands_under_the_pointer() -> None:
    titles = {title.text for title in drawn(made(0.9, right=3, wrong=1)).iter("title")}
    said = "probability 87% to 93%: 4 images; mean probability 90.0%, accuracy 75.0%"
    assert said in titles


def test_a_class_of_every_row_has_a_bar_for_its_f1() -> None:
    evaluation = made(0.9, right=3, wrong=1)
    table = per_class(evaluation)
    assert [row[0] for row in table.rows[:2]] == ["a", "b"]
    assert len(table.rows) == 4  # and two means


def test_each_wrong_image_has_its_picture_and_its_words(evaluation: Evaluation, dataset: Dataset) -> None:
    said, images = wrong_images(evaluation, dataset.test)
    assert isinstance(images, Images)
    first = evaluation.wrong_images(1)[0]
    assert images.captions[0] == f"{first.true} → {first.predicted}"
    assert images.details[0] == (f"{first.probability:.1%}", first.name)
    assert "Shown are the 24" in str(said)
    assert len(wrong_sheet(dataset.test, evaluation.wrong_images(11)).images) == 11
