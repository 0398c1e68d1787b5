"""Windows: ``32C3s2p1`` is 32 filters of 3x3, stride 2, padding 1; ``M2``, ``A2`` and ``G`` pool."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from torch import nn

from ..errors import ShapeError
from .layer import Field, Shape, counts_nothing, learns_nothing, require_maps, set_zeros, slide


class _Convolution(nn.Conv2d):
    reset_parameters = set_zeros


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
        sides = (slide(self, side, self.kernel, self.stride, self.padding) for side in (height, width))
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


@dataclass(frozen=True)
class Pool:
    """A window of kernel x kernel that moves by ``stride`` and keeps its largest value or its mean.

    A mean counts padded zeros as values, like torch's.

    Args:
        letter: ``M`` for the largest value, ``A`` for the mean.
        stride: 0 stands for the kernel, so that windows neither overlap nor leave gaps.
        padding: at most half the kernel, so that no window lies wholly outside.

    >>> Pool("M", 3, stride=2, padding=1).output_shape((16, 28, 28))
    (16, 14, 14)
    """

    letter: str
    kernel: int
    stride: int = 0
    padding: int = 0

    name: ClassVar[str] = "pool"

    tensors = learns_nothing
    multiply_adds = counts_nothing

    def __post_init__(self) -> None:
        if self.padding > self.kernel // 2:
            raise ShapeError(
                f"`{self}` pads {self.padding}, more than half its kernel {self.kernel}: "
                f"at most {self.kernel // 2}."
            )
        if not self.stride:
            object.__setattr__(self, "stride", self.kernel)

    def __str__(self) -> str:
        stride = f"s{self.stride}" if self.stride not in (0, self.kernel) else ""
        padding = f"p{self.padding}" if self.padding else ""
        return f"{self.letter}{self.kernel}{stride}{padding}"

    @property
    def kind(self) -> str:
        """``max-pool`` or ``average-pool``."""
        return "max-pool" if self.letter == "M" else "average-pool"

    def output_shape(self, shape: Shape) -> Shape:
        """Return [C, H', W'] with ``H' = (H - kernel + 2 padding) // stride + 1``."""
        require_maps(self, shape)
        channels, *sides = shape
        places = (slide(self, side, self.kernel, self.stride, self.padding) for side in sides)
        return (channels, *places)

    def field(self, before: Field, shape: Shape) -> Field:
        """Return the field behind the window."""
        return before.through((self.kernel, self.kernel), self.stride)

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.MaxPool2d`` or ``nn.AvgPool2d``."""
        kind = nn.MaxPool2d if self.letter == "M" else nn.AvgPool2d
        return kind(self.kernel, self.stride, self.padding)


@dataclass(frozen=True)
class GlobalAverage:
    """The mean of each whole map: [C, H, W] -> [C, 1, 1].

    >>> GlobalAverage().output_shape((64, 7, 7))
    (64, 1, 1)
    """

    name: ClassVar[str] = "pool"
    kind: ClassVar[str] = "global average"

    tensors = learns_nothing
    multiply_adds = counts_nothing

    def __str__(self) -> str:
        return "G"

    def output_shape(self, shape: Shape) -> Shape:
        """Return [C, 1, 1]."""
        require_maps(self, shape)
        return (shape[0], 1, 1)

    def field(self, before: Field, shape: Shape) -> Field:
        """Return the field of the whole map."""
        _, height, width = shape
        return before.through((height, width))

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.AdaptiveAvgPool2d``."""
        return nn.AdaptiveAvgPool2d(1)
