"""The operations that an augmentation is made of: what each draws for an image, and what it does.

An operation takes ``draws`` uniform numbers in [0, 1) for each image, whatever comes of them. The first decides
whether the image is changed at all, with ``probability``, the others by how much. ``maps`` gives the operation as
affine maps, ``apply`` does it exactly, pixel by pixel; an operation has one of the two, or both.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import ShapeError, UserError
from .affine import magnification, rotation, translation


@runtime_checkable
class Operation(Protocol):
    """What every operation can say of itself."""

    name: ClassVar[str]
    draws: ClassVar[int]

    def check(self, height: int, width: int) -> None:
        """Refuse images of a size that the operation cannot work on."""


@runtime_checkable
class Affine(Operation, Protocol):
    """An operation that is an affine map of the image, so that neighbours merge into one resampling."""

    def maps(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Return the maps [B, 3, 3] for draws [B, n]."""


@runtime_checkable
class Exact(Operation, Protocol):
    """An operation that moves or replaces pixels without interpolating."""

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the changed images [B, C, H, W] for draws [B, n]."""


def takes_any_size(operation: object, height: int, width: int) -> None:
    """Accept images of any size: the method of every operation that works on all of them."""


@dataclass(frozen=True)
class Shift:
    """Move the image by a whole number of pixels, uniform in ±pixels on both axes; 0 moves in.

    Args:
        pixels: how far at most, fewer than the image is wide or high.
    """

    pixels: int
    probability: float = 1.0
    name: ClassVar[str] = "shift"
    draws: ClassVar[int] = 3

    def __post_init__(self) -> None:
        check_whole(self.name, "pixels", self.pixels, 0)
        check_number(self.name, "probability", self.probability, 0, 1)

    def check(self, height: int, width: int) -> None:
        """Refuse images that could be moved out of sight."""
        check_fits(self.name, self.pixels, min(height, width) - 1, height, width)

    def maps(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Return the maps [B, 3, 3] for draws [B, 3]."""
        down, right = self._moves(draws).T
        return translation(right.float(), down.float())

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the moved images: from each padded image, the window that its draw names."""
        height, width = images.shape[2:]
        padded = F.pad(images, (self.pixels,) * 4)
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)
        down, right = (self.pixels - self._moves(draws)).T
        return windows[torch.arange(len(images), device=images.device), :, down, right]

    def _moves(self, draws: Tensor) -> Tensor:
        moves = whole(draws[:, 1:], 2 * self.pixels + 1) - self.pixels
        return moves * chosen(draws, self.probability)[:, None]


@dataclass(frozen=True)
class Rotate:
    """Turn the image about its centre by an angle uniform in ±degrees.

    Args:
        degrees: the largest angle, 0 to 180.
    """

    degrees: float
    probability: float = 1.0
    name: ClassVar[str] = "rotate"
    draws: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_number(self.name, "degrees", self.degrees, 0, 180)
        check_number(self.name, "probability", self.probability, 0, 1)

    check = takes_any_size

    def maps(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Return the maps [B, 3, 3] for draws [B, 2]."""
        angle = self.degrees * (2 * draws[:, 1] - 1)
        return rotation(angle * chosen(draws, self.probability))


