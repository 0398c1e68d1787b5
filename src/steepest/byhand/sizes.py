"""Where windows can stand on an image; output sizes and receptive fields of a network, with the arithmetic."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

from ..errors import ShapeError, UserError
from ..models import layer_table
from ..models.composite import Placed, Residual, expand, place
from ..models.convolution import Convolution, GlobalAverage, Pool
from ..models.layer import Field, Shape
from ..models.network import items_of


@dataclass(frozen=True)
class Geometry:
    """How a window moves: kernel [height, width], stride, padding and dilation, the same on both sides."""

    kernel: tuple[int, int]
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self) -> None:
        if min(self.kernel) < 1:
            raise UserError(f"A kernel has a side of at least 1; {self.kernel[0]}x{self.kernel[1]} came.")
        for name, low in (("stride", 1), ("padding", 0), ("dilation", 1)):
            if getattr(self, name) < low:
                raise UserError(f"{name} must be at least {low}, not {getattr(self, name)}.")
        least = min(self.dilation * (side - 1) + 1 for side in self.kernel)
        if self.padding >= least:
            raise ShapeError(
                f"padding {self.padding} lets a window that reaches over {least} see nothing but padding: "
                f"at most {least - 1}."
            )

    def places(self, height: int, width: int) -> tuple[int, int]:
        """Return how many places the window has downwards and across.

        Raises:
            ShapeError: there is none; with the arithmetic.

        >>> Geometry((4, 4), stride=4).places(28, 28)
        (7, 7)
        """
        down, across = (self._places(*each) for each in zip((height, width), self.kernel, strict=True))
        return down, across

    def _places(self, size: int, kernel: int) -> int:
        count = places(size, kernel, self.stride, self.padding, self.dilation)
        if count < 1:
            said = arithmetic(size, kernel, self.stride, self.padding, self.dilation)
            raise ShapeError(f"A window of {kernel} does not fit on {size} pixels: {said}.")
        return count

    def seen(self, row: int, column: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield for each kernel place its row and column, and the pixel's; a pixel may lie outside."""
        for u in range(self.kernel[0]):
            for v in range(self.kernel[1]):
                yield (
                    u,
                    v,
                    row * self.stride - self.padding + u * self.dilation,
                    column * self.stride - self.padding + v * self.dilation,
                )


def places(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many places a window has on one side.

    >>> places(28, 2), places(28, 5, stride=2, padding=1)
    (27, 13)
    """
    return (size - (dilation * (kernel - 1) + 1) + 2 * padding) // stride + 1


def arithmetic(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> str:
    """Return the same with its numbers.

    >>> arithmetic(28, 5, 2, 1)
    '(28 - 5 + 2 x 1) // 2 + 1 = 13'
    >>> arithmetic(9, 3, dilation=2)
    '(9 - (2 x (3 - 1) + 1) + 2 x 0) // 1 + 1 = 5'
    """
    reach = str(kernel) if dilation == 1 else f"({dilation} x ({kernel} - 1) + 1)"
    count = places(size, kernel, stride, padding, dilation)
    return f"({size} - {reach} + 2 x {padding}) // {stride} + 1 = {count}"


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
    table = layer_table(model, shape)  # refuses what cannot be read, and knows a named model's own shape
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
        stays = field.size == grown.size
        return SizeRow(
            "{}", behind, field="" if stays else _once(map(_capped, grown.size, image[1:], _sides(image)))
        )
    if len(before) == 3 and len(behind) == 1:  # all values of the maps: a window as large as they are
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
        for seen, kernel, whole, side in zip(field.size, window, image[1:], _sides(image), strict=True)
    )


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
    return f"{seen}, more than the {whole} there are: the whole {side}" if seen > whole else f"{seen}"


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
