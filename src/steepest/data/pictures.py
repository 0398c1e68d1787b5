"""A picture from any image file, brought into the form of the images that a network was trained on."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, ShapeError
from .dataset import Style
from .decoding import decode
from .digit_style import as_digit


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
    picture: Tensor,
    *,
    shape: tuple[int, int, int],
    style: Style = "picture",
    name: str = "The picture",
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
        raise ShapeError(
            f"The network takes {channels} channels; a picture has 1 (grey) or 3 (red, green, blue)."
        )
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

    rows = picture[0] if len(picture) == 1 else picture.permute(1, 2, 0)
    image = Image.fromarray(rows.contiguous().numpy())
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
    luminance = (picture.float() * weights[:, None, None]).sum(0, keepdim=True)
    return luminance.round().clamp(0, 255).to(torch.uint8)
