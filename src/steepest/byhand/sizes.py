"""Output sizes, receptive fields and parameter counts of a network, each with its arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from ..errors import ShapeError, UserError
from ..models import LayerTable, layer_table
from ..models.composite import Placed, Residual, expand, place
from ..models.convolution import Convolution
from ..models.layer import Field, Shape
from ..models.network import items_of
from ..models.pooling import GlobalAverage, Pool
from .geometry import Geometry, arithmetic, places


@dataclass(frozen=True)
class SizeRow:
    """One layer's size and receptive field, worked out.

    Args:
        token: as the notation writes the layer.
        shape: behind it, without the batch.
        size: how its height came about; where width differs, both. '' where the size stays.
        field: how the receptive field came about, in pixels of the input; '' where it stays.
        jump: how far apart the fields of neighbouring values lie; '' where it stays.
    """

    token: str
    shape: Shape
    size: str = ""
    field: str = ""
    jump: str = ""


def size_rows(model: str, shape: tuple[int, int, int] | None = None) -> tuple[SizeRow, ...]:
    """Return every layer of a named model or notation with the arithmetic of its size and receptive field.

    A residual block is one row: its path's last layer gives its size, its inner layers its field.

    Raises:
        UnknownName, NotationError: the model cannot be read.
        ShapeError: a layer does not fit.

    >>> size_rows("8C5p2-M2-F10")[1].size
    '(28 - 2 + 2 x 0) // 2 + 1 = 14'
    """
    table = layer_table(
        model, shape
    )  # refuses what cannot be read, and knows a named model's own shape
    field, rows = Field(), []
    for placed in place(expand(items_of(model)), table.input_shape):
        row, field = _row(placed, field)
        rows.append(row)
    return tuple(rows)


def _row(placed: Placed, field: Field) -> tuple[SizeRow, Field]:
    layer, before, behind = placed.layer, placed.before, placed.behind
    grown = layer.field(field, before)
    if isinstance(layer, Convolution | Pool):
        said = _both(layer, before)
        seen = field_arithmetic(field.size[0], layer.kernel, field.jump)
        jump = f"{field.jump} x {layer.stride} = {grown.jump}" if layer.stride != 1 else ""
        return SizeRow(str(layer), behind, said, seen, jump), grown
    if isinstance(layer, GlobalAverage):
        seen = field_arithmetic(field.size[0], before[1], field.jump)
        return SizeRow(
            str(layer), behind, f"the mean of {before[1]} x {before[2]} = 1", seen
        ), grown
    token = "{}" if isinstance(layer, Residual) else str(layer)
    flattened = len(before) == 3 and len(behind) == 1
    said = f"{' x '.join(map(str, before))} = {prod(before):,} values in" if flattened else ""
    return SizeRow(token, behind, said, _stays(field, grown)), grown


def _both(layer: Convolution | Pool, before: Shape) -> str:
    height, width = (
        arithmetic(side, layer.kernel, layer.stride, layer.padding) for side in before[1:]
    )
    return height if height == width else f"{height}; {width}"


def _stays(field: Field, grown: Field) -> str:
    return "" if field.size == grown.size else f"{grown.size[0]}"


def field_arithmetic(seen: int, kernel: int, jump: int) -> str:
    """Return how a window makes the receptive field grow.

    >>> field_arithmetic(5, 2, 1)
    '5 + (2 - 1) x 1 = 6'
    """
    return f"{seen} + ({kernel} - 1) x {jump} = {seen + (kernel - 1) * jump}"


@dataclass(frozen=True)
class Window:
    """One layer of typed numbers for ``typed_sizes``."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1


def typed_sizes(size: int, windows: Sequence[Window]) -> tuple[SizeRow, ...]:
    """Return the sizes behind windows that follow one another, on a square of ``size`` pixels.

    Raises:
        ShapeError: a window does not fit.
        UserError: a number is outside its range.

    >>> typed_sizes(28, [Window(5, 2, 1)])[0].size
    '(28 - 5 + 2 x 1) // 2 + 1 = 13'
    """
    if size < 1:
        raise UserError(f"The input has at least 1 pixel, not {size}.")
    rows, seen, jump = [], 1, 1
    for each in windows:
        geometry = Geometry((each.kernel, each.kernel), each.stride, each.padding, each.dilation)
        geometry.places(size, size)
        said = arithmetic(size, each.kernel, each.stride, each.padding, each.dilation)
        reach = each.dilation * (each.kernel - 1) + 1
        field = field_arithmetic(seen, reach, jump)
        moved = f"{jump} x {each.stride} = {jump * each.stride}" if each.stride != 1 else ""
        size = places(size, each.kernel, each.stride, each.padding, each.dilation)
        seen, jump = seen + (reach - 1) * jump, jump * each.stride
        token = f"{each.kernel}x{each.kernel}"
        rows.append(SizeRow(token, (size, size), said, field, moved))
    return tuple(rows)


def counted(
    model: str, shape: tuple[int, int, int] | None = None, classes: int | None = None
) -> LayerTable:
    """Return the layer table of a model, whose rows hold each parameter count as a sum of products.

    Raises:
        UnknownName, NotationError: the model cannot be read.
        ShapeError: a layer does not fit.
        UserError: classes is below 1.

    >>> counted("cnn-guide").derivation
    '320 + 18,496 + 401,536 + 1,290 = 421,642'
    """
    if classes is not None and classes < 1:
        raise UserError(f"A model tells at least 1 class; classes {classes} came.")
    return layer_table(model, shape, classes)


def parse_shape(text: str) -> tuple[int, int, int]:
    """Return [C, H, W] from ``1x28x28``.

    Raises:
        ShapeError: it is no shape.

    >>> parse_shape("3x32x32")
    (3, 32, 32)
    """
    sides = text.split("x")
    if len(sides) != 3 or not all(each.isdigit() and 0 < int(each) < 100_000 for each in sides):
        raise ShapeError(
            f"`{text}` is no shape of an image. Write channels x height x width, such as 1x28x28."
        )
    channels, height, width = map(int, sides)
    return channels, height, width
