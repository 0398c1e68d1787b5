from dataclasses import replace

import torch

from steepest.explanation import Explanation
from steepest.explanation.activations import WeightMaps
from steepest.pages.explanation.words import (
    answer,
    explanation_text,
    missed,
    reasons,
    verdict,
    votes,
    weights_caption,
)


def test_a_verdict_says_what_it_is_and_what_it_was_taken_for(explanation: Explanation) -> None:
    wrong = explanation.wrong[0]
    assert verdict(wrong) == f"{wrong.true}, taken for {wrong.predicted}"
    assert verdict(replace(wrong, true=wrong.predicted)) == f"{wrong.predicted}, recognised"
    assert verdict(replace(wrong, true=None)) == f"taken for {wrong.predicted}"


def test_the_answer_names_the_likeliest_first(explanation: Explanation) -> None:
    image = replace(explanation.images[0], ranking=(("7", 0.99), ("1", 0.006), ("3", 0.002)))
    assert answer(image) == "7 99.0%, then 1 0.6%, 3 0.2%"


def test_neighbours_of_one_class_are_told_in_one_word(explanation: Explanation) -> None:
    image = explanation.images[0]
    alike = tuple(replace(each, label="cat") for each in image.alike)
    assert votes(replace(image, alike=alike)) == f"All {len(alike)} nearest training images are cat."
    assert votes(replace(image, alike=())) == ""
    assert all(reasons(image))


def test_how_many_are_wrong_and_how_many_of_them_are_shown(explanation: Explanation) -> None:
    said = missed(explanation)
    assert f"{explanation.wrong_count:,} of 120 images of the test split" in said
    assert "Shown: the 8 that" in said
    assert "Shown" not in missed(replace(explanation, wrong_count=8))


def test_a_picture_of_weights_says_what_its_rows_are() -> None:
    kernels = WeightMaps("conv1", "kernels", torch.zeros(100, 1, 3, 3))
    assert weights_caption(kernels) == "conv1: 100 kernels, 3 × 3; the first 64"
    colours = WeightMaps("conv1", "kernels", torch.zeros(1, 3, 3, 3))
    assert weights_caption(colours).endswith("the three channels as red, green and blue")


def test_nothing_raw_stands_in_the_terminal(explanation: Explanation) -> None:
    text = explanation_text(explanation, [explanation.run / "explanation.html"])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "x\\x1b[2J\\u202eevil" in text
