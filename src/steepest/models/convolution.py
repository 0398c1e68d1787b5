"""Convolution: ``32C3s2p1`` is 32 filters of 3x3, stride 2, padding 1."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from torch import nn

from ..errors import ShapeError
from .layer import Field, Shape, require_maps, slide


class _Convolution(nn.Conv2d):
    def reset_parameters(self) -> None:
        """Set zeros: the initialisation draws with a generator of its own, and nobody draws twice."""
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


@dataclass(frozen=True)
class Convolution:
    """``filters`` windows of kernel x kernel over all channels (over a group's, where groups > 1).

    Raises:
        ShapeError: the padding is as large as the kernel.

    >>> Convolution(32, 3, padding=1).output_shape((1, 28, 28))
    (32, 28, 28)
    >>> str(Convolution(96, 11, stride=4))
    '96C11s4'
    """

    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True

    name: ClassVar[str] = "conv"
    kind: ClassVar[str] = "convolution"

    def __post_init__(self) -> None:
        if self.padding >= self.kernel:
            raise ShapeError(
                f"`{self}` pads {self.padding}: beyond {self.kernel - 1} a {self.kernel}x{self.kernel} window "
                "sees nothing but padding."
            )

    def __str__(self) -> str:
        stride = f"s{self.stride}" if self.stride != 1 else ""
        padding = f"p{self.padding}" if self.padding else ""
        groups = f"g{self.groups}" if self.groups != 1 else ""
        return f"{self.filters}C{self.kernel}{stride}{padding}{groups}{'' if self.bias else 'n'}"

    def output_shape(self, shape: Shape) -> Shape:
        """Return [filters, H', W'] with ``H' = (H - kernel + 2 padding) // stride + 1``."""
        require_maps(self, shape)
        channels, height, width = shape
        if channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"`{self}` does not fit: {self.groups} groups cannot share {channels} channels and "
                f"{self.filters} filters evenly."
            )
        sides = (
            slide(self, side, self.kernel, self.stride, self.padding) for side in (height, width)
        )
        return (self.filters, *sides)

    def tensors(self, shape: Shape) -> dict[str, Shape]:
        """Return the kernels [filters, C / groups, kernel, kernel] and the bias [filters]."""
        weight = (self.filters, shape[0] // self.groups, self.kernel, self.kernel)
        return {"weight": weight} | ({"bias": (self.filters,)} if self.bias else {})

    def multiply_adds(self, shape: Shape) -> int:
        """Return ``H' W'`` times the number of kernel weights."""
        _, height, width = self.output_shape(shape)
        return height * width * prod(self.tensors(shape)["weight"])

    def field(self, before: Field, shape: Shape) -> Field:
        """Return the field behind the window."""
        return before.through((self.kernel, self.kernel), self.stride)

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.Conv2d`` with zero weights."""
        return _Convolution(
            shape[0],
            self.filters,
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            groups=self.groups,
            bias=self.bias,
        )
