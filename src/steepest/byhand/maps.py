"""Images and kernels as plain lists of numbers: typed in, drawn, named, or read from a file."""

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from ..errors import DataError, ShapeError, UnknownName, UserError
from ..randomness import seed_of

Matrix = tuple[tuple[float, ...], ...]  # [H][W]
Maps = tuple[Matrix, ...]  # [C][H][W]

KERNELS: dict[str, Matrix] = {
    "edge": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "horizontal": ((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
    "vertical": ((1, 0, -1), (1, 0, -1), (1, 0, -1)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "blur": ((1 / 9,) * 3,) * 3,
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
}
RANDOM = "random"


def read_matrix(text: str, what: str = "matrix") -> Matrix:
    """Return a matrix as a person types it: rows between semicolons, numbers between blanks or commas.

    Raises:
        UserError: something is no number, or the rows differ in length.

    >>> read_matrix("1 2 3; 4 5 6")
    ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    """
    rows = [each for each in re.split(r"[;\n]", text) if each.strip()]
    try:
        matrix = tuple(tuple(float(each) for each in re.split(r"[\s,]+", row.strip())) for row in rows)
    except ValueError as error:
        word = str(error).rpartition(": ")[2]
        raise UserError(f'{word} in the {what} `{text}` is no number. Write it as "1 2; 3 4".') from None
    if not matrix or len({len(row) for row in matrix}) > 1:
        lengths = ", ".join(str(len(row)) for row in matrix) or "none"
        raise UserError(f"The rows of the {what} `{text}` must be equally long; these have {lengths}.")
    if any(abs(each) == float("inf") or each != each for row in matrix for each in row):  # noqa: PLR0124  # NaN
        raise UserError(f"The {what} `{text}` must hold finite numbers.")
    return matrix


def read_maps(text: str, what: str = "matrix") -> Maps:
    """Return one matrix a channel, with `|` between channels.

    Raises:
        UserError: the channels have different sizes.

    >>> len(read_maps("1 2; 3 4 | 5 6; 7 8"))
    2
    """
    maps = tuple(read_matrix(each, what) for each in text.split("|"))
    if len({(len(each), len(each[0])) for each in maps}) > 1:
        raise UserError(f"The channels of the {what} `{text}` must have one size.")
    return maps


def make_kernel(text: str, channels: int) -> Maps:
    """Return a kernel [C][kh][kw]: named, typed in, or ``random:5:7``, which is 5x5 drawn with seed 7.

    One matrix is used for every channel.

    Raises:
        UnknownName: it is a word, and no kernel has that name.
        ShapeError: it has another number of channels than the image.

    >>> make_kernel("sharpen", 1)[0][1]
    (-1, 5, -1)
    """
    word = text.strip().partition(":")[0]
    if word == RANDOM:
        return _random_kernel(text.strip(), channels)
    if word in KERNELS:
        return (KERNELS[word],) * channels
    if re.fullmatch(r"[A-Za-z][\w-]*", word):
        raise UnknownName("kernel", word, [*KERNELS, RANDOM], 'Or type one: "1 0; 0 1".')
    maps = read_maps(text, "kernel")
    if len(maps) == 1:
        return maps * channels
    if len(maps) != channels:
        raise ShapeError(f"The kernel has {len(maps)} channels; the image has {channels}.")
    return maps


def _random_kernel(text: str, channels: int) -> Maps:
    _, *settings = text.split(":")
    if len(settings) > 2 or not all(re.fullmatch(r"\d{1,4}", each) for each in settings):
        raise UserError(f"`{text}` is no kernel. Write random:SIZE:SEED, such as random:3:7.")
    side, seed = (*map(int, settings), *(3, 0)[len(settings) :])
    if not 1 <= side <= 11:  # as large as any kernel in common use
        raise UserError(f"A random kernel has a side of 1 to 11, not {side}.")
    draw = Random(seed_of(seed, "by hand kernel"))
    return tuple(
        tuple(tuple(draw.randint(-10, 10) / 10 for _ in range(side)) for _ in range(side)) for _ in range(channels)
    )


def read_image(path: Path, side: int | None = None) -> Maps:
    """Return an image file's pixels in [0, 1], [1 or 3][H][W].

    Args:
        side: resize the central square to side x side.

    Raises:
        DataError: the file cannot be read as an image.
    """
    from ..data.decoding import fit_picture, read_picture

    picture = read_picture(path)
    if side is not None:
        picture = fit_picture(picture, side, side)
    return maps_of((picture.double() / 255).tolist())


def digit_image(digit: int, index: int = 0) -> Maps:
    """Return a test image of mnist5k that shows a digit, pixels in [0, 1], [1][28][28].

    Raises:
        DataError: there is no such digit, or not so many of it.
    """
    from ..data import load

    if not 0 <= digit <= 9:
        raise DataError(f"A digit is 0 to 9, not {digit}.")
    test = load("mnist5k").test
    assert test is not None  # mnist5k has a fixed test split
    rows = (test.labels == digit).nonzero().flatten()
    if not 0 <= index < len(rows):
        raise DataError(
            f"mnist5k has {len(rows)} test images of a {digit}: index 0 to {len(rows) - 1}, not {index}."
        )
    return maps_of((test.images[rows[index]].double() / 255).tolist())


def shape_of(maps: Maps) -> tuple[int, int, int]:
    """Return [C, H, W].

    >>> shape_of(read_maps("1 2 3; 4 5 6"))
    (1, 2, 3)
    """
    return len(maps), len(maps[0]), len(maps[0][0])


def maps_of(values: Sequence[Sequence[Sequence[float]]]) -> Maps:
    """Return nested lists of numbers as maps."""
    return tuple(tuple(tuple(row) for row in matrix) for matrix in values)
