import gzip
import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steepest.data.publishers import (
    check_labels,
    decode,
    notes_of,
    read_batch,
    read_contents,
    read_idx,
    refuse_unverified,
)
from steepest.data.source import locate
from steepest.errors import IntegrityError

WHERE = Path("folder/images")


BATCH = Path("batch.bin")


def contents_in(published, folder):
    return read_contents(published.source, locate(published.source, folder))


@pytest.mark.parametrize("packed", [True, False])
def test_idx_files_become_images_and_labels(digits, tmp_path, packed):
    digits.place(tmp_path, packed=packed)
    decoded = decode(digits.source, contents_in(digits, tmp_path))
    assert {name: list(each.shape) for name, each in decoded.tensors.items()} == {
        "train images": [30, 1, 28, 28],
        "train labels": [30],
        "test images": [20, 1, 28, 28],
        "test labels": [20],
    }
    images = digits.files["t10k-images-idx3-ubyte"][16:]
    assert decoded.tensors["test images"].numpy().tobytes() == images
    assert decoded.notes == ()


def test_batches_become_images_and_labels_in_the_order_of_the_table(photos, tmp_path):
    photos.place(tmp_path / "cifar-10-batches-bin", packed=False)
    decoded = decode(photos.source, contents_in(photos, tmp_path))
    assert decoded.tensors["train images"].shape == (20, 3, 32, 32)
    second = photos.files["data_batch_2.bin"]
    assert int(decoded.tensors["train labels"][4]) == second[0]
    assert decoded.tensors["train images"][4].numpy().tobytes() == second[1:3073]
    assert decoded.notes == ()


def archived(photos, tmp_path, pack, **changed: bytes) -> Path:
    files = {**photos.files, **{name.replace("_bin", ".bin"): data for name, data in changed.items()}}
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(pack({f"cifar-10-batches-bin/{name}": data for name, data in files.items()}))
    return path


def test_the_published_archive_vouches_for_all_that_is_in_it(photos, tmp_path, pack):
    archived(photos, tmp_path, pack)
    # even for a member whose own hash is unknown
    files = (*photos.source.files[:5], replace(photos.source.files[5], sha256="0" * 64))
    photos.source = replace(photos.source, files=files)
    assert notes_of(contents_in(photos, tmp_path)) == ()


def test_the_members_of_another_archive_are_compared_one_by_one(photos, tmp_path, pack):
    other = bytes([1]) + photos.files["test_batch.bin"][1:]
    if other == photos.files["test_batch.bin"]:
        other = bytes([2]) + other[1:]
    archived(photos, tmp_path, pack, test_batch_bin=other)
    (note,) = notes_of(contents_in(photos, tmp_path))
    found = hashlib.sha256(other).hexdigest()[:8]
    published = photos.source.files[5].sha256
    assert note == (
        f"unverified test copy: the SHA-256 of its test_batch.bin begins {found}, the published one {published}"
    )


def test_each_split_with_another_file_gets_one_note(digits, tmp_path):
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        digits.files[name] = digits.files[name][:-1] + b"\x05"
    digits.place(tmp_path)
    (note,) = notes_of(contents_in(digits, tmp_path))
    assert note.startswith("unverified training copy: the SHA-256 of its train-images-idx3-ubyte begins ")
    assert note.endswith(" (and 1 more)")


def test_where_only_the_compressed_hash_is_published_the_compressed_file_is_needed(digits, tmp_path):
    digits.place(tmp_path)
    packed = {name: (tmp_path / f"{name}.gz").read_bytes() for name in digits.files}
    files = tuple(
        replace(file, sha256="", packed_md5=hashlib.md5(packed[file.name]).hexdigest())
        for file in digits.source.files
    )
    digits.source = replace(digits.source, files=files)
    assert notes_of(contents_in(digits, tmp_path)) == ()
    name = "t10k-labels-idx1-ubyte"
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(digits.files[name], 1))
    (note,) = notes_of(contents_in(digits, tmp_path))
    assert "of its t10k-labels-idx1-ubyte only the compressed file's MD5 is published" in note


def test_a_refusal_names_the_file_and_both_ways_on(digits):
    with pytest.raises(IntegrityError) as caught:
        refuse_unverified(digits.source, ["unverified test copy: x differs"], Path("data/mnist"), allowed=False)
    assert str(caught.value) == (
        "mnist in data/mnist is refused as an unverified test copy: x differs. Get the published files with "
        "`steepest data fetch mnist`, or take these with --unverified (in Python: unverified=True): every "
        "run on them will say so."
    )
    refuse_unverified(digits.source, ["x"], Path("data"), allowed=True)
    refuse_unverified(digits.source, [], Path("data"), allowed=False)


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
    with pytest.raises(IntegrityError, match="has the label 10 at image 1; 10 classes allow 0 to 9"):
        check_labels(np.array([9, 10, 11], np.uint8), 10, WHERE)


def test_labels_within_the_classes_pass():
    check_labels(np.array([0, 9], np.uint8), 10, WHERE)


def records(*labels: int) -> bytes:
    planes = bytes([1]) * 1024 + bytes([2]) * 1024 + bytes([3]) * 1024
    return b"".join(bytes([label]) + planes for label in labels)


def test_a_record_is_a_label_and_three_planes():
    images, labels = read_batch(records(7, 0), 2, BATCH)
    assert labels.tolist() == [7, 0]
    assert images.shape == (2, 3, 32, 32)
    assert [np.unique(plane).tolist() for plane in images[1]] == [[1], [2], [3]]


def test_rows_of_a_plane_run_from_the_top():
    content = bytes([0]) + (np.arange(3072) % 251).astype(np.uint8).tobytes()
    images, _ = read_batch(content, 1, BATCH)
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
        read_batch(content, 2, BATCH)
