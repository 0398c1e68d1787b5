from pathlib import Path

import numpy as np
import pytest

from steepest.data.cifar import read_batch
from steepest.errors import IntegrityError

WHERE = Path("batch.bin")


def records(*labels: int) -> bytes:
    planes = bytes([1]) * 1024 + bytes([2]) * 1024 + bytes([3]) * 1024
    return b"".join(bytes([label]) + planes for label in labels)


def test_a_record_is_a_label_and_three_planes():
    images, labels = read_batch(records(7, 0), 2, WHERE)
    assert labels.tolist() == [7, 0]
    assert images.shape == (2, 3, 32, 32)
    assert [np.unique(plane).tolist() for plane in images[1]] == [[1], [2], [3]]


def test_rows_of_a_plane_run_from_the_top():
    content = bytes([0]) + (np.arange(3072) % 251).astype(np.uint8).tobytes()
    images, _ = read_batch(content, 1, WHERE)
    assert images[0, 0, 1, :3].tolist() == [32, 33, 34]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (records(1, 2)[:-5], "batch.bin is cut off: 6,141 bytes of 6,146"),
        (records(1, 2, 3), "has 3,073 bytes after its end: 9,219 instead of 6,146"),
        (records(1, 10), "has the label 10 at image 1"),
    ],
)
def test_a_damaged_batch_is_refused(content, message):
    with pytest.raises(IntegrityError, match=message):
        read_batch(content, 2, WHERE)
