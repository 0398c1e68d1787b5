"""Convolution and max-pooling by hand beside the library's, as pictures and numbers."""

from collections.abc import Iterator

import numpy as np
import torch

from ..byhand.geometry import arithmetic, places
from ..byhand.maps import Maps, Matrix
from ..byhand.windows import Swept, convolution, pooling
from ..byhand.windows_check import check_windows, library_result
from ..data import Split
from ..models import MODELS
from ..randomness import generator
from .content import Array, Content, Images, Table, Text
from .context import Context
from .parts import part

WINDOWS_SHOWN = 3  # worked out in full; of longer sums one is enough
FEW_TERMS = 9


@part("convolution-by-hand")
def convolution_by_hand(
    context: Context, *, case: str, kernel: int, stride: int, row: int = 0
) -> list[Content]:
    """Return one convolution with its bias, by hand and by the library, and without the bias as it was published.

    Args:
        context: of the experiment.
        case: whose first test image is taken.
        kernel: side of the window.
        stride: pixels between neighbouring windows.
        row: of the test split.
    """
    image = first_image(context.dataset(case).test, row)
    weights, bias = drawn_kernel(kernel)
    done = convolution(image, [weights], bias=[bias], stride=stride)
    ours, library = array(done.result[0]), array(library_result(done)[0])
    shapes = [f"{each.shape[0]}x{each.shape[1]}" for each in (array(image[0]), ours)]
    pictures = Images(
        f"A window of {kernel}x{kernel}, stride {stride}",
        (array(image[0]), array(weights[0]), ours, library),
        (
            f"image {shapes[0]}",
            f"kernel {kernel}x{kernel}",
            f"by hand {shapes[1]}",
            f"library {shapes[1]}",
        ),
        columns=4,
        note=f"{arithmetic(len(image[0]), kernel, stride)} places on a side; bias {bias:.4f}.",
    )
    return [pictures, _differences(ours, library, bias), _worked(done)]


def first_image(split: Split | None, row: int) -> Maps:
    """Return one image of a split as plain numbers in [0, 1]."""
    assert split is not None  # every dataset of an experiment has a test split
    values: Maps = tuple(
        tuple(tuple(line) for line in channel)
        for channel in (split.images[row].double() / 255).tolist()
    )
    return values


def drawn_kernel(side: int, seed: int = 0) -> tuple[Maps, float]:
    """Return a kernel and a bias as ``nn.Conv2d`` draws them: uniform in +-1 / side for one channel.

    >>> weights, bias = drawn_kernel(2)
    >>> len(weights[0]), abs(bias) < 0.5
    (2, True)
    """
    draw = generator(seed, "convolution by hand", side)
    values = (
        (2 * torch.rand(side * side + 1, generator=draw, dtype=torch.float64) - 1) / side
    ).tolist()
    matrix: Matrix = tuple(tuple(values[side * i : side * (i + 1)]) for i in range(side))
    return (matrix,), values[-1]


def array(matrix: Matrix) -> Array:
    """Return a matrix as an array [H, W]."""
    return np.asarray(matrix, dtype=np.float64)


def _differences(ours: Array, library: Array, bias: float) -> Images:
    largest = float(np.abs(ours - library).max())
    return Images(
        "By hand minus library",
        (ours - library, ours - bias - library),
        ("with the bias", "without it, as published"),
        columns=4,
        diverging=True,
        note=f"With the bias the two differ by at most {largest:.1e}, which is rounding; without it every value "
        f"is off by the bias, {abs(bias):.4f}.",
    )


def _worked(done: Swept) -> Table:
    check = {each.name: each for each in check_windows(done).deviations}
    terms = done.geometry.kernel[0] * done.geometry.kernel[1]
    shown = done.telling(WINDOWS_SHOWN if terms <= FEW_TERMS else 1)
    rows = tuple(
        (
            f"row {each.row + 1}, column {each.column + 1}",
            str(each.cell),
            f"{check[each.line.name].by_machine:.9g}",
        )
        for each in shown
    )
    return Table(
        "Windows worked out",
        ("window", "by hand", "library"),
        rows,
        f"{len(shown)} of {len(done.windows):,}: what sees the most different pixels.",
    )


@part("pooling-by-hand")
def pooling_by_hand(context: Context, *, case: str, kernel: int, row: int = 0) -> list[Content]:
    """Return one max-pooling, whose windows do not overlap, by hand and by the library.

    Args:
        context: of the experiment.
        case: whose test image is taken.
        kernel: side of the window, and its stride.
        row: of the test split.
    """
    image = first_image(context.dataset(case).test, row)
    done = pooling(image, kernel)
    ours, library = array(done.result[0]), array(library_result(done)[0])
    size = f"{len(ours)}x{len(ours[0])}"
    largest = float(np.abs(ours - library).max())
    pictures = Images(
        f"Max-pooling {kernel}x{kernel}, stride {kernel}",
        (array(image[0]), ours, library),
        (f"image {len(image[0])}x{len(image[0][0])}", f"by hand {size}", f"library {size}"),
        columns=4,
        note=f"{arithmetic(len(image[0]), kernel, kernel)} places on a side. The largest difference is "
        f"{largest:g}: a maximum does no arithmetic, so nothing is rounded.",
    )
    return [pictures, _worked(done)]


