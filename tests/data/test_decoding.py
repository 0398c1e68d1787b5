"""Every kind of pixel that Pillow knows becomes the right 8-bit grey or colour, and bad files are named."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from steepest.data import decoding
from steepest.data.decoding import decode, size_of
from steepest.errors import DataError

COLOURS = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 8, 7], [255, 255, 255], [0, 0, 0]]]
)
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
    monkeypatch.setattr(decoding, "MAXIMUM_PIXELS", 5)
    monkeypatch.setattr(decoding, "_pixels", lambda image: pytest.fail("was decoded"))
    assert reason(decode, path) == "is 3x2; more than 0 million pixels are not decoded"


def test_a_header_that_claims_a_billion_pixels_is_refused(tmp_path):
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 40000 40000 255\n" + bytes(30))
    assert reason(decode, path) == "has more than 64 million pixels"


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_pixels_without_a_known_range_are_refused(tmp_path, kind):
    values = np.full((2, 2), 100_000, dtype=kind)
    path = saved(tmp_path, Image.fromarray(values), "a.tiff")
    assert "whose range is not known; save it with 8 or 16 bits" in reason(decode, path)
