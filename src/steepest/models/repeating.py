"""Channels repeated: ``X3`` makes three channels of one, so that grey images enter a network for colour ones."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from .layer import (
    Shape,
    counts_nothing,
    learns_nothing,
    require_maps,
    same_field,
)


class _Repeated(nn.Module):
    """All channels in their order, then all of them again, ``times`` times in all."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps [B, times C, H, W] for [B, C, H, W]."""
        return maps.repeat(1, self.times, 1, 1)

    def extra_repr(self) -> str:
        """Say how often."""
        return f"times={self.times}"


@dataclass(frozen=True)
class Repeat:
    """The channels of maps, ``times`` times over: [C, H, W] -> [times C, H, W].

    >>> Repeat(3).output_shape((1, 28, 28))
    (3, 28, 28)
    """

    times: int

    name: ClassVar[str] = "repeat"
    kind: ClassVar[str] = "channels repeated"

    tensors = learns_nothing
    multiply_adds = counts_nothing
    field = same_field

    def __str__(self) -> str:
        return f"X{self.times}"

    def output_shape(self, shape: Shape) -> Shape:
        """Return [times C, H, W]."""
        require_maps(self, shape)
        channels, *sides = shape
        return (self.times * channels, *sides)

    def build(self, shape: Shape) -> nn.Module:
        """Return a module that repeats the channels."""
        return _Repeated(self.times)