@part("zoom-windows")
def zoom_windows(context: Context, *, case: str, kernel: int = 2, row: int = 0) -> list[Content]:
    """Return what a loop that takes as many steps as there are pixels does beyond the last window that fits.

    Args:
        context: of the experiment.
        case: whose test image is taken.
        kernel: side of the window; its stride is 1.
        row: of the test split.
    """
    image = first_image(context.dataset(case).test, row)
    negative: Maps = tuple(tuple(tuple(1 - x for x in line) for line in each) for each in image)
    weights, _ = drawn_kernel(kernel)
    size = len(image[0])
    fits = places(size, kernel)
    surplus = size**2 - fits**2
    shown = {"the digit": image, "its negative": negative}
    images, captions = zip(*_zoom_pictures(shown, weights), strict=True)
    pictures = Images(
        f"{fits} windows fit on a side; the zoom takes {size} steps", images, captions, columns=3
    )
    edge = max(abs(value) for value in surplus_sums(image, weights))
    inked = max(abs(value) for value in surplus_sums(negative, weights))
    hides = ": its edge is black, so the picture hides the slip" if edge == 0 else ""
    text = Text(
        "What the surplus windows sum",
        (
            f"{arithmetic(size, kernel)} windows fit on a side, {fits**2} in all. A loop over {size} steps makes "
            f"{size**2}: {surplus} of its windows hang over the right or lower edge, and it sums what is left.",
            f"On this image the largest of those {surplus} sums is {edge:.3g}{hides}. "
            f"On its negative it is {inked:.3g}.",
        ),
    )
    return [pictures, text]


def _zoom_pictures(shown: dict[str, Maps], weights: Maps) -> Iterator[tuple[Array, str]]:
    for name, image in shown.items():
        right = array(convolution(image, [weights]).result[0])
        zoomed = array(truncated_sums(image, weights))
        yield array(image[0]), name
        yield right, f"windows that fit: {right.shape[0]}x{right.shape[1]}"
        yield zoomed, f"the zoom: {zoomed.shape[0]}x{zoomed.shape[1]}"


def truncated_sums(image: Maps, weights: Maps) -> Matrix:
    """Return the sums of a loop that starts a window at every pixel, and cuts it off at the edge.

    >>> truncated_sums((((1.0, 2.0), (3.0, 4.0)),), (((1.0, 1.0), (1.0, 1.0)),))
    ((10.0, 6.0), (7.0, 4.0))
    """
    pixels, (kernel,) = image[0], weights
    height, width = len(pixels), len(pixels[0])

    def cut_off(row: int, column: int) -> float:
        return sum(
            kernel[u][v] * pixels[row + u][column + v]
            for u in range(min(len(kernel), height - row))
            for v in range(min(len(kernel[0]), width - column))
        )

    return tuple(tuple(cut_off(row, column) for column in range(width)) for row in range(height))


def surplus_sums(image: Maps, weights: Maps) -> list[float]:
    """Return the sums of the windows that hang over the edge, of a stride of 1."""
    sums = array(truncated_sums(image, weights))
    down, across = (places(side, len(weights[0])) for side in sums.shape)
    outside = np.ones(sums.shape, dtype=bool)
    outside[:down, :across] = False
    found: list[float] = sums[outside].tolist()
    return found


@part("output-sizes")
def output_sizes(
    context: Context, *, windows: list[list[int]], models: list[str] | None = None
) -> list[Content]:
    """Return the formula of the output size, worked for windows and for all windows of some models.

    Args:
        context: of the experiment.
        windows: each [size, kernel, stride, padding].
        models: named models or notations.
    """
    from ..byhand.sizes import size_rows

    typed = tuple(
        (
            f"{size}x{size}",
            f"{kernel}x{kernel}",
            stride,
            padding,
            arithmetic(size, kernel, stride, padding),
        )
        for size, kernel, stride, padding in windows
    )
    formula = "(size - kernel + 2 padding) // stride + 1"
    made: list[Content] = [
        Table(
            f"Places of a window: {formula}",
            ("image", "kernel", "stride", "padding", "places"),
            typed,
        )
    ]
    for model in models or []:
        rows = tuple(
            (each.token, "x".join(map(str, each.shape)), each.size, each.field)
            for each in size_rows(model)
        )
        name = model if model in MODELS else f"`{model}`"
        made.append(
            Table(
                f"The sizes of {name}", ("layer", "output", "its side", "sees of the input"), rows
            )
        )
    return made
