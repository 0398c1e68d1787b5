import io

import numpy as np
import pytest
import torch
from PIL import Image

from steepest.data.dataset import Dataset, Split
from steepest.evaluation import Evaluation
from steepest.reporting.figures import confusion_figure, curves_figure, png_of, wrong_figure
from steepest.reporting.pictures import data_uri, enlarged, pictures

ROW = {"train_loss": 1.0, "train_accuracy": 0.5, "val_loss": 1.1, "val_accuracy": 0.4}


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def random_evaluation(kinds: int, count: int, names: tuple[str, ...] | None = None) -> Evaluation:
    draws = torch.Generator().manual_seed(kinds)
    labels = torch.randint(kinds, (count,), generator=draws)
    logits = torch.randn(count, kinds, generator=draws)
    return Evaluation(logits, labels, names or tuple(map(str, range(kinds))))


def test_curves_have_two_panels_with_a_line_for_each_split() -> None:
    figure = curves_figure(
        [{"epoch": 1.0, **ROW}, {"epoch": 2.0, **ROW}], best=1, title="a $\\frac$"
    )
    assert [axis.get_ylabel() for axis in figure.axes] == ["loss (nats)", "accuracy"]
    assert [len(axis.lines) for axis in figure.axes] == [3, 3]  # two splits, and the epoch kept
    assert pixels(png_of(figure)).std() > 5


def test_every_count_of_the_matrix_is_written() -> None:
    evaluation = random_evaluation(4, 60)
    (axis,) = confusion_figure(evaluation).axes
    written = {tuple(map(int, text.get_position())): int(text.get_text()) for text in axis.texts}
    counts = evaluation.confusion.T  # x is the column
    assert written == {
        (x, y): int(counts[x, y]) for x in range(4) for y in range(4) if counts[x, y]
    }


@pytest.mark.parametrize("kinds", [2, 10, 30, 100])
def test_a_matrix_of_any_size_is_written_large_enough_to_read(kinds: int) -> None:
    figure = confusion_figure(random_evaluation(kinds, 150))
    (axis,) = figure.axes
    png_of(figure)
    cell = axis.get_window_extent().width / kinds / figure.dpi  # inches
    letters = max(text.get_fontsize() for text in axis.texts) / 72
    assert 0.03 < letters < cell


def test_names_that_are_formulas_or_unknown_letters_are_drawn_without_a_word() -> None:
    names = ("$\\frac$", "猫", "a" * 200)
    assert pixels(png_of(confusion_figure(random_evaluation(3, 9, names)))).std() > 5


def test_the_sheet_shows_every_wrong_image(evaluation: Evaluation, dataset: Dataset) -> None:
    assert dataset.test is not None
    wrong = evaluation.wrong_images(11)
    figure = wrong_figure(dataset.test, wrong)
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 11
    assert shown[0].get_title().endswith(f"{wrong[0].probability:.1%}")
    assert pixels(png_of(figure)).std() > 5


def test_a_single_wrong_image_has_a_sheet(evaluation: Evaluation, dataset: Dataset) -> None:
    assert dataset.test is not None
    assert pixels(png_of(wrong_figure(dataset.test, evaluation.wrong_images(1)))).std() > 5


def split(size: int, channels: int = 1) -> Split:
    draws = torch.Generator().manual_seed(size)
    images = torch.randint(256, (3, channels, size, size), generator=draws, dtype=torch.uint8)
    return Split(images, torch.zeros(3, dtype=torch.int64))


def test_pictures_keep_their_pixels_and_their_order() -> None:
    made = split(5)
    shown = pictures(made, [2, 0])
    assert (np.asarray(shown[0]) == made.images[2, 0].numpy()).all()
    assert (np.asarray(shown[1]) == made.images[0, 0].numpy()).all()
    assert pictures(made, []) == []


def test_a_small_picture_is_enlarged_and_a_large_one_is_not() -> None:
    assert [enlarged(pictures(split(size), [0])[0]).size for size in (28, 64, 65)] == [
        (112, 112),
        (256, 256),
        (65, 65),
    ]


def test_a_large_picture_becomes_a_thumbnail_in_the_page() -> None:
    assert len(data_uri(pictures(split(400, 3), [0])[0])) < 160 * 160 * 3 * 4 / 3 * 1.1
    assert data_uri(pictures(split(8), [0])[0]).startswith("data:image/png;base64,iVBOR")
