"""Output sizes, receptive fields and parameter counts of a network, each with its arithmetic."""

from collections.abc import Iterable, Sequence
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
        field: how the receptive field came about, in pixels of the input, of which it sees at most all; where
            height and width differ, both; '' where it stays.
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
        rows.append(_row(placed, field, table.input_shape))
        field = placed.layer.field(field, placed.before)
    return tuple(rows)


def _row(placed: Placed, field: Field, image: Shape) -> SizeRow:
    layer, before, behind = placed.layer, placed.before, placed.behind
    grown = layer.field(field, before)
    if isinstance(layer, Convolution | Pool):
        seen = _seen(field, (layer.kernel, layer.kernel), image)
        jump = f"{field.jump} x {layer.stride} = {grown.jump}" if layer.stride != 1 else ""
        return SizeRow(str(layer), behind, _both(layer, before), seen, jump)
    if isinstance(layer, GlobalAverage):
        said = f"the mean of {before[1]} x {before[2]} = 1"
        return SizeRow(str(layer), behind, said, _seen(field, before[1:], image))
    if isinstance(layer, Residual):
        return SizeRow("{}", behind, field=_stays(field, grown, image))
    if (
        len(before) == 3 and len(behind) == 1
    ):  # all values of the maps: a window as large as they are
        said = f"{' x '.join(map(str, before))} = {prod(before):,} values in"
        seen = "" if grown.size == field.size else _seen(field, before[1:], image)
        return SizeRow(str(layer), behind, said, seen)
    return SizeRow(str(layer), behind)


def _both(layer: Convolution | Pool, before: Shape) -> str:
    return _once(arithmetic(side, layer.kernel, layer.stride, layer.padding) for side in before[1:])


def _seen(field: Field, window: Sequence[int], image: Shape) -> str:
    """Return how a window [height, width] makes the receptive field grow, on an image [C, H, W]."""
    return _once(
        field_arithmetic(seen, kernel, field.jump, whole, side)
        for seen, kernel, whole, side in zip(
            field.size, window, image[1:], _sides(image), strict=True
        )
    )


def _stays(field: Field, grown: Field, image: Shape) -> str:
    if field.size == grown.size:
        return ""
    return _once(map(_capped, grown.size, image[1:], _sides(image)))


def _sides(image: Shape) -> tuple[str, str]:
    return ("image", "image") if image[1] == image[2] else ("height", "width")


def _once(said: Iterable[str]) -> str:
    """Return what is said of height and width: once where it is the same."""
    return "; ".join(dict.fromkeys(said))


def field_arithmetic(seen: int, kernel: int, jump: int, whole: int, side: str = "image") -> str:
    """Return how a window makes the receptive field grow, along one side of the image.

    Args:
        seen: the field in front of the window, not cut to the image.
        kernel: of the window.
        jump: input pixels between neighbouring values in front of it.
        whole: pixels of the image along it: nothing sees more.
        side: what they are the whole of.

    >>> field_arithmetic(5, 2, 1, 28)
    '5 + (2 - 1) x 1 = 6'
    >>> field_arithmetic(32, 2, 4, 28)
    '32 + (2 - 1) x 4 = 36, more than the 28 there are: the whole image'
    """
    return f"{seen} + ({kernel} - 1) x {jump} = {_capped(seen + (kernel - 1) * jump, whole, side)}"


def _capped(seen: int, whole: int, side: str) -> str:
    return (
        f"{seen}, more than the {whole} there are: the whole {side}" if seen > whole else f"{seen}"
    )


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
    rows, seen, jump, whole = [], 1, 1, size
    for each in windows:
        geometry = Geometry((each.kernel, each.kernel), each.stride, each.padding, each.dilation)
        geometry.places(size, size)
        said = arithmetic(size, each.kernel, each.stride, each.padding, each.dilation)
        reach = each.dilation * (each.kernel - 1) + 1
        field = field_arithmetic(seen, reach, jump, whole)
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
