"""QuickDraw's bitmaps: one NumPy file for a class, a row of 28x28 grey values for each drawing.

The published files hold over 100,000 drawings each; steepest takes the first ones, and so reads, or
downloads, only the beginning. No hash is published, so a file that was fetched keeps its own beside it.

Source: Jongejan et al. 2016, https://github.com/googlecreativelab/quickdraw-dataset
"""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, IntegrityError, refuse_trouble
from ..storage import sha256, write_durably

PIXELS = 28 * 28
LONGEST_HEADER = 256  # bytes; NumPy writes 80 or 128 for a table like this


def read_drawings(path: Path, drawings: int, *, beginning: bool = False) -> NDArray[np.uint8]:
    """Return the first drawings [N, 784] of a class's file.

    Args:
        path: a ``.npy`` file; where its hash stands beside it, it must have that hash.
        beginning: the file may end anywhere after these drawings, as a partial download does.

    Raises:
        IntegrityError: it is no table of 28x28 bytes, is too short, too long, or was changed.
        DataError: it cannot be read.
    """
    try:
        length = path.stat().st_size
        with path.open("rb") as file:
            rows = _rows(file, path)
            expected = file.tell() + rows * PIXELS
            if (length != expected and not beginning) or length > expected:
                raise IntegrityError(f"{path} has {length:,} bytes; its header means {expected:,}.")
            if rows < drawings:
                raise IntegrityError(f"{path} holds {rows:,} drawings; {drawings:,} are needed.")
            content = file.read(drawings * PIXELS)
    except OSError as error:
        refuse_trouble(error)
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) < drawings * PIXELS:
        raise IntegrityError(f"{path} is cut off after {length:,} bytes.")
    _check_kept_hash(path)
    return np.frombuffer(content, np.uint8).reshape(drawings, PIXELS)


def _rows(file: BinaryIO, path: Path) -> int:
    """Read the header and return how many drawings it states."""
    header = np.lib.format
    try:
        read = {(1, 0): header.read_array_header_1_0, (2, 0): header.read_array_header_2_0}
        shape, by_columns, kind = read[header.read_magic(file)](file)
    except (ValueError, KeyError, EOFError) as error:
        raise IntegrityError(f"{path} is no NumPy file of drawings.") from error
    if kind != np.uint8 or len(shape) != 2 or shape[1] != PIXELS or by_columns or shape[0] < 0:
        raise IntegrityError(
            f"{path} holds {list(shape)} of {kind}; drawings are [N, {PIXELS}] of uint8, row by row."
        )
    return int(shape[0])


def keep_drawings(path: Path, drawings: NDArray[np.uint8]) -> None:
    """Write drawings [N, 784] as a class's file, and its hash beside it."""
    buffer = BytesIO()
    np.save(buffer, drawings, allow_pickle=False)
    kept_hash(path).unlink(missing_ok=True)
    write_durably(path, buffer.getbuffer())
    write_durably(kept_hash(path), sha256(buffer.getbuffer()) + "\n")


def kept_hash(path: Path) -> Path:
    """Return where the hash of a class's file stands.

    >>> kept_hash(Path("cat.npy")).name
    'cat.npy.sha256'
    """
    return path.with_name(path.name + ".sha256")


def _check_kept_hash(path: Path) -> None:
    beside = kept_hash(path)
    if beside.is_file() and beside.read_text(errors="replace").strip() != sha256(path.read_bytes()):
        raise IntegrityError(f"{path} is not what was fetched: its SHA-256 differs from {beside.name}.")
