import numpy as np
import pytest
import torch

from steepest.data import Split
from steepest.reporting.sheet import drawable, sheet


def drawn(figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


@pytest.mark.parametrize("count", [1, 8, 11])
def test_every_image_stands_under_its_label(count):
    split = Split(torch.zeros(count, 1, 4, 4, dtype=torch.uint8), torch.arange(count) % 2)
    figure = sheet(split, ("cat", "dog"), "two animals")
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:count] == [("cat", "dog")[number % 2] for number in range(count)]
    assert set(titles[count:]) <= {""}
    assert [len(axis.images) for axis in figure.axes[:count]] == [1] * count
    assert figure.get_suptitle() == "two animals"


def test_colours_arrive_on_the_sheet():
    red = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    pixels = drawn(sheet(Split(red, torch.tensor([0])), ("red",), ""))
    assert (pixels == [255, 0, 0]).all(axis=-1).mean() > 0.2


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


def test_no_global_figure_is_left_open():
    import matplotlib.pyplot as plt

    sheet(Split(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), torch.tensor([0])), ("cat",), "")
    assert plt.get_fignums() == []
