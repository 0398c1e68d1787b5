"""The parts of `mlp-and-convnets`: classical methods beside the ConvNets; convolution and max-pooling by hand."""

from collections.abc import Iterator
from statistics import fmean
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...byhand.maps import Maps, Matrix, maps_of
from ...byhand.sizes import arithmetic, places
from ...byhand.windows import Swept, check_windows, convolution, library_result, pooling
from ...content.content import Array, Content, Figure, Images, Table, Text
from ...data import Dataset, Split
from ...data.affine import identity, resample
from ...plan import cores
from ...randomness import generator
from ..context import Context
from ..reproduction import AGREES, agreement

NEIGHBOURS = 3  # the best of 1, 3 and 5 in LeCun et al. 1998, section III; an odd number seldom ties
TREES = 200  # from 50 to 200 trees a forest gains half a point; more gain less than they cost
QUICK_TREES = 50
KINDS = {"pixels": "pixels as they are", "upright": "digits set upright"}
METHODS = {"neighbours": "nearest neighbours", "forest": "random forest"}


class Measured(NamedTuple):
    """What a method did on the test split, and the processor time of learning and testing together."""

    images: str
    method: str
    accuracy: float
    seconds: float


def classical_baselines(context: Context, *, case: str, trees: int = TREES) -> list[Content]:
    """Return nearest neighbours and a random forest on a case's data, beside the case's own accuracy.

    Args:
        case: the network that the two are claimed to match; they learn from its training images.
        trees: of the forest.
    """
    trees = min(trees, QUICK_TREES) if context.quick else trees
    key = {"part": "classical-baselines", "data": context.config(case).to_dict(), "trees": trees}
    found = [Measured(*each) for each in context.remembered(key, lambda: _measure(context, case, trees))]
    networks = tuple(each.accuracy("test") for each in context.outcomes(case))
    title = context.experiment.case(case).title
    return [*(_figure(each) for each in found), _table(found, networks, title, trees)]


def _measure(context: Context, case: str, trees: int) -> list[Measured]:
    context.note("nearest neighbours and random forests learn")
    return list(measured(context.dataset(case), trees))


def measured(dataset: Dataset, trees: int, neighbours: int = NEIGHBOURS) -> Iterator[Measured]:
    """Yield both methods' test accuracy, on pixels as they are and on digits set upright.

    Settings are fixed in advance, so nothing was chosen on the test split: 3 neighbours weighted by nearness,
    and a forest of scikit-learn's defaults but for its number of trees.

    Args:
        neighbours: whose labels are counted.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier

    for kind in KINDS:
        for method in METHODS:
            model = (
                KNeighborsClassifier(neighbours, weights="distance", algorithm="brute")
                if method == "neighbours"
                else RandomForestClassifier(trees, random_state=0, n_jobs=cores())
            )
            yield _tested(model, dataset, kind, method)


def _tested(model: Any, dataset: Dataset, kind: str, method: str) -> Measured:
    began, test = process_time(), dataset.splits["test"]
    model.fit(_vectors(dataset.train.images, kind), dataset.train.labels.numpy())
    predicted = model.predict(_vectors(test.images, kind))
    right = predicted == test.labels.numpy()
    return Measured(kind, method, float(right.mean()), process_time() - began)


def _vectors(images: Tensor, kind: str) -> NDArray[Any]:
    shown = deslanted(images) if kind == "upright" else images.float()
    vectors: NDArray[Any] = (shown / 255).flatten(1).numpy()
    return vectors


def _figure(each: Measured) -> Figure:
    return Figure(
        f"{METHODS[each.method]}, {KINDS[each.images]}: test accuracy",
        None,
        (each.accuracy,),
        unit="%",
        seconds=each.seconds,
    )


def _table(found: list[Measured], networks: tuple[float, ...], title: str, trees: int) -> Table:
    mean = fmean(networks)
    rows = [
        (
            f"{METHODS[each.method]}",
            KINDS[each.images],
            f"{each.accuracy:.2%}",
            f"{100 * (each.accuracy - mean):+.2f}",
            _verdict(each.accuracy, networks),
            f"{each.seconds:.0f}",
        )
        for each in found
    ]
    return Table(
        f"Do they match {title}?",
        ("method", "images", "test accuracy", "points beside the network", "matches it", "seconds"),
        tuple(rows),
        f"{title} gives {mean:.2%} (mean of {len(networks)}). {NEIGHBOURS} neighbours, weighted by nearness; "
        f"{trees} trees. Nothing was tuned, so nothing was chosen on the test split.",
    )


def _verdict(accuracy: float, networks: tuple[float, ...]) -> str:
    """Say whether one more run of the network might have given this accuracy; see ``agreement``."""
    if len(networks) == 1:
        return "one run cannot say"
    figure = Figure("baseline", accuracy, networks, unit="%", digits=4)
    if agreement(figure).verdict == AGREES:
        return "yes"
    return "no, it is better" if accuracy > fmean(networks) else "no"


AT_ONCE = 5_000  # images resampled together: some 60 MB of places to look at


def deslanted(images: Tensor) -> Tensor:
    """Return images sheared so that the ink leans to neither side, its centre of mass in the middle.

    slant = covariance of the ink's columns and rows / variance of its rows; an image's row at height y above the
    centre of mass is moved back by slant * y.

    Args:
        images: [N, 1, H, W], light ink on black. What is empty stays as it is.

    Returns:
        [N, 1, H, W] float32, on the same scale.

    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition, section III: their
        `deslanted` images, moments of inertia included.
    """
    return torch.cat([_deslanted(each.float()) for each in torch.split(images, AT_ONCE)])


def _deslanted(images: Tensor) -> Tensor:
    right, down, slant = _moments(images[:, 0])
    maps = identity(len(images))
    maps[:, 0, 1], maps[:, 0, 2], maps[:, 1, 2] = slant, right, down
    return resample(images, maps)


def _moments(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the centre of mass right of and below the middle, and the slant, [N] each."""
    _, height, width = ink.shape
    rows = torch.arange(height) + 0.5 - height / 2
    columns = torch.arange(width) + 0.5 - width / 2
    mass = _no_zero(ink.sum(dim=(1, 2)))
    down = (ink.sum(dim=2) @ rows) / mass
    right = (ink.sum(dim=1) @ columns) / mass
    below, beside = rows - down[:, None], columns - right[:, None]
    variance = (ink.sum(dim=2) * below.square()).sum(dim=1)
    covariance = torch.einsum("nij,ni,nj->n", ink, below, beside)
    return right, down, covariance / _no_zero(variance)


