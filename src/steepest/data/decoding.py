"""Image files decoded by Pillow: which formats, how large at most, and what each kind of pixel becomes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

# what cameras, scanners and drawing programs write; fewer decoders are fewer ways in for a hostile file
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
# more than a telephone's camera gives, and 192 MB once decoded to colour
MAXIMUM_PIXELS = 64_000_000
ORIENTATION = 0x0112  # the EXIF tag; its values 5 to 8 turn the picture by a quarter
# 65535 / 255: the brightest 16-bit grey becomes the brightest 8-bit grey
WIDE_TO_BYTE = 257


def decode(path: Path) -> Tensor:
    """Return a file's picture, [1, H, W] uint8 if every pixel is grey, else [3, H, W].

    EXIF orientation is applied; transparent parts lie on white; 16-bit grey is divided by 257; palettes,
    CMYK and 1-bit images become 8-bit grey or RGB; of several frames or pages the first is taken. Colour
    profiles are not applied.

    Raises:
        DataError: a sentence without its subject, for the caller to put the file's name before.
    """
    with _opened(path) as image:
        return _pixels(image)


def size_of(path: Path) -> tuple[int, int]:
    """Return a file's (height, width) once turned upright; reads little more than its header.

    Raises:
        DataError: as ``decode``.
    """
    with _opened(path) as image:
        turned = image.getexif().get(ORIENTATION) in (5, 6, 7, 8)
        width, height = image.size
    return (width, height) if turned else (height, width)


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    """Open an image file, and turn whatever goes wrong with it into one sentence."""
    from PIL import Image, UnidentifiedImageError

    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise DataError("is a folder" if path.is_dir() else "is no ordinary file")
    too_large = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=FORMATS) as image:
            _check_size(*image.size)
            yield image
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError("does not exist") from error
    except PermissionError as error:
        raise DataError("may not be read") from error
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        what = "is empty" if empty else f"is no image of a known format ({', '.join(FORMATS)})"
        raise DataError(what) from error
    except too_large as error:
        raise DataError(f"has more than {MAXIMUM_PIXELS // 10**6} million pixels") from error
    # a decoder meets damaged bytes with whatever its code runs into: OSError, SyntaxError, IndexError, ...
    except Exception as error:
        raise DataError(f"is damaged ({error})") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise DataError(
            f"is {width}x{height}; more than {MAXIMUM_PIXELS // 10**6} million pixels are not decoded"
        )


def _pixels(image: Image) -> Tensor:
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        return _wide(image)
    if image.mode == "F":
        raise DataError(
            "has floating-point pixels, whose range is not known; save it with 8 or 16 bits"
        )
    if image.has_transparency_data:
        image = _on_white(image)
    if image.mode in ("1", "L"):
        return _tensor(image.convert("L"))
    return _grey_if_grey(_tensor(image.convert("RGB")))


def _wide(image: Image) -> Tensor:
    """Return 16-bit grey as 8-bit grey, rounded and not clipped."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65_535:
        raise DataError("has 32-bit pixels, whose range is not known; save it with 8 or 16 bits")
    return torch.from_numpy(((values + WIDE_TO_BYTE // 2) // WIDE_TO_BYTE).astype(np.uint8))[None]


def _on_white(image: Image) -> Image:
    from PIL import Image as ImageModule

    white = ImageModule.new("RGBA", image.size, "white")
    return ImageModule.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def _grey_if_grey(colours: Tensor) -> Tensor:
    red, green, blue = colours
    grey = torch.equal(red, green) and torch.equal(green, blue)
    return colours[:1] if grey else colours


def _tensor(image: Image) -> Tensor:
    values = torch.from_numpy(np.array(image))
    return values[None] if values.ndim == 2 else values.permute(2, 0, 1).contiguous()
