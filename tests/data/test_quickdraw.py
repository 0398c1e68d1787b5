import numpy as np
import pytest

from steepest.data.quickdraw import keep_drawings, kept_hash, read_drawings
from steepest.errors import DataError, IntegrityError

DRAWN = (np.arange(6 * 784) % 253).astype(np.uint8).reshape(6, 784)


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "cat.npy", DRAWN)
    return tmp_path / "cat.npy"


def test_the_first_drawings_of_a_file_are_read(path):
    assert np.array_equal(read_drawings(path, 4), DRAWN[:4])


def test_the_second_version_of_numpys_header_is_read(path):
    with path.open("wb") as file:
        np.lib.format.write_array(file, DRAWN, version=(2, 0))
    assert np.array_equal(read_drawings(path, 6), DRAWN)


def test_the_beginning_of_a_file_suffices_where_that_is_allowed(path):
    path.write_bytes(path.read_bytes()[: 128 + 4 * 784 + 100])
    assert np.array_equal(read_drawings(path, 4, beginning=True), DRAWN[:4])
    with pytest.raises(IntegrityError, match=r"has 3,364 bytes; its header means 4,832"):
        read_drawings(path, 4)
    with pytest.raises(IntegrityError, match="is cut off after 3,364 bytes"):
        read_drawings(path, 5, beginning=True)


def test_too_few_drawings_are_refused(path):
    with pytest.raises(IntegrityError, match=r"cat\.npy holds 6 drawings; 7 are needed"):
        read_drawings(path, 7)


def test_bytes_after_the_end_are_refused(path):
    path.write_bytes(path.read_bytes() + b"!")
    for beginning in (False, True):
        with pytest.raises(IntegrityError, match="has 4,833 bytes; its header means 4,832"):
            read_drawings(path, 4, beginning=beginning)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (DRAWN.astype(np.int16), r"holds \[6, 784\] of int16; drawings are \[N, 784\] of uint8"),
        (DRAWN.reshape(6, 28, 28), r"holds \[6, 28, 28\] of uint8"),
        (DRAWN[:, :783], r"holds \[6, 783\]"),
        (np.asfortranarray(DRAWN), "row by row"),
        (np.array([{"a": 1}], dtype=object), "of object"),
    ],
)
def test_another_table_is_refused(path, numbers, message):
    np.save(path, numbers, allow_pickle=True)
    with pytest.raises(IntegrityError, match=message):
        read_drawings(path, 4)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"<html>not found</html>", b"\x93NUMPY\x09\x00ab"])
def test_what_is_no_numpy_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"cat\.npy is no NumPy file of drawings"):
        read_drawings(path, 4)


def test_a_header_that_claims_more_than_there_is_is_refused(path):
    path.write_bytes(path.read_bytes().replace(b"(6, 784)", b"(9, 784)"))
    with pytest.raises(IntegrityError, match="its header means 7,184"):
        read_drawings(path, 4)


def test_kept_drawings_have_their_hash_beside_them_and_a_flipped_bit_is_seen(tmp_path):
    path = tmp_path / "dog.npy"
    keep_drawings(path, DRAWN)
    assert np.array_equal(read_drawings(path, 6), DRAWN)
    assert len(kept_hash(path).read_text().strip()) == 64
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"dog\.npy is not what was fetched: its SHA-256 differs from dog"):
        read_drawings(path, 6)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no\.npy cannot be read"):
        read_drawings(tmp_path / "no.npy", 4)