@dataclass(frozen=True)
class Scale:
    """Enlarge or shrink the image about its centre by a factor uniform in [1 - amount, 1 + amount].

    Args:
        amount: 0 to 0.9, for beyond that nothing of the image is left.
    """

    amount: float
    probability: float = 1.0
    name: ClassVar[str] = "scale"
    draws: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_number(self.name, "amount", self.amount, 0, 0.9)
        check_number(self.name, "probability", self.probability, 0, 1)

    check = takes_any_size

    def maps(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Return the maps [B, 3, 3] for draws [B, 2]."""
        factor = 1 + self.amount * (2 * draws[:, 1] - 1) * chosen(draws, self.probability)
        return magnification(factor, factor)


@dataclass(frozen=True)
class Crop:
    """Cut out the square at the image's centre and resize it to the whole, bilinear.

    At its rim the result mixes in a share of the pixel beyond the cut, where a resize of the cut alone would
    repeat the last pixel.

    Args:
        size: the square's side in pixels, at most the image's shorter side.
    """

    size: int
    probability: float = 1.0
    name: ClassVar[str] = "crop"
    draws: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_whole(self.name, "size", self.size, 1)
        check_number(self.name, "probability", self.probability, 0, 1)

    def check(self, height: int, width: int) -> None:
        """Refuse images smaller than the square."""
        check_fits(self.name, self.size, min(height, width), height, width)

    def maps(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Return the maps [B, 3, 3] for draws [B, 1]."""
        changed = chosen(draws, self.probability)
        one = torch.ones_like(draws[:, 0])
        across, along = one * (width / self.size), one * (height / self.size)
        return magnification(torch.where(changed, across, one), torch.where(changed, along, one))


@dataclass(frozen=True)
class Flip:
    """Mirror the image left to right."""

    probability: float = 0.5
    name: ClassVar[str] = "flip"
    draws: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_number(self.name, "probability", self.probability, 0, 1)

    check = takes_any_size

    def maps(self, draws: Tensor, height: int, width: int) -> Tensor:
        """Return the maps [B, 3, 3] for draws [B, 1]."""
        across = torch.where(chosen(draws, self.probability), -1.0, 1.0)
        return magnification(across, torch.ones_like(across))

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the images, the chosen ones mirrored."""
        mirrored = chosen(draws, self.probability)[:, None, None, None]
        return torch.where(mirrored, images.flip(3), images)


@dataclass(frozen=True)
class Erase:
    """Overwrite a square that lies anywhere inside the image.

    Args:
        size: the square's side in pixels, at most the image's shorter side.
        fill: ``zero``, or ``mean`` for the mean of each image's channel.

    Source: after Zhong et al. 2017, https://arxiv.org/abs/1708.04896, with a square of one size.
    """

    size: int
    fill: Literal["zero", "mean"] = "zero"
    probability: float = 1.0
    name: ClassVar[str] = "erase"
    draws: ClassVar[int] = 3

    def __post_init__(self) -> None:
        check_whole(self.name, "size", self.size, 1)
        if self.fill not in ("zero", "mean"):
            raise UserError(f"`{self.name}` came with fill={self.fill}; fill is `zero` or `mean`.")
        check_number(self.name, "probability", self.probability, 0, 1)

    def check(self, height: int, width: int) -> None:
        """Refuse images smaller than the square."""
        check_fits(self.name, self.size, min(height, width), height, width)

    def apply(self, images: Tensor, draws: Tensor) -> Tensor:
        """Return the images, the chosen ones without their square."""
        height, width = images.shape[2:]
        rows = self._within(draws[:, 1], height)
        columns = self._within(draws[:, 2], width)
        square = rows[:, None, :, None] & columns[:, None, None, :]
        square &= chosen(draws, self.probability)[:, None, None, None]
        if self.fill == "mean":
            return torch.where(square, images.mean((2, 3), keepdim=True), images)
        return images.masked_fill(square, 0)

    def _within(self, draw: Tensor, length: int) -> Tensor:
        """Say which of ``length`` positions lie in each image's square, [B, length]."""
        start = whole(draw, length - self.size + 1)[:, None]
        position = torch.arange(length, device=draw.device)
        return (position >= start) & (position < start + self.size)


KINDS: tuple[type[Operation], ...] = (Shift, Rotate, Scale, Crop, Flip, Erase)
OPERATIONS = {kind.name: kind for kind in KINDS}


def check_number(name: str, key: str, value: float, low: float, high: float) -> None:
    """Refuse a value that is no number from low to high.

    Raises:
        UserError: says what came, and the range.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise UserError(f"`{name}` came with {key}={value}; {key} is a number from {low:g} to {high:g}.")


def check_whole(name: str, key: str, value: int, low: int) -> None:
    """Refuse a value that is no whole number from low up.

    Raises:
        UserError: says what came, and the range.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < low:
        raise UserError(f"`{name}` came with {key}={value}; {key} is a whole number from {low} up.")


def check_fits(name: str, amount: int, limit: int, height: int, width: int) -> None:
    """Refuse an amount of pixels above what images of height x width allow.

    Raises:
        ShapeError: says what would fit.
    """
    if amount > limit:
        raise ShapeError(
            f"`{name}:{amount}` does not fit images of {height}x{width}; at most {name}:{limit} does."
        )


def chosen(draws: Tensor, probability: float) -> Tensor:
    """Say which images [B] the first of their draws [B, n] lets an operation change."""
    return draws[:, 0] < probability


def whole(draw: Tensor, count: int) -> Tensor:
    """Return whole numbers 0..count-1, int64, each as likely, from uniform draws in [0, 1)."""
    return (draw * count).long()
