"""What a network is made of, row by row: shapes, parameters, receptive fields, multiply-adds and sizes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ..errors import LONGEST_NAME, ShapeError, UserError, spelled
from ..lazy import brief, html_of
from .composite import Placed, Residual, check_size, expand, place, write
from .layer import Field, Layer, Shape, parameter_count
from .network import items_of
from .pointwise import Activation, LeakyReLU
from .table import MODELS

BYTES = 4  # of a float32
MEGABYTE = 1024**2


@dataclass(frozen=True)
class Row:
    """One layer at its place.

    Args:
        name: its module's name in the network's body, such as ``conv1`` or ``block2.path.conv1``.
        token: as the notation writes it.
        output_shape: without the batch.
        derivation: how that number comes about, ``32 x (1 x 3 x 3) + 32 = 320``; empty for 0.
        receptive_field: height and width in input pixels, at most the whole input.
        depth: 0, or how many residual blocks it stands in.
    """

    name: str
    token: str
    kind: str
    output_shape: Shape
    parameters: int
    derivation: str
    receptive_field: tuple[int, int]
    multiply_adds: int
    depth: int = 0


@dataclass(frozen=True)
class LayerTable:
    """The rows of a network, and their totals for one image.

    Args:
        input_shape: [C, H, W].
        rows: a residual block's inner layers come before its sum.
        forward_backward_megabytes: every layer's output and its gradient; activation functions are left out,
            since they can work in place.
    """

    notation: str
    input_shape: Shape
    rows: tuple[Row, ...]
    forward_backward_megabytes: float

    def __repr__(self) -> str:
        return brief(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    @property
    def parameters(self) -> int:
        """How many numbers the network learns."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Multiplications, each with its addition, for one image."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def derivation(self) -> str:
        """The sum of the rows' parameters: ``320 + 18,496 + 401,536 + 1,290 = 421,642``."""
        terms = [f"{row.parameters:,}" for row in self.rows if row.parameters]
        return _sum(terms, self.parameters) if len(terms) > 1 else f"{self.parameters:,}"

    @property
    def megabytes(self) -> dict[str, float]:
        """Sizes in MB (1024**2 bytes) of float32: input, forward/backward, parameters, total."""
        sizes = {
            "input": prod(self.input_shape) * BYTES / MEGABYTE,
            "forward/backward": self.forward_backward_megabytes,
            "parameters": self.parameters * BYTES / MEGABYTE,
        }
        return sizes | {"total": sum(sizes.values())}

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain lists, numbers and texts."""
        return {
            "notation": self.notation,
            "input_shape": list(self.input_shape),
            "layers": [
                vars(row) | {"output_shape": list(row.output_shape), "receptive_field": list(row.receptive_field)}
                for row in self.rows
            ],
            "parameters": self.parameters,
            "derivation": self.derivation,
            "multiply_adds": self.multiply_adds,
            "megabytes": self.megabytes,
        }


def layer_table(model: str, shape: tuple[int, int, int] | None = None, classes: int | None = None) -> LayerTable:
    """Return the table of a named model or a notation.

    Args:
        shape: [C, H, W]; None takes the named model's own, and 1x28x28 for a notation.
        classes: adapts a named model; None takes its own.

    Raises:
        UnknownName, NotationError: the model cannot be read.
        ShapeError: a layer does not fit.

    >>> layer_table("cnn-guide").derivation
    '320 + 18,496 + 401,536 + 1,290 = 421,642'
    """
    if shape is None:
        named = spelled(model, MODELS)
        shape = MODELS[named].shape if named else (1, 28, 28)
    items = items_of(model, classes)
    check_size(model, expand(items), shape)
    rows, values = [], 0
    for row, counted in _rows(tuple(place(expand(items), shape)), Field(), shape, 0):
        rows.append(row)
        values += counted
    return LayerTable(write(items), shape, tuple(rows), 2 * values * BYTES / MEGABYTE)


def show(model: str, *, input: str | tuple[int, int, int] | None = None, classes: int | None = None) -> LayerTable:
    """Return a model layer by layer: shapes, parameters, receptive fields, multiply-adds and sizes.

    Args:
        input: the images' [C, H, W], or ``CxHxW``; None takes the named model's own, or 1x28x28.
        classes: adapts a named model, 1 or more.

    Raises:
        UserError: the model cannot be read, a layer does not fit, or classes is below 1.

    >>> show("mlp", classes=3).parameters
    108931
    """
    if classes is not None and classes < 1:
        raise UserError(f"A model tells at least 1 class; classes {classes} came.")
    return layer_table(model, parse_shape(input) if isinstance(input, str) else input, classes)


def parse_shape(text: str) -> tuple[int, int, int]:
    """Return [C, H, W] from ``1x28x28``.

    Raises:
        ShapeError: it is no shape.

    >>> parse_shape("3x32x32")
    (3, 32, 32)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", text, re.IGNORECASE)
    if not found:
        raise ShapeError(
            f"`{text[:LONGEST_NAME]}` is no shape of an image. Write channels x height x width, such as 1x28x28."
        )
    channels, height, width = map(int, found.groups())
    return channels, height, width


def _rows(placed: Sequence[Placed], field: Field, image: Shape, depth: int) -> Iterator[tuple[Row, int]]:
    """Yield each layer's row, and how many output values of it count towards the sizes."""
    for each in placed:
        if isinstance(each.layer, Residual):
            yield from _inner_rows(each, field, image, depth + 1)
        field = each.layer.field(field, each.before)
        counted = 0 if isinstance(each.layer, Activation | LeakyReLU) else prod(each.behind)
        yield _row(each, field, image, depth), counted


def _inner_rows(block: Placed, field: Field, image: Shape, depth: int) -> Iterator[tuple[Row, int]]:
    assert isinstance(block.layer, Residual)
    parts = [each._replace(name=f"{block.name}.{each.name}") for each in block.layer.parts(block.before)]
    for way in ("path", "projection"):
        ours = [each for each in parts if each.name.startswith(f"{block.name}.{way}.")]
        yield from _rows(ours, field, image, depth)


def _row(placed: Placed, field: Field, image: Shape, depth: int) -> Row:
    name, layer, before, behind = placed
    is_sum = isinstance(layer, Residual)  # what it learns stands in the rows of its inner layers
    return Row(
        name=name,
        token="{}" if is_sum else str(layer),
        kind=layer.kind,
        output_shape=behind,
        parameters=0 if is_sum else parameter_count(layer, before),
        derivation="" if is_sum else _derivation(layer, before),
        receptive_field=(min(field.size[0], image[1]), min(field.size[1], image[2])),
        multiply_adds=0 if is_sum else layer.multiply_adds(before),
        depth=depth,
    )


def _derivation(layer: Layer, before: Shape) -> str:
    tensors = layer.tensors(before).values()
    return _sum([_product(shape) for shape in tensors], parameter_count(layer, before))


def _product(shape: Shape) -> str:
    first, *rest = (f"{side:,}" for side in shape)
    inner = " x ".join(rest)
    return f"{first} x ({inner})" if len(rest) > 1 else " x ".join([first, *rest])


def _sum(terms: Sequence[str], total: int) -> str:
    return f"{' + '.join(terms)} = {total:,}" if terms else ""
