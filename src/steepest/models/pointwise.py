"""Layers that keep the shape and look at no neighbour: activations, dropout and the two normalisations."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from torch import nn

from ..errors import ShapeError
from .layer import (
    Shape,
    counts_nothing,
    learns_nothing,
    require_maps,
    same_field,
    same_shape,
)
from .modules import Dropout

ACTIVATIONS: dict[str, tuple[str, Callable[[], nn.Module]]] = {
    "R": ("ReLU", nn.ReLU),
    "S": ("sigmoid", nn.Sigmoid),
    "T": ("tanh", nn.Tanh),
    "GELU": ("GELU", nn.GELU),
    "SiLU": ("SiLU", nn.SiLU),
    "ELU": ("ELU", nn.ELU),
    "Softmax": ("softmax", lambda: nn.Softmax(dim=1)),
}
"""Token -> what a table calls it, and its module."""


@dataclass(frozen=True)
class Activation:
    """A function of each value by itself; ``Softmax``, which divides by the sum over channels, too.

    Args:
        token: a key of ``ACTIVATIONS``.

    >>> Activation("R").kind
    'ReLU'
    """

    token: str

    output_shape = same_shape
    tensors = learns_nothing
    multiply_adds = counts_nothing
    field = same_field

    def __str__(self) -> str:
        return self.token

    @property
    def name(self) -> str:
        """Its function's name in small letters."""
        return self.kind.lower()

    @property
    def kind(self) -> str:
        """Its function's name."""
        return ACTIVATIONS[self.token][0]

    def build(self, shape: Shape) -> nn.Module:
        """Return torch's module for the function."""
        return ACTIVATIONS[self.token][1]()


@dataclass(frozen=True)
class LeakyReLU:
    """``max(x, slope * x)``; 0.01 is the slope of Maas et al. 2013, who named it.

    >>> str(LeakyReLU(0.1))
    'LeakyReLU0.1'
    """

    slope: float = 0.01

    name: ClassVar[str] = "relu"
    kind: ClassVar[str] = "leaky ReLU"

    output_shape = same_shape
    tensors = learns_nothing
    multiply_adds = counts_nothing
    field = same_field

    def __str__(self) -> str:
        return f"LeakyReLU{plain(self.slope)}"

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.LeakyReLU``."""
        return nn.LeakyReLU(self.slope)


@dataclass(frozen=True)
class Drop:
    """In training, each value is set to zero with a probability, and the others are scaled up.

    Raises:
        ShapeError: the probability is not in [0, 1).
    """

    probability: float

    name: ClassVar[str] = "drop"
    kind: ClassVar[str] = "dropout"

    output_shape = same_shape
    tensors = learns_nothing
    multiply_adds = counts_nothing
    field = same_field

    def __post_init__(self) -> None:
        if not 0 <= self.probability < 1:
            raise ShapeError(f"`{self}` drops everything: a probability is at least 0 and below 1.")

    def __str__(self) -> str:
        return f"D{plain(self.probability)}"

    def build(self, shape: Shape) -> nn.Module:
        """Return our own ``Dropout``, which draws from a generator of its own."""
        return Dropout(self.probability)


@dataclass(frozen=True)
class BatchNorm:
    """Each channel brought to mean 0 and deviation 1 over the batch, then scaled and shifted as learnt.

    Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    name: ClassVar[str] = "norm"
    kind: ClassVar[str] = "batch norm"

    output_shape = same_shape
    multiply_adds = counts_nothing
    field = same_field

    def __str__(self) -> str:
        return "B"

    def tensors(self, shape: Shape) -> dict[str, Shape]:
        """Return a scale and a shift per channel."""
        return {"weight": (shape[0],), "bias": (shape[0],)}

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.BatchNorm2d`` for maps, an ``nn.BatchNorm1d`` for a vector."""
        return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])


@dataclass(frozen=True)
class LocalResponseNorm:
    """``x / (2 + 1e-4 * sum of x**2 over the n neighbouring channels) ** 0.75``, as AlexNet has it.

    Source: Krizhevsky, Sutskever and Hinton 2012, section 3.3.
    """

    neighbours: int

    name: ClassVar[str] = "norm"
    kind: ClassVar[str] = "response norm"

    tensors = learns_nothing
    multiply_adds = counts_nothing
    field = same_field

    def __str__(self) -> str:
        return f"L{self.neighbours}"

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape as it came; only maps have channels beside one another."""
        require_maps(self, shape)
        return shape

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.LocalResponseNorm``."""
        n = self.neighbours
        return nn.LocalResponseNorm(n, alpha=1e-4 * n, beta=0.75, k=2.0)  # torch divides alpha by n


def plain(number: float) -> str:
    """Write a fraction without an exponent, whose minus would read as the end of a token.

    >>> plain(0.00001), plain(0.5), plain(0.0)
    ('0.00001', '0.5', '0')
    """
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
