"""The binary version of CIFAR-10: records of one label byte and three planes of 32x32, one after another.

Source: Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .idx import check_labels, check_length

PIXELS = (3, 32, 32)  # red, green and blue planes, rows from the top
CLASSES = 10


def read_batch(
    content: bytes, images: int, where: Path
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images [N, 3, 32, 32] and labels [N] of one batch file.

    Raises:
        IntegrityError: the length is not that of N records, or a label is no class.
    """
    record = 1 + int(np.prod(PIXELS))
    check_length(len(content), images * record, where)
    records = np.frombuffer(content, np.uint8).reshape(images, record)
    labels = records[:, 0]
    check_labels(labels, CLASSES, where)
    return records[:, 1:].reshape(images, *PIXELS), labels
