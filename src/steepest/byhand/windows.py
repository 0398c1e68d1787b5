"""Convolution and pooling by hand: window by window, with every product and the sum.

A window has ``(size - reach + 2 padding) // stride + 1`` places on a side, where a kernel of side k with
dilation d reaches over ``d * (k - 1) + 1`` pixels. No window hangs over the edge: what lies outside is padding.

Names: ``x1_2`` is the pixel in row 1, column 2 (``x3_1_2``: of channel 3), ``k1_2`` a kernel's weight, ``b`` the
bias.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from ..errors import ShapeError, UserError
from ..lazy import brief
from .maps import Maps, maps_of, shape_of
from .sizes import Geometry
from .table import Cell, Check, Deviation, Line, Table, work

MOST_TERMS = 1_000_000  # some seconds of plain arithmetic


@dataclass(frozen=True)
class Window:
    """One place of the window.

    Args:
        channel: of the result: the filter's number, or the pooled map's; counted from 0.
        row, column: its place in the result.
        line: the formula of the result there.
        value: of the result there.
        values: of every name in the formula.
        patch: what the window sees, [C][kh][kw], padding included.
    """

    channel: int
    row: int
    column: int
    line: Line
    value: float
    values: dict[str, float]
    patch: Maps

    @cached_property
    def cell(self) -> Cell:
        """The window worked out, in symbols and in numbers."""
        return self.table.cells[0]

    @property
    def table(self) -> Table:
        """The same as a table of one cell, over the names it stands on."""
        return work(self.values, [self.line])


@dataclass(frozen=True)
class Swept:
    """An image over which a window went.

    Args:
        image: [C][H][W].
        kernels: [F][C][kh][kw]; empty for pooling.
        bias: one a filter; empty for none.
        geometry: how the window moved.
        kind: ``convolution``, ``max`` or ``average``.
        windows: filter by filter (map by map), row by row.
    """

    image: Maps
    kernels: tuple[Maps, ...]
    bias: tuple[float, ...]
    geometry: Geometry
    kind: str
    windows: tuple[Window, ...]

    def __repr__(self) -> str:
        return brief(self)

    @property
    def result(self) -> Maps:
        """What the windows give, [F][H'][W']."""
        down, across = self.geometry.places(*shape_of(self.image)[1:])
        values = iter(window.value for window in self.windows)
        count = len(self.windows) // (down * across)
        return tuple(tuple(tuple(next(values) for _ in range(across)) for _ in range(down)) for _ in range(count))

    def telling(self, most: int) -> tuple[Window, ...]:
        """Return at most so many windows, those that see the most different pixels, in their order.

        A digit's first windows lie on its black edge, and show nothing but zeros.
        """

        def spread(window: Window) -> float:
            pixels = [each for matrix in window.patch for row in matrix for each in row]
            return max(pixels) - min(pixels)

        if len(self.windows) <= most:
            return self.windows
        chosen = sorted(range(len(self.windows)), key=lambda k: -spread(self.windows[k]))[:most]
        return tuple(self.windows[k] for k in sorted(chosen))


def convolution(
    image: Maps,
    kernels: Sequence[Maps],
    *,
    bias: Sequence[float] = (),
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Swept:
    """Return a convolution worked out window by window; like every library's, it does not flip the kernel.

    y[row, column] = sum of x[row * stride - padding + u * dilation, ...] * k[u, v] over u, v and channels, + b

    Raises:
        ShapeError: the window does not fit, or channels differ.
        UserError: the geometry is impossible, or the work is too long for a person and for plain arithmetic.

    >>> from .maps import read_maps
    >>> done = convolution(read_maps("1 2 3; 4 5 6"), [read_maps("1 -1")], bias=[0.5])
    >>> done.result
    (((-0.5, -0.5), (-0.5, -0.5)),)
    >>> print(done.windows[0].cell)
    y1_1 = x1_1 × k1_1 + x1_2 × k1_2 + b = 1 × 1 + 2 × (−1) + 0.5 = −0.5
    """
    shapes = {shape_of(kernel) for kernel in kernels}
    if len(shapes) != 1:
        raise ShapeError(f"All kernels must have one shape; these have {sorted(map(list, shapes))}.")
    ((channels, *sides),) = shapes
    if channels != len(image):
        raise ShapeError(f"The kernel has {channels} channels; the image has {len(image)}.")
    if len(bias) not in (0, len(kernels)):
        raise UserError(f"There are {len(kernels)} kernels; give as many biases or none, not {len(bias)}.")
    geometry = Geometry((sides[0], sides[1]), stride, padding, dilation)
    _refuse_too_long(image, geometry, len(kernels) * channels)
    windows = tuple(_convolved(image, kernels, bias, geometry))
    return Swept(image, tuple(kernels), tuple(bias), geometry, "convolution", windows)


def pooling(
    image: Maps, kernel: int, *, kind: str = "max", stride: int = 0, padding: int = 0, dilation: int = 1
) -> Swept:
    """Return max- or average-pooling worked out window by window.

    Args:
        image: [C][H][W].
        kind: ``max``, which never takes padding, or ``average``, which counts it as zeros, both like torch.
        stride: 0 stands for the kernel, so that windows neither overlap nor leave gaps.
        padding: at most half the kernel.
        dilation: gaps inside a max-pool's window.

    Raises:
        ShapeError: the window does not fit.
        UserError: the geometry is impossible.

    >>> from .maps import read_maps
    >>> pooling(read_maps("1 2 5; 4 3 0; 7 8 9"), 2, stride=1).result
    (((4.0, 5.0), (8.0, 9.0)),)
    """
    if kind not in ("max", "average"):
        raise UserError(f"Pooling is max or average, not {kind}.")
    if padding > kernel // 2:
        raise ShapeError(f"padding {padding} is more than half the kernel {kernel}: at most {kernel // 2}.")
    if kind == "average" and dilation != 1:
        raise UserError(f"Average pooling has no dilation; {dilation} came.")
    geometry = Geometry((kernel, kernel), stride or kernel, padding, dilation)
    _refuse_too_long(image, geometry, len(image))
    return Swept(image, (), (), geometry, kind, tuple(_pooled(image, geometry, kind)))


def _refuse_too_long(image: Maps, geometry: Geometry, times: int) -> None:
    _, height, width = shape_of(image)
    down, across = geometry.places(height, width)
    terms = down * across * geometry.kernel[0] * geometry.kernel[1] * times
    if terms > MOST_TERMS:
        raise UserError(
            f"That takes {terms:,} terms; by hand are at most {MOST_TERMS:,}. "
            "Take a smaller image (--fit 28) or a larger stride."
        )


def _places_of(image: Maps, geometry: Geometry) -> Iterator[tuple[int, int]]:
    down, across = geometry.places(*shape_of(image)[1:])
    return ((row, column) for row in range(down) for column in range(across))


def _convolved(
    image: Maps, kernels: Sequence[Maps], bias: Sequence[float], geometry: Geometry
) -> Iterator[Window]:
    for number, kernel in enumerate(kernels):
        for row, column in _places_of(image, geometry):
            terms: list[str] = []
            values: dict[str, float] = {}
            total = 0.0
            for channel in range(len(image)):
                for u, v, i, j in geometry.seen(row, column):
                    pixel, weight = _pixel(image, channel, i, j), kernel[channel][u][v]
                    total += pixel * weight
                    name, place = _name("x", image, channel, i, j), _name("k", image, channel, u, v)
                    inside = _inside(image, i, j)
                    terms.append(f"{name if inside else 0} * {place}")
                    values |= {place: weight} | ({name: pixel} if inside else {})
            if bias:
                total, values["b"] = total + bias[number], bias[number]
                terms.append("b")
            line = Line(_result_name(len(kernels), number, row, column), " + ".join(terms))
            yield Window(number, row, column, line, total, values, _patch(image, geometry, row, column))


def _pooled(image: Maps, geometry: Geometry, kind: str) -> Iterator[Window]:
    size = geometry.kernel[0] * geometry.kernel[1]
    for channel in range(len(image)):
        for row, column in _places_of(image, geometry):
            seen = [(i, j) for _, _, i, j in geometry.seen(row, column) if _inside(image, i, j)]
            names = [_name("x", image, channel, i, j) for i, j in seen]
            pixels = [_pixel(image, channel, i, j) for i, j in seen]
            if not seen:
                raise ShapeError(
                    f"The window in row {row + 1}, column {column + 1} sees nothing but padding: its dilated "
                    "places lie on both sides of the image. Take less dilation or padding."
                )
            if kind == "max":
                value, formula = max(pixels), f"max({', '.join(names)})"
                formula = formula if len(names) > 1 else names[0]
            else:
                value, formula = sum(pixels) / size, f"({' + '.join(names)}) / {size}"
            line = Line(_result_name(len(image), channel, row, column), formula)
            patch = _patch((image[channel],), geometry, row, column)
            values = dict(zip(names, pixels, strict=True))
            yield Window(channel, row, column, line, value, values, patch)


def _inside(image: Maps, i: int, j: int) -> bool:
    _, height, width = shape_of(image)
    return 0 <= i < height and 0 <= j < width


def _pixel(image: Maps, channel: int, i: int, j: int) -> float:
    return image[channel][i][j] if _inside(image, i, j) else 0.0


def _patch(image: Maps, geometry: Geometry, row: int, column: int) -> Maps:
    width = geometry.kernel[1]
    seen = list(geometry.seen(row, column))
    return tuple(
        tuple(
            tuple(_pixel(image, channel, i, j) for _, _, i, j in seen[start : start + width])
            for start in range(0, len(seen), width)
        )
        for channel in range(len(image))
    )


def _name(letter: str, image: Maps, channel: int, i: int, j: int) -> str:
    place = f"{i + 1}_{j + 1}"
    return f"{letter}{channel + 1}_{place}" if len(image) > 1 else f"{letter}{place}"


def _result_name(channels: int, channel: int, row: int, column: int) -> str:
    place = f"{row + 1}_{column + 1}"
    return f"y{channel + 1}_{place}" if channels > 1 else f"y{place}"


DOUBLE = torch.float64


def library_result(swept: Swept) -> Maps:
    """Return what torch makes of the same image, [F][H'][W']."""
    image = torch.tensor(swept.image, dtype=DOUBLE)[None]
    return maps_of(_applied(swept, image)[0].tolist())


def check_windows(swept: Swept) -> Check:
    """Return every window's value beside the library's."""
    library = library_result(swept)
    deviations = tuple(
        Deviation(each.line.name, each.value, library[each.channel][each.row][each.column])
        for each in swept.windows
    )
    name = {"convolution": "conv2d", "max": "max_pool2d", "average": "avg_pool2d"}[swept.kind]
    return Check(deviations, f"torch.nn.functional.{name} in float64")


def _applied(swept: Swept, image: Tensor) -> Tensor:
    geometry = swept.geometry
    if swept.kind == "convolution":
        bias = torch.tensor(swept.bias, dtype=DOUBLE) if swept.bias else None
        kernels = torch.tensor(swept.kernels, dtype=DOUBLE)
        return F.conv2d(image, kernels, bias, geometry.stride, geometry.padding, geometry.dilation)
    if swept.kind == "max":
        return F.max_pool2d(image, geometry.kernel, geometry.stride, geometry.padding, geometry.dilation)
    return F.avg_pool2d(image, geometry.kernel, geometry.stride, geometry.padding)
