"""Fully connected: ``F128``; whatever comes in is read as one vector."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from .layer import Field, Shape


class _Dense(nn.Linear):
    def reset_parameters(self) -> None:
        """Set zeros: the initialisation draws with a generator of its own, and nobody draws twice."""
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

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
