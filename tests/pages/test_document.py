import numpy as np
import pytest
import torch

from steepest.content.content import Page
from steepest.content.png import figure_of
from steepest.data import Split
from steepest.pages.document import document, drawable, enlarged, pictures, section, sheet


@pytest.mark.parametrize("count", [1, 8, 11])
def test_every_image_of_a_sheet_stands_under_its_label(count: int) -> None:
    made = Split(torch.zeros(count, 1, 4, 4, dtype=torch.uint8), torch.arange(count) % 2)
    figure = figure_of(sheet(made, ("cat", "dog"), "two animals"))
    assert figure is not None
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == [("cat", "dog")[number % 2] for number in range(count)]
    assert [len(axis.images) for axis in figure.axes] == [1] * count
    assert "two animals" in [text.get_text() for text in figure.texts]


def test_colours_arrive_on_the_sheet() -> None:
    red = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    figure = figure_of(sheet(Split(red, torch.tensor([0])), ("red",), ""))
    assert figure is not None
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    assert (pixels == [255, 0, 0]).all(axis=-1).mean() > 0.2


def test_no_global_figure_is_left_open() -> None:
    import matplotlib.pyplot as plt

    figure_of(sheet(Split(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), torch.tensor([0])), ("cat",), ""))
    assert plt.get_fignums() == []


def test_a_document_names_its_maker_and_words_are_paragraphs() -> None:
    made = document(Page("T", "H", (), (section("Part", "See `this`."),)))
    assert "<p>See <code>this</code>.</p>" in made
    assert "Made by steepest" in made


def test_bytes_are_divided_by_255_and_grey_has_no_channel():
    images = torch.tensor([0, 51, 255, 102], dtype=torch.uint8).view(1, 1, 2, 2)
    (image,) = drawable(Split(images, torch.tensor([0])))
    assert image.tolist() == np.array([[0, 0.2], [1, 0.4]], np.float32).tolist()


def test_other_numbers_are_stretched_from_the_least_to_the_greatest():
    images = torch.tensor([-1.0, 0.0, 1.0, 3.0]).view(1, 1, 2, 2)
    assert drawable(Split(images, torch.tensor([0])))[0].tolist() == [[0, 0.25], [0.5, 1]]


def test_constant_numbers_are_drawn_too():
    images = torch.full((1, 1, 2, 2), 5.0)
    assert drawable(Split(images, torch.tensor([0])))[0].tolist() == [[0, 0], [0, 0]]


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
    assert [enlarged(pictures(split(size), [0])[0]).shape for size in (28, 64, 65)] == [
        (112, 112),
        (256, 256),
        (65, 65),
    ]
