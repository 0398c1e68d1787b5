"""Layers that look at no neighbour: activations, dropout, the two normalisations; and the fully connected one."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import ShapeError
from .layer import Field, Shape, counts_nothing, learns_nothing, require_maps, same_field, same_shape, set_zeros
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
        n = min(self.neighbours, 2 * shape[0] - 1)  # all of them, from each: torch would pad with the rest
        return nn.LocalResponseNorm(n, alpha=1e-4 * n, beta=0.75, k=2.0)  # torch divides alpha by n


def plain(number: float) -> str:
    """Write a fraction without an exponent, whose minus would read as the end of a token.

    >>> plain(0.00001), plain(0.5), plain(0.0)
    ('0.00001', '0.5', '0')
    """
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Dense(nn.Linear):
    reset_parameters = set_zeros

    def forward(self, values: Tensor) -> Tensor:
        """Return [B, outputs] from [B, ...]."""
        return F.linear(values.flatten(1), self.weight, self.bias)


@dataclass(frozen=True)
class Dense:
    """``outputs`` weighted sums of all values that come in: ``y = W x + b``.

    >>> Dense(128).tensors((64, 7, 7))
    {'weight': (128, 3136), 'bias': (128,)}
    """

    outputs: int
    bias: bool = True

    name: ClassVar[str] = "fc"
    kind: ClassVar[str] = "fully connected"

    def __str__(self) -> str:
        return f"F{self.outputs}{'' if self.bias else 'n'}"

    def output_shape(self, shape: Shape) -> Shape:
        """Return [outputs]."""
        return (self.outputs,)

    def tensors(self, shape: Shape) -> dict[str, Shape]:
        """Return W [outputs, inputs] and b [outputs]."""
        weight = {"weight": (self.outputs, prod(shape))}
        return weight | ({"bias": (self.outputs,)} if self.bias else {})

    def multiply_adds(self, shape: Shape) -> int:
        """Return inputs times outputs."""
        return self.outputs * prod(shape)

    def field(self, before: Field, shape: Shape) -> Field:
        """Return the field of everything that comes in."""
        return before.through((shape[1], shape[2])) if len(shape) == 3 else before

    def build(self, shape: Shape) -> nn.Module:
        """Return an ``nn.Linear`` that flattens by itself, with zero weights."""
        return _Dense(prod(shape), self.outputs, bias=self.bias)
