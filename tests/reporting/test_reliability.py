from xml.etree import ElementTree

import torch

from steepest.evaluation import Evaluation
from steepest.reporting.reliability import reliability


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
    tree = ElementTree.fromstring(reliability(made(0.9, right=3, wrong=1)))
    (gap,) = [each for each in tree.iter("rect") if each.get("class") == "gap"]
    assert abs(float(gap.get("height", 0)) - 0.15 * 230) < 0.2  # the plot is 230 high


def test_what_a_bin_holds_stands_under_the_pointer() -> None:
    (title,) = ElementTree.fromstring(reliability(made(0.9, right=3, wrong=1))).iter("title")
    assert title.text == "probability 87% to 93%: 4 images\nmean probability 90.0%, accuracy 75.0%"
