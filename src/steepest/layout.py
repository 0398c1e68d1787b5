"""How one flat vector of P numbers spells a model's tensors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Self

import torch
from torch import Tensor, nn

from .errors import ShapeError


@dataclass(frozen=True)
class Layout:
    """The names and shapes of P numbers, in the order in which one flat vector holds them.

    >>> layout = Layout.of(nn.Linear(3, 2))
    >>> layout.count, layout.names
    (8, ('weight', 'bias'))
    >>> layout.unflatten(torch.arange(8.0))["bias"]
    tensor([6., 7.])
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, model: nn.Module) -> Self:
        """Return the layout of a model's trainable parameters, in the order of ``named_parameters``."""
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        return cls.of_tensors(trained)

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """Return the layout of named tensors, in the mapping's order."""
        return cls(tuple(tensors), tuple(tuple(each.shape) for each in tensors.values()))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers each tensor has."""
        return tuple(prod(shape) for shape in self.shapes)

    @property
    def count(self) -> int:
        """P: how many numbers there are in all."""
        return sum(self.sizes)

    def flatten(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Return a new [P] vector with the tensors' numbers.

        Raises:
            ShapeError: a tensor is missing, unknown, or has another shape.
        """
        if set(tensors) != set(self.names):
            odd = sorted(set(tensors) ^ set(self.names))
            raise ShapeError(f"The tensors do not fit the model: {', '.join(odd)} on one side only.")
        for name, shape in zip(self.names, self.shapes, strict=True):
            if tuple(tensors[name].shape) != shape:
                came = list(tensors[name].shape)
                raise ShapeError(f"`{name}` has shape {came}; the model takes {list(shape)}.")
        return torch.cat([tensors[name].detach().reshape(-1) for name in self.names])

    def views(self, params: Tensor) -> list[Tensor]:
        """Return the tensors as views into a [P] vector, in order."""
        pieces = torch.split(params, list(self.sizes))
        return [piece.view(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def unflatten(self, params: Tensor) -> dict[str, Tensor]:
        """Return the tensors by name, as views into a [P] vector."""
        return dict(zip(self.names, self.views(params), strict=True))

    def map(self, function: Callable[..., Tensor], *vectors: Tensor) -> Tensor:
        """Return the [P] vector of ``function`` applied tensor by tensor.

        Args:
            function: takes one tensor from each vector, returns a tensor of the same shape.
            vectors: one or more [P] vectors.
        """
        columns: Iterable[tuple[Tensor, ...]] = zip(*map(self.views, vectors), strict=True)
        return torch.cat([function(*tensors).reshape(-1) for tensors in columns])
