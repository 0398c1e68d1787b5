"""A picture takes the form that a network saw, by one stated rule, and one in that form is left alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from steepest.data.pictures import as_seen, fit_picture, in_channels, read_picture
from steepest.errors import DataError, ShapeError


def noise(*shape):
    draw = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, generator=draw, dtype=torch.uint8)


def test_a_picture_is_read_from_its_file(tmp_path):
    picture = noise(3, 5, 4)
    Image.fromarray(picture.permute(1, 2, 0).numpy()).save(tmp_path / "a.png")
    assert torch.equal(read_picture(tmp_path / "a.png"), picture)
    assert torch.equal(read_picture(str(tmp_path / "a.png")), picture)


def test_a_bad_file_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        read_picture(tmp_path / "a.png")
    assert str(caught.value) == f"{tmp_path / 'a.png'} does not exist."


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_in_the_right_form_is_unchanged(channels):
    picture = noise(channels, 32, 24)
    assert torch.equal(as_seen(picture, shape=(channels, 32, 24)), picture)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 10, 40)])
@pytest.mark.parametrize("came", [(1, 100, 60), (3, 7, 9), (3, 1, 1)])
def test_any_picture_takes_the_asked_shape(shape, came):
    seen = as_seen(noise(*came), shape=shape)
    assert tuple(seen.shape) == shape
    assert seen.dtype == torch.uint8


def test_the_sides_of_a_wide_picture_are_cut_and_its_aspect_kept():
    picture = torch.zeros(1, 20, 60, dtype=torch.uint8)
    picture[:, :, 20:40] = 200
    for cut in (fit_picture(picture, 10, 10), fit_picture(picture.mT, 10, 10).mT):
        # the outermost columns mix in a share of what lies just beyond the cut
        assert torch.all(cut[:, :, 1:-1] == 200)
        assert torch.all(cut >= 150)


def test_shrinking_is_antialiased():
    stripes = torch.zeros(1, 320, 320, dtype=torch.uint8)
    stripes[:, :, ::2] = 255
    shrunk = fit_picture(stripes, 32, 32).float()
    # taking every tenth column would give all 0 or all 255
    assert torch.all((shrunk - 127.5).abs() < 10)


def test_grey_is_repeated_and_colour_becomes_its_luminance():
    grey = noise(1, 4, 4)
    assert torch.equal(in_channels(grey, 3), torch.cat([grey] * 3))
    assert torch.equal(in_channels(in_channels(grey, 3), 1), grey)
    colours = noise(3, 30, 30)
    by_pillow = np.asarray(Image.fromarray(colours.permute(1, 2, 0).numpy()).convert("L"))
    difference = in_channels(colours, 1)[0].int() - torch.from_numpy(by_pillow.astype(np.int32))
    assert difference.abs().max() <= 1


def test_a_digit_for_a_network_of_colours_has_three_equal_channels():
    picture = torch.full((3, 50, 50), 255, dtype=torch.uint8)
    picture[:, 10:40, 24:28] = 0
    seen = as_seen(picture, shape=(3, 28, 28), style="digit")
    assert seen.shape == (3, 28, 28)
    assert torch.equal(seen[0], seen[2])
    assert seen[0, 14, 14] == 255
    assert seen[0, 0, 0] == 0


def test_a_blank_page_is_named():
    blank = torch.full((1, 90, 90), 250, dtype=torch.uint8)
    with pytest.raises(DataError, match=r"^page\.png shows no ink: its lightest and darkest parts"):
        as_seen(blank, shape=(1, 28, 28), style="digit", name="page.png")


def test_a_network_of_four_channels_takes_no_picture():
    with pytest.raises(ShapeError, match=r"takes 4 channels; a picture has 1 \(grey\) or 3"):
        as_seen(noise(3, 8, 8), shape=(4, 8, 8))
