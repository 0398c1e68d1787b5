"""Any image file decoded by Pillow, and brought into the form of the images that a network was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, ShapeError
from .dataset import Style
from .opening import opened

if TYPE_CHECKING:
    from PIL.Image import Image

ORIENTATION = 0x0112  # the EXIF tag; its values 5 to 8 turn the picture by a quarter
TURNS: dict[int | None, Callable[[Tensor], Tensor]] = {  # orientation -> what makes [C, H, W] upright
    2: lambda picture: picture.flip(2),
    3: lambda picture: picture.flip(1, 2),
    4: lambda picture: picture.flip(1),
    5: lambda picture: picture.transpose(1, 2),
    6: lambda picture: picture.transpose(1, 2).flip(2),
    7: lambda picture: picture.transpose(1, 2).flip(1, 2),
    8: lambda picture: picture.transpose(1, 2).flip(1),
}
TILE = 1 << 18  # pixels that are converted at a time
# 65535 / 255: the brightest 16-bit grey becomes the brightest 8-bit grey
WIDE_TO_BYTE = 257
# of MNIST's procedure, see ``as_digit``
BOX, FIELD = 20, 28
LONGEST_SIDE = 512  # 25 times the box: more says nothing about a digit, and costs time
GROUND_SIDE = 128  # shadows are smooth, so this much detail shows them
# an eighth of the range; pencil on paper gives 50 and more, the noise of a blank sheet less than 20
LEAST_CONTRAST = 32
SPECK = 0.02  # of all the ink; the smallest part of a digit, the bar of a 5, has more, a speck of dust less
EDGE = 25  # a tenth of the blackest: where a blurred stroke counts as ending; MNIST's own edges are darker


def decode(path: Path, fitted: tuple[int, int] | None = None) -> Tensor:
    """Return a file's picture, [1, H, W] uint8 if every pixel is grey, else [3, H, W].

    EXIF orientation is applied; transparent parts lie on white; 16-bit grey is divided by 257; palettes,
    CMYK and 1-bit images become 8-bit grey or RGB; of several frames or pages the first is taken. Colour
    profiles are not applied. A JPEG that would take too much memory comes at a half, a quarter or an eighth.

    Args:
        fitted: the (height, width) to bring it to, see ``fit_picture``; threads that fit as they decode stay
            within one bound together.

    Raises:
        DataError: a sentence without its subject, for the caller to put the file's name before.
    """
    with opened(path) as image:
        image.load()
        turn = image.getexif().get(ORIENTATION)
        picture = _pixels(image)
        image.close()  # half of the memory, before the other half is copied
        picture = TURNS[turn](picture).contiguous() if turn in TURNS else picture
        return picture if fitted is None else fit_picture(picture, *fitted)


def size_of(path: Path) -> tuple[int, int]:
    """Return the (height, width) that ``decode`` gives a file; reads little more than its header.

    Raises:
        DataError: as ``decode``.
    """
    with opened(path) as image:
        # a TIFF says what it is once turned
        turned = image.format != "TIFF" and image.getexif().get(ORIENTATION) in (5, 6, 7, 8)
        width, height = image.size
    return (width, height) if turned else (height, width)


def _pixels(image: Image) -> Tensor:
    """Return a loaded image's pixels, tile by tile: what a tile is converted to takes its size and no more."""
    if image.mode == "F":
        raise DataError("has floating-point pixels, whose range is not known; save it with 8 or 16 bits")
    grey = image.mode in ("1", "L") and not image.has_transparency_data
    read = _wide if image.mode.startswith("I") else _on_white if image.has_transparency_data else _plain
    width, height = image.size
    picture = torch.empty(1 if grey or read is _wide else 3, height, width, dtype=torch.uint8)
    across = min(width, TILE)
    down = max(1, TILE // across)
    all_grey = True
    for top in range(0, height, down):
        for left in range(0, width, across):
            right, bottom = min(left + across, width), min(top + down, height)
            values = torch.from_numpy(read(image.crop((left, top, right, bottom))))
            tile = values[None] if values.ndim == 2 else values.permute(2, 0, 1)
            picture[:, top:bottom, left:right] = tile
            all_grey = all_grey and torch.equal(tile[0], tile[-1]) and torch.equal(tile[0], tile[len(tile) // 2])
    return picture[:1].clone() if all_grey and len(picture) > 1 else picture


def _plain(image: Image) -> np.ndarray[Any, Any]:
    return np.array(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def _wide(image: Image) -> np.ndarray[Any, Any]:
    """Return 16-bit grey as 8-bit grey, rounded and not clipped."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65_535:
        raise DataError("has 32-bit pixels, whose range is not known; save it with 8 or 16 bits")
    return ((values + WIDE_TO_BYTE // 2) // WIDE_TO_BYTE).astype(np.uint8)


def _on_white(image: Image) -> np.ndarray[Any, Any]:
    from PIL import Image as ImageModule

    white = ImageModule.new("RGBA", image.size, "white")
    return np.array(ImageModule.alpha_composite(white, image.convert("RGBA")).convert("RGB"))


def read_picture(path: Path | str) -> Tensor:
    """Return an image file's picture, [1, H, W] uint8 if every pixel is grey, else [3, H, W].

    EXIF orientation is applied, transparent parts lie on white, 16-bit grey is divided by 257, and of several
    frames or pages the first is taken.

    Raises:
        DataError: the file is missing, damaged, too large, or of no known format.
    """
    try:
        return decode(Path(path))
    except DataError as error:
        raise DataError(f"{path} {error}.") from error


def as_seen(
    picture: Tensor, *, shape: tuple[int, int, int], style: Style = "picture", name: str = "The picture"
) -> Tensor:
    """Return a picture in the form that a network saw in training, [C, H, W] uint8.

    A picture that has this form already comes back unchanged.

    Args:
        picture: [1, H, W] or [3, H, W] uint8, of any size.
        shape: (C, H, W) of the training images, C being 1 or 3.
        style: ``picture`` is fitted, see ``fit_picture``; ``digit`` goes through MNIST's procedure, see
            ``as_digit``.
        name: what an error calls the picture, such as its file's name.

    Raises:
        ShapeError: the network takes neither grey nor RGB.
        DataError: a digit is asked for and the picture is blank.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise ShapeError(f"The network takes {channels} channels; a picture has 1 (grey) or 3 (red, green, blue).")
    if style == "digit":
        return as_digit(in_channels(picture, 1)[0], height, width, name).repeat(channels, 1, 1)
    return in_channels(fit_picture(picture, height, width), channels)


def fit_picture(picture: Tensor, height: int, width: int) -> Tensor:
    """Return the largest central part of a picture that has the asked aspect, resized, [C, height, width].

    The resize is bilinear, antialiased where it shrinks. A picture of this size comes back unchanged.

    >>> fit_picture(torch.zeros(3, 40, 60, dtype=torch.uint8), 32, 32).shape
    torch.Size([3, 32, 32])
    """
    if picture.shape[1:] == (height, width):
        return picture
    from PIL import Image, ImageOps

    image = Image.new("L" if len(picture) == 1 else "RGB", (picture.shape[2], picture.shape[1]))
    rows = max(1, TILE // picture.shape[2])
    for top in range(0, picture.shape[1], rows):
        band = picture[:, top : top + rows].permute(1, 2, 0).contiguous().numpy()
        image.paste(Image.fromarray(band[..., 0] if len(picture) == 1 else band), (0, top))
    fitted = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    values = torch.from_numpy(np.array(fitted))
    return values[None] if values.ndim == 2 else values.permute(2, 0, 1).contiguous()


def in_channels(picture: Tensor, channels: int) -> Tensor:
    """Return a picture with 1 or 3 channels: grey is repeated, colour becomes its luminance.

    Source: the luminance weights are those of ITU-R BT.601, which image libraries share.

    >>> in_channels(torch.tensor([[[255]], [[0]], [[0]]], dtype=torch.uint8), 1)
    tensor([[[76]]], dtype=torch.uint8)
    """
    if len(picture) == channels:
        return picture
    if channels == 3:
        return picture.repeat(3, 1, 1)
    weights = torch.tensor([0.299, 0.587, 0.114])
    flat = picture.reshape(3, -1)
    grey = torch.empty(1, flat.shape[1], dtype=torch.uint8)
    for start in range(0, flat.shape[1], TILE):
        luminance = (flat[:, start : start + TILE].float() * weights[:, None]).sum(0)
        grey[0, start : start + TILE] = luminance.round().clamp(0, 255).to(torch.uint8)
    return grey.reshape(1, *picture.shape[1:])


def as_digit(grey: Tensor, height: int, width: int, name: str = "The picture") -> Tensor:
    """Return a picture's ink as an MNIST digit, [height, width] uint8, on a background of 0.

    MNIST's images are white ink on black: scaled, with their aspect kept, into a box of 20x20, and placed in 28x28
    so that the ink's centre of mass falls on pixel (14, 14). One of them comes back as it was, but for rounding.

    Args:
        grey: [H, W] uint8, light on dark or dark on light.
        height: 28 for MNIST; the box is 20/28 of the shorter side.
        name: what an error calls the picture.

    Raises:
        DataError: the picture is blank.

    Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits"; that the centre is pixel 14
        counted from 0, by whole pixels, is measured: over 5,000 of its images each centre lies in 14 +- 0.5.
    """
    strokes = ink(_shrunk(grey, LONGEST_SIDE).float())
    if strokes is None:
        raise DataError(
            f"{name} shows no ink: its lightest and darkest parts differ too little for a digit. "
            "Give a picture of one digit that fills a good part of it."
        )
    side = round(min(height, width) * BOX / FIELD)
    return _placed(_boxed(_cropped(strokes), side), height, width)


def ink(grey: Tensor) -> Tensor | None:
    """Return how much ink lies on each pixel, [H, W] in 0..255, or None where there is none.

    The edge of the picture says which is ink: what differs from it. Shadows on the paper, which are
    wider than a stroke, are subtracted, so is noise, and specks are removed.
    """
    edge = torch.cat([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).median()
    dark_on_light = edge > (grey.min() + grey.max()) / 2
    strokes = 255 - grey if dark_on_light else grey
    strokes = strokes - _ground(strokes)
    noise = _noise(strokes)
    strokes = (strokes - noise).clamp(min=0)
    peak = strokes.max()
    if peak < LEAST_CONTRAST:
        return None
    return _without_specks(strokes * (255 / peak))


def _ground(strokes: Tensor) -> Tensor:
    """Return how dark the paper itself is, in whole levels, so that a clean picture's is 0 exactly.

    A slope over the whole picture, and on top of it whatever is wider than half of it.
    """
    from scipy.ndimage import grey_opening

    coarse = _shrunk(strokes, GROUND_SIDE)
    slope = _slope(coarse)
    window = min(coarse.shape) // 2 + 1
    wide = grey_opening((coarse - slope).numpy(), size=(window, window), mode="nearest")
    return _resized(slope + torch.from_numpy(wide), (strokes.shape[0], strokes.shape[1])).round()


def _slope(strokes: Tensor) -> Tensor:
    """Return the quadratic surface through the paper: fitted to all but what stands out as ink."""
    height, width = strokes.shape
    y = torch.linspace(-1, 1, height, dtype=torch.float64)[:, None].expand(height, width).flatten()
    x = torch.linspace(-1, 1, width, dtype=torch.float64).expand(height, width).flatten()
    terms = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y], dim=1)
    values = strokes.double().flatten()
    paper = values <= values.median()
    surface = values
    # the plane first, for a curve reaches too far from half of the paper; five rounds then settle it
    for count in (3, 3, 6, 6, 6):
        known = terms[:, :count]
        # by the normal equations, for lstsq refuses a picture whose paper is one row
        square = known[paper].T @ known[paper] + 1e-9 * torch.eye(count, dtype=torch.float64)
        surface = known @ torch.linalg.solve(square, known[paper].T @ values[paper])
        rest = values - surface
        paper = rest <= 1 + 2.5 * 1.4826 * rest.abs().median()
    return surface.float().reshape(height, width)


def _noise(strokes: Tensor) -> Tensor:
    """Return the level that paper's grain stays below; 0 for a clean picture."""
    middle = strokes.median()
    # 1.4826 makes the median deviation a normal law's standard deviation; beyond four of them lie 3 in 100,000
    return middle + 4 * 1.4826 * (strokes - middle).abs().median()


def _without_specks(strokes: Tensor) -> Tensor:
    from scipy.ndimage import label

    touching = torch.ones(3, 3).numpy()  # diagonal neighbours belong together
    parts, count = label((strokes > 0).numpy(), structure=touching)
    part = torch.from_numpy(parts).long()
    weight = torch.zeros(count + 1).index_add_(0, part.flatten(), strokes.flatten())
    kept = weight >= SPECK * weight.sum()
    return strokes * kept[part]


def _cropped(strokes: Tensor) -> Tensor:
    seen = strokes > EDGE
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    return strokes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _boxed(strokes: Tensor, side: int) -> Tensor:
    """Scale the strokes so that their longer side is ``side``, and their blackest pixel 255."""
    height, width = strokes.shape
    scale = side / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    boxed = _resized(strokes, size)
    return boxed * (255 / boxed.max())


def _placed(strokes: Tensor, height: int, width: int) -> Tensor:
    """Put the strokes where their centre of mass falls on the middle, or as near as the field lets them."""
    total = strokes.sum()
    field = torch.zeros(height, width, dtype=torch.uint8)
    corner = []
    for axis, length in ((0, height), (1, width)):
        profile = strokes.sum(1 - axis)
        centre = float((profile * torch.arange(len(profile))).sum() / total)
        corner.append(min(max(round(length / 2 - centre), 0), length - len(profile)))
    top, left = corner
    rows, columns = strokes.shape
    field[top : top + rows, left : left + columns] = strokes.round().to(torch.uint8)
    return field


def _shrunk(grey: Tensor, longest: int) -> Tensor:
    scale = longest / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(length * scale)) for length in grey.shape)
    rows = max(1, TILE // grey.shape[1])
    # across first, as Pillow does; in bands, for numbers take four times the bytes of grey
    narrow = [_resized(band.float(), (len(band), width)) for band in grey.split(rows)]
    return _resized(torch.cat(narrow), (height, width))


def _resized(grey: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(grey.shape) == size:
        return grey
    from PIL import Image

    shrinks = size[0] * size[1] < grey.numel()
    # the mean over each new pixel's area keeps strokes sharper than a wider filter does
    kind = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    image = Image.fromarray(grey.numpy()).resize((size[1], size[0]), kind)
    return torch.from_numpy(np.array(image))