def _no_zero(values: Tensor) -> Tensor:
    """Return the values with 1 for 0: an empty image, or one of a single row, has no slant."""
    return torch.where(values == 0, torch.ones_like(values), values)


WINDOWS_SHOWN = 3  # worked out in full; of longer sums one is enough
FEW_TERMS = 9


def convolution_by_hand(context: Context, *, case: str, kernel: int, stride: int, row: int = 0) -> list[Content]:
    """Return one convolution with its bias, by hand and by the library, and without the bias as it was published.

    Args:
        case: whose first test image is taken.
        kernel: side of the window.
        stride: pixels between neighbouring windows.
        row: of the test split.
    """
    image = first_image(context.dataset(case).splits["test"], row)
    weights, bias = drawn_kernel(kernel)
    done = convolution(image, [weights], bias=[bias], stride=stride)
    ours, library = array(done.result[0]), array(library_result(done)[0])
    shapes = [f"{each.shape[0]}x{each.shape[1]}" for each in (array(image[0]), ours)]
    pictures = Images(
        f"A window of {kernel}x{kernel}, stride {stride}",
        (array(image[0]), array(weights[0]), ours, library),
        (f"image {shapes[0]}", f"kernel {kernel}x{kernel}", f"by hand {shapes[1]}", f"library {shapes[1]}"),
        columns=4,
        note=f"{arithmetic(len(image[0]), kernel, stride)} places on a side; bias {bias:.4f}.",
    )
    return [pictures, _differences(ours, library, bias), _worked(done)]


def first_image(split: Split, row: int) -> Maps:
    """Return one image of a split as plain numbers in [0, 1]."""
    return maps_of((split.images[row].double() / 255).tolist())


def drawn_kernel(side: int, seed: int = 0) -> tuple[Maps, float]:
    """Return a kernel and a bias as ``nn.Conv2d`` draws them: uniform in +-1 / side for one channel.

    >>> weights, bias = drawn_kernel(2)
    >>> len(weights[0]), abs(bias) < 0.5
    (2, True)
    """
    draw = generator(seed, "convolution by hand", side)
    values = ((2 * torch.rand(side * side + 1, generator=draw, dtype=torch.float64) - 1) / side).tolist()
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


def pooling_by_hand(context: Context, *, case: str, kernel: int, row: int = 0) -> list[Content]:
    """Return one max-pooling, whose windows do not overlap, by hand and by the library.

    Args:
        kernel: side of the window, and its stride.
    """
    image = first_image(context.dataset(case).splits["test"], row)
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


def zoom_windows(context: Context, *, case: str, kernel: int = 2, row: int = 0) -> list[Content]:
    """Return what a loop that takes as many steps as there are pixels does beyond the last window that fits.

    Args:
        kernel: side of the window; its stride is 1.
    """
    image = first_image(context.dataset(case).splits["test"], row)
    negative: Maps = tuple(tuple(tuple(1 - x for x in line) for line in each) for each in image)
    weights, _ = drawn_kernel(kernel)
    size = len(image[0])
    fits = places(size, kernel)
    surplus = size**2 - fits**2
    shown = {"the digit": image, "its negative": negative}
    images, captions = zip(*_zoom_pictures(shown, weights), strict=True)
    pictures = Images(f"{fits} windows fit on a side; the zoom takes {size} steps", images, captions, columns=3)
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
