import sys

import pytest
import torch

from steepest.data import Split
from steepest.errors import UserError
from steepest.explanation import occlusion, saliency
from steepest.explanation.attribution import covering_colour
from steepest.models import build

IMAGES = torch.randint(1, 256, (2, 1, 10, 10), dtype=torch.uint8)
CLASSES = torch.tensor([1, 0])


@pytest.fixture
def corner_network():
    """A network whose class 1 looks at the upper left pixel alone."""
    pytest.importorskip("captum")
    network = build("F2", (1, 10, 10), 2, init="zeros")
    with torch.no_grad():
        network.body.fc1.weight[1, 0] = 3.0
    return network


def test_occlusion_finds_the_pixel_that_the_answer_leans_on(corner_network):
    covered = occlusion(corner_network, IMAGES, CLASSES, torch.zeros(1))
    bright = IMAGES[:, 0, 0, 0] / 255 * 3
    lost = torch.sigmoid(bright) - 0.5
    # one cover hides the corner alone: its pixel's value is that cover's loss, for class 0 a gain
    torch.testing.assert_close(covered[0, 0, 0], lost[0])
    torch.testing.assert_close(covered[1, 0, 0], -lost[1])
    assert not covered[:, 2:, 2:].any()


def test_a_cover_in_the_image_s_own_colour_hides_nothing(corner_network):
    flat = torch.full((1, 1, 10, 10), 90, dtype=torch.uint8)
    covered = occlusion(corner_network, flat, torch.tensor([1]), torch.tensor([90.0]))
    assert covered.abs().max() < 1e-6


def test_saliency_is_the_size_of_the_gradient(corner_network):
    found = saliency(corner_network, IMAGES, CLASSES)
    assert found.shape == (2, 10, 10)
    torch.testing.assert_close(found[0, 0, 0], torch.tensor(3 / 255))
    assert int((found > 0).sum()) == 1
    assert corner_network.body.fc1.weight.grad is None


def test_the_network_keeps_its_mode(corner_network):
    corner_network.train()
    occlusion(corner_network, IMAGES, CLASSES, torch.zeros(1))
    saliency(corner_network, IMAGES, CLASSES)
    assert corner_network.training
    assert corner_network.body.fc1.training


def test_the_cover_has_the_colour_of_the_background():
    images = torch.zeros(5, 3, 4, 4, dtype=torch.uint8)
    images[:, 1, :2] = 200
    images[:, 2] = 77
    images[:, 0, 0] = 255
    assert covering_colour(Split(images, torch.zeros(5, dtype=torch.int64))).tolist() == [0, 0, 77]


def test_without_captum_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(UserError, match=r"need captum: pip install 'steepest\[explain\]'\."):
        saliency(build("F2", (1, 10, 10), 2), IMAGES, CLASSES)
