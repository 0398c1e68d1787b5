"""IDX, the file format of MNIST and its successors.

Two zero bytes, the type of the numbers (8: unsigned bytes), how many dimensions, then each dimension as
four bytes, most significant first; then the numbers.
Source: LeCun, Cortes and Burges 1998, http://yann.lecun.com/exdb/mnist/
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import IntegrityError

UNSIGNED_BYTE = 8


def read_idx(content: bytes, shape: tuple[int, ...], where: Path) -> NDArray[np.uint8]:
    """Return the numbers of an IDX file that must have exactly this shape.

    >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), (2,), Path("labels"))
    array([7, 9], dtype=uint8)

    Raises:
        IntegrityError: names the file, what was expected and what was found.
    """
    magic = bytes([0, 0, UNSIGNED_BYTE, len(shape)])
    if content[:4] != magic:
        raise IntegrityError(
            f"{where} is no IDX file of {len(shape)} dimensions: it begins with "
            f"{content[:4].hex(' ') or 'nothing'}, expected {magic.hex(' ')}."
        )
    start = 4 + 4 * len(shape)
    if len(content) < start:
        raise IntegrityError(f"{where} is cut off within its header, after {len(content)} bytes.")
    stated = struct.unpack(f">{len(shape)}I", content[4:start])
    if stated != shape:
        raise IntegrityError(f"{where} says that it holds {list(stated)}; expected {list(shape)}.")
    numbers = np.frombuffer(content, np.uint8, offset=start)
    check_length(len(content), start + int(np.prod(shape)), where)
    return numbers.reshape(shape)


def check_length(found: int, expected: int, where: Path) -> None:
    """Refuse content that is shorter or longer than it must be.

    Raises:
        IntegrityError: names the file and both lengths.
    """
    if found < expected:
        raise IntegrityError(f"{where} is cut off: {found:,} bytes of {expected:,}.")
    if found > expected:
        raise IntegrityError(
            f"{where} has {found - expected:,} bytes after its end: {found:,} instead of {expected:,}."
        )


def check_labels(labels: NDArray[np.uint8], classes: int, where: Path) -> None:
    """Refuse a label that is no class.

    Raises:
        IntegrityError: names the file and the first label that is wrong.
    """
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        raise IntegrityError(
            f"{where} has the label {labels[wrong[0]]} at image {wrong[0]:,}; "
            f"{classes} classes allow 0 to {classes - 1}."
        )
