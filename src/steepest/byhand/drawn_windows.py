"""Exercises with small friendly numbers: convolution, pooling, and the sizes of layers."""

from collections.abc import Iterator
from random import Random

from .drawn_networks import FORGOT_BIAS
from .exercise import Exercise, Slip, topic
from .maps import Maps
from .table import Line
from .windows import Swept, convolution, pooling

SIDE = 4  # pixels of the image
# kernel, stride, padding: 4 or 9 windows on a 4x4 image
GEOMETRIES = ((2, 1, 0), (3, 1, 0), (2, 2, 0), (3, 2, 1), (2, 2, 1))

FLIPPED = "flipped the kernel"
STRIDE_ONE = "moved by 1 instead of the stride"
NO_PADDING = "forgot the padding"
FORGOT_ONE = "forgot the + 1"
ONE_SIDE = "padded one side only"
AVERAGE = "took the average"
LARGEST = "took the largest"
SMALLEST = "took the smallest"
FORGOT_DIVISION = "forgot to divide"


def _square(draw: Random, side: int, values: tuple[int, ...]) -> Maps:
    return (tuple(tuple(float(draw.choice(values)) for _ in range(side)) for _ in range(side)),)


@topic("convolution")
def draw_convolution(draw: Random) -> Exercise:
    """Return a convolution of a 4x4 image with a bias, all its windows."""
    kernel, stride, padding = draw.choice(GEOMETRIES)
    image = _square(draw, SIDE, tuple(range(6)))
    weights = _square(draw, kernel, (-2, -1, 1, 2))
    bias = float(draw.choice((-3, -2, 2, 3)))
    done = convolution(image, [weights], bias=[bias], stride=stride, padding=padding)
    given = _named("x", image) | _named("k", weights) | {"b": bias, "n": float(SIDE)}
    given |= {"kernel": float(kernel), "stride": float(stride), "padding": float(padding)}
    lines = (_side_line(), *(window.line for window in done.windows))
    slips = (*_side_slips("side", "n", "kernel", "padding", "stride"), *_convolution_slips(done))
    task = (
        f"The kernel k moves over the image x: stride {stride}, padding {padding} (zeros), bias b = {bias:g}.",
        "side is how many places it has on a side: (n − kernel + 2 × padding) // stride + 1. "
        "y1_2 is the result in row 1, column 2; the kernel is not flipped, as in every library.",
    )
    asked = tuple(line.name for line in lines)
    shown = {"x": image[0], "k": weights[0]}
    return Exercise("Convolution by hand", task, given, lines, asked, slips, shown)


def _named(letter: str, maps: Maps) -> dict[str, float]:
    return {
        f"{letter}{i + 1}_{j + 1}": value
        for i, row in enumerate(maps[0])
        for j, value in enumerate(row)
    }


def _side_line() -> Line:
    return Line("side", "(n - kernel + 2 * padding) // stride + 1")


def _side_slips(cell: str, n: str, kernel: str, padding: str, stride: str) -> Iterator[Slip]:
    yield Slip(cell, FORGOT_ONE, f"({n} - {kernel} + 2 * {padding}) // {stride}")
    yield Slip(cell, NO_PADDING, f"({n} - {kernel}) // {stride} + 1")
    yield Slip(cell, ONE_SIDE, f"({n} - {kernel} + {padding}) // {stride} + 1")


def _convolution_slips(done: Swept) -> Iterator[Slip]:
    geometry = done.geometry
    size = geometry.kernel[0]
    flipped = {
        f"k{u + 1}_{v + 1}": f"k{size - u}_{size - v}" for u in range(size) for v in range(size)
    }
    for window in done.windows:
        name, formula = window.line.name, window.line.formula
        yield Slip(name, FORGOT_BIAS, formula.removesuffix(" + b"))
        turned = " + ".join(
            " * ".join(flipped.get(factor, factor) for factor in term.split(" * "))
            for term in formula.split(" + ")
        )
        yield Slip(name, FLIPPED, turned)
        for said, stride, padding in (
            (STRIDE_ONE, 1, geometry.padding),
            (NO_PADDING, geometry.stride, 0),
        ):
            moved = _elsewhere(done, window.row, window.column, stride, padding)
            if moved and (stride, padding) != (geometry.stride, geometry.padding):
                yield Slip(name, said, moved)


def _elsewhere(done: Swept, row: int, column: int, stride: int, padding: int) -> str:
    """Return the formula of the window with this place under another stride and padding; '' for none."""
    other = convolution(done.image, done.kernels, bias=done.bias, stride=stride, padding=padding)
    found = [each for each in other.windows if (each.row, each.column) == (row, column)]
    return found[0].line.formula if found else ""


