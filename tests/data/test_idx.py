import struct
from pathlib import Path

import numpy as np
import pytest

from steepest.data.idx import check_labels, read_idx
from steepest.errors import IntegrityError

WHERE = Path("folder/images")


def written(*shape: int, magic: bytes = b"\0\0\x08", tail: bytes = b"") -> bytes:
    numbers = np.arange(np.prod(shape), dtype=np.uint8).tobytes()
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + numbers + tail


def test_numbers_come_back_in_their_shape():
    numbers = read_idx(written(2, 3, 4), (2, 3, 4), WHERE)
    assert numbers.tolist() == np.arange(24).reshape(2, 3, 4).tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "folder/images is no IDX file of 3 dimensions: it begins with nothing"),
        (written(2, 3, 4, magic=b"\0\0\x0d"), "begins with 00 00 0d 03, expected 00 00 08 03"),
        (written(24), "begins with 00 00 08 01, expected 00 00 08 03"),
        (written(2, 3, 4)[:9], "is cut off within its header, after 9 bytes"),
        (written(3, 2, 4), r"says that it holds \[3, 2, 4\]; expected \[2, 3, 4\]"),
        (b"\0\0\x08\x03" + b"\xff" * 12 + bytes(24), r"says that it holds \[4294967295, "),
        (written(2, 3, 4)[:-1], "is cut off: 39 bytes of 40"),
        (written(2, 3, 4, tail=b"!!"), "has 2 bytes after its end: 42 instead of 40"),
    ],
)
def test_a_file_that_lies_is_refused_with_what_was_expected_and_found(content, message):
    with pytest.raises(IntegrityError, match=message):
        read_idx(content, (2, 3, 4), WHERE)


def test_a_label_outside_the_classes_is_named_with_its_place():
    with pytest.raises(
        IntegrityError, match="has the label 10 at image 1; 10 classes allow 0 to 9"
    ):
        check_labels(np.array([9, 10, 11], np.uint8), 10, WHERE)


def test_labels_within_the_classes_pass():
    check_labels(np.array([0, 9], np.uint8), 10, WHERE)
