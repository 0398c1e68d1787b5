import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from steepest.data.presence import locate
from steepest.data.publishers import decode, notes_of, read_contents, refuse_unverified
from steepest.errors import IntegrityError


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
    files = {
        **photos.files,
        **{name.replace("_bin", ".bin"): data for name, data in changed.items()},
    }
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
        f"unverified test copy: the SHA-256 of its test_batch.bin begins {found}, "
        f"the published one {published}"
    )


def test_each_split_with_another_file_gets_one_note(digits, tmp_path):
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        digits.files[name] = digits.files[name][:-1] + b"\x05"
    digits.place(tmp_path)
    (note,) = notes_of(contents_in(digits, tmp_path))
    assert note.startswith(
        "unverified training copy: the SHA-256 of its train-images-idx3-ubyte begins "
    )
    assert note.endswith(" (and 1 more)")


def test_where_only_the_compressed_hash_is_published_the_compressed_file_is_needed(
    digits, tmp_path
):
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
        refuse_unverified(
            digits.source, ["unverified test copy: x differs"], Path("data/mnist"), allowed=False
        )
    assert str(caught.value) == (
        "mnist in data/mnist is refused as an unverified test copy: x differs. Get the published files with "
        "`steepest data fetch mnist`, or take these with --unverified (in Python: unverified=True): every "
        "run on them will say so."
    )
    refuse_unverified(digits.source, ["x"], Path("data"), allowed=True)
    refuse_unverified(digits.source, [], Path("data"), allowed=False)
