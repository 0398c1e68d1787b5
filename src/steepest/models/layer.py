"""What every layer of a notation answers: its token, its output shape, its tensors and its window.

A layer is a frozen value; nothing in it depends on the shape it is put on. From one list of layers come the
modules, the shape table and whatever else takes a network apart.
"""

from dataclasses import dataclass
from math import prod
from typing import Protocol

from torch import nn

from ..errors import ShapeError

Shape = tuple[int, ...]
"""What flows between layers, without the batch: maps ``(C, H, W)`` or a vector ``(F,)``."""


@dataclass(frozen=True)
class Field:
    """The patch of the input that one output value can see, and how far apart neighbours' patches lie.

    Args:
        size: height and width of the patch, in input pixels.
        jump: input pixels between the patches of neighbouring outputs.
    """

    size: tuple[int, int] = (1, 1)
    jump: int = 1

    def through(self, kernel: tuple[int, int], stride: int = 1) -> "Field":
        """Return the field behind a window of ``kernel`` that moves by ``stride``.

        size' = size + (kernel - 1) * jump;  jump' = jump * stride

        >>> Field().through((3, 3)).through((2, 2), stride=2).through((3, 3)).size
        (8, 8)
        """
        height, width = (seen + (side - 1) * self.jump for seen, side in zip(self.size, kernel, strict=True))
        return Field((height, width), self.jump * stride)


class Layer(Protocol):
    """One layer of a network, as the notation writes it."""

    @property
    def name(self) -> str:
        """What its module is called in a network, without the number: ``conv``."""

    @property
    def kind(self) -> str:
        """What it is called in a table: ``convolution``."""

    def __str__(self) -> str:
        """Return the token that parses to an equal layer."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape behind the layer; raises ShapeError with the arithmetic where none fits."""

    def tensors(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of its trainable tensors by name."""

    def multiply_adds(self, shape: Shape) -> int:
        """Return the multiplications, each with its addition, for one image."""

    def field(self, before: Field, shape: Shape) -> Field:
        """Return the receptive field behind the layer."""

    def build(self, shape: Shape) -> nn.Module:
        """Return a module for inputs ``[B, *shape]``; its weights are zeros until initialised."""


def same_shape(layer: object, shape: Shape) -> Shape:
    """Return the shape as it came: the method of every layer that keeps it."""
    return shape


def same_field(layer: object, before: Field, shape: Shape) -> Field:
    """Return the field as it came: the method of every layer that looks at no neighbour."""
    return before


def learns_nothing(layer: object, shape: Shape) -> dict[str, Shape]:
    """Return no tensors: the method of every layer that has nothing to learn."""
    return {}


def counts_nothing(layer: object, shape: Shape) -> int:
    """Return 0: only convolutions and fully connected layers have multiply-adds that count."""
    return 0


def set_zeros(module: nn.Conv2d | nn.Linear) -> None:
    """Set weights and bias to 0: the initialisation draws with a generator of its own, and nobody draws twice."""
    nn.init.zeros_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def parameter_count(layer: Layer, shape: Shape) -> int:
    """Return how many numbers a layer learns on inputs of a shape."""
    return sum(prod(each) for each in layer.tensors(shape).values())


def require_maps(layer: Layer, shape: Shape) -> None:
    """Refuse a vector where maps are needed.

    Raises:
        ShapeError: the shape is not [C, H, W].
    """
    if len(shape) != 3:
        raise ShapeError(
            f"`{layer}` takes maps [C, H, W]; what comes before it gives a vector {list(shape)}. "
            "Put it before the first F."
        )


def slide(layer: Layer, size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many places a window of one side has: ``(size - kernel + 2 padding) // stride + 1``.

    Raises:
        ShapeError: there is no place.
    """
    places = (size - kernel + 2 * padding) // stride + 1
    if places < 1:
        raise ShapeError(
            f"`{layer}` does not fit: {kernel}x{kernel} on a {size}x{size} map: "
            f"({size} - {kernel} + {2 * padding}) // {stride} + 1 = {places}."
        )
    return places
