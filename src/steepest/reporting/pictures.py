"""Images of a split as PNG files and as data URIs."""

import io
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..data.dataset import Split
from .sheet import drawable

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 64  # pixels: up to here an image is enlarged, so that its pixels can be seen
ENLARGED = 4
THUMBNAIL = 160  # pixels: twice the width of a picture in the report, for sharp screens


def pictures(split: Split, rows: Sequence[int]) -> "list[Image]":
    """Return the images at these rows, at their own size."""
    from PIL import Image

    if not rows:
        return []
    shown = drawable(split.take(torch.tensor(rows)))
    return [Image.fromarray(np.rint(each * 255).astype(np.uint8)) for each in shown]


def enlarged(picture: "Image") -> "Image":
    """Return a small picture four times as large, each pixel a block; a larger one as it is."""
    from PIL import Image

    if max(picture.size) > SMALL:
        return picture
    width, height = picture.size
    return picture.resize((ENLARGED * width, ENLARGED * height), Image.Resampling.NEAREST)


def png(picture: "Image") -> bytes:
    """Return a picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def data_uri(picture: "Image") -> str:
    """Return a picture as a URI that holds its own bytes; a large one is reduced to a thumbnail."""
    from PIL import Image

    if max(picture.size) > THUMBNAIL:
        picture = picture.copy()
        picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return full_uri(picture)


def full_uri(picture: "Image") -> str:
    """Return a picture, as large as it is, as a URI that holds its own bytes."""
    return f"data:image/png;base64,{b64encode(png(picture)).decode()}"