@topic("pooling")
def draw_pooling(draw: Random) -> Exercise:
    """Return max- and average-pooling of a 4x4 image."""
    image = _square(draw, SIDE, tuple(range(-2, 10)))
    given = _named("x", image) | {"n": float(SIDE), "kernel": 2.0, "stride": 2.0}
    lines = [Line("side", "(n - kernel) // stride + 1")]
    slips = [Slip("side", FORGOT_ONE, "(n - kernel) // stride")]
    for letter, kind, kernel, stride in (
        ("m", "max", 2, 2),
        ("a", "average", 2, 2),
        ("o", "max", 3, 1),
    ):
        for window in pooling(image, kernel, kind=kind, stride=stride).windows:
            cell = letter + window.line.name[1:]
            lines.append(Line(cell, window.line.formula))
            slips.extend(_pooling_slips(cell, window.line, kind, len(window.values)))
    task = (
        "m is max-pooling and a is average-pooling with a 2 x 2 window and stride 2; o is max-pooling with a "
        "3 x 3 window and stride 1, so that its windows overlap.",
        "side is how many places the 2 x 2 window has on a side: (n − kernel) // stride + 1. "
        "m1_2 is the result in row 1, column 2.",
    )
    asked = tuple(line.name for line in lines)
    return Exercise(
        "Pooling by hand", task, given, tuple(lines), asked, tuple(slips), {"x": image[0]}
    )


def _pooling_slips(cell: str, line: Line, kind: str, count: int) -> Iterator[Slip]:
    inner = line.formula.partition("(")[2].rpartition(")")[0]
    names = inner.replace(" + ", ", ")
    summed = names.replace(", ", " + ")
    yield Slip(cell, SMALLEST, f"min({names})")
    if kind == "max":
        yield Slip(cell, AVERAGE, f"({summed}) / {count}")
    else:
        yield Slip(cell, LARGEST, f"max({names})")
        yield Slip(cell, FORGOT_DIVISION, summed)


@topic("size")
def draw_size(draw: Random) -> Exercise:
    """Return sizes, receptive field, jump and parameters of three convolutions in a row."""
    given = {"n0": float(draw.choice((24, 28, 30, 32))), "c0": float(draw.choice((1, 3)))}
    given |= {"r0": 1.0, "j0": 1.0}
    lines, slips, written = [], [], []
    for k in (1, 2, 3):
        kernel = draw.choice((3, 5))
        stride, padding, filters = draw.choice((1, 2)), draw.choice((0, 1)), draw.choice((4, 8, 16))
        given |= {f"k{k}": float(kernel), f"s{k}": float(stride), f"p{k}": float(padding)}
        given[f"c{k}"] = float(filters)
        written.append(
            f"{filters} filters of {kernel} x {kernel}, stride {stride}, padding {padding}"
        )
        lines += _size_lines(k)
        slips += _size_slips(k)
    task = (
        f"Three convolutions with biases, one after the other, on images of {given['n0']:g} x {given['n0']:g} "
        f"pixels and {given['c0']:g} channel(s): {'; '.join(written)}.",
        "For each layer k: nk the side of its output, rk the receptive field, jk how many input pixels lie "
        "between the fields of neighbouring outputs, Pk how many numbers it learns.",
    )
    asked = tuple(line.name for line in lines)
    return Exercise("Sizes of layers by hand", task, given, tuple(lines), asked, tuple(slips))


def _size_lines(k: int) -> list[Line]:
    b = k - 1
    return [
        Line(f"n{k}", f"(n{b} - k{k} + 2 * p{k}) // s{k} + 1"),
        Line(f"r{k}", f"r{b} + (k{k} - 1) * j{b}"),
        Line(f"j{k}", f"j{b} * s{k}"),
        Line(f"P{k}", f"c{k} * (k{k} * k{k} * c{b} + 1)"),
    ]


def _size_slips(k: int) -> list[Slip]:
    b = k - 1
    return [
        *_side_slips(f"n{k}", f"n{b}", f"k{k}", f"p{k}", f"s{k}"),
        Slip(f"n{k}", "rounded up instead of down", f"-((k{k} - n{b} - 2 * p{k}) // s{k}) + 1"),
        Slip(f"r{k}", "added the kernel instead of kernel - 1", f"r{b} + k{k} * j{b}"),
        Slip(f"r{k}", "forgot the jump", f"r{b} + (k{k} - 1)"),
        Slip(f"r{k}", "used the new jump", f"r{b} + (k{k} - 1) * j{k}"),
        Slip(f"j{k}", "added the strides", f"j{b} + s{k}"),
        Slip(f"P{k}", FORGOT_BIAS, f"c{k} * k{k} * k{k} * c{b}"),
        Slip(f"P{k}", "forgot the channels", f"c{k} * (k{k} * k{k} + 1)"),
    ]
