import gzip
import shutil

import numpy as np
import pytest

from steepest.data import load
from steepest.data.adding import add
from steepest.data.table import TABLE
from steepest.errors import DataError, IntegrityError


@pytest.fixture
def stick(tmp_path):
    """A folder to add from."""
    path = tmp_path / "stick"
    path.mkdir()
    return path


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("inside", ["", "mnist"])
def test_a_folder_of_idx_files_is_taken_packed_or_not(digits, stick, data, packed, inside):
    digits.place(stick / inside, packed=packed)
    added = add(digits.source, stick, data)
    assert added.files == tuple(digits.files)
    assert added.lacking == ()
    shutil.rmtree(stick)
    assert len(load("mnist", data_dir=data).test) == 20


def test_one_file_is_taken_and_the_others_are_named(digits, stick, data):
    digits.place(stick)
    added = add(digits.source, stick / "train-labels-idx1-ubyte.gz", data)
    assert added.files == ("train-labels-idx1-ubyte",)
    assert added.lacking == (
        "train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    )  # fmt: skip


@pytest.mark.parametrize("where", ["file", "renamed", "folder", "unpacked", "inside", "data"])
def test_cifar10_is_taken_as_an_archive_or_unpacked(photos, stick, data, pack, where):
    folder = "cifar-10-batches-bin"
    archive = pack({f"{folder}/{name}": content for name, content in photos.files.items()})
    name = "download.tgz" if where == "renamed" else "cifar-10-binary.tar.gz"
    if where in {"file", "renamed", "folder"}:
        (stick / name).write_bytes(archive)
    else:
        photos.place(stick / ("cifar10" if where == "data" else "") / folder, packed=False)
    paths = {"file": stick / name, "renamed": stick / name, "inside": stick / folder}
    added = add(photos.source, paths.get(where, stick), data)
    assert added.lacking == ()
    shutil.rmtree(stick)
    assert load("cifar10", data_dir=data).notes == ()


def test_a_copy_that_differs_is_refused_and_nothing_is_kept_of_it(photos, stick, data):
    photos.files["test_batch.bin"] = b"\x03" + bytes(len(photos.files["test_batch.bin"]) - 1)
    photos.place(stick, packed=False)
    with pytest.raises(IntegrityError, match=r"cifar10 in .* is refused as an unverified test copy"):
        add(photos.source, stick / "test_batch.bin", data)
    assert not data.exists()


def test_a_copy_that_differs_is_taken_unverified_and_stays_so(photos, stick, data):
    photos.files["test_batch.bin"] = b"\x03" + bytes(len(photos.files["test_batch.bin"]) - 1)
    photos.place(stick / "cifar-10-batches-bin", packed=False)
    (note,) = add(photos.source, stick, data, unverified=True).notes
    assert note.startswith("unverified test copy")
    assert load("cifar10", data_dir=data, unverified=True).notes == (note,)
    with pytest.raises(IntegrityError, match="--unverified"):
        load("cifar10", data_dir=data)


def test_a_file_that_cannot_be_read_is_refused_even_unverified(digits, stick, data):
    digits.place(stick)
    path = stick / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(digits.files["train-images-idx3-ubyte"][:-7]))
    with pytest.raises(IntegrityError, match=r"train-images-idx3-ubyte\.gz is cut off: 23,529 bytes of 23,536"):
        add(digits.source, stick, data, unverified=True)
    assert not data.exists()


def test_what_was_added_last_counts(digits, stick, data):
    digits.place(stick, packed=False)
    add(digits.source, stick, data)
    first = load("mnist", data_dir=data)
    labels = "t10k-labels-idx1-ubyte"
    (stick / labels).unlink()
    (stick / f"{labels}.gz").write_bytes(gzip.compress(digits.files[labels][:-1] + b"\x00"))
    add(digits.source, stick / f"{labels}.gz", data, unverified=True)
    second = load("mnist", data_dir=data, unverified=True)
    assert int(first.test.labels[-1]) == 9
    assert int(second.test.labels[-1]) == 0


def test_doodles_are_taken_to_the_number_that_is_used(doodles, stick, data):
    for start, name in enumerate(("cat", "dog")):
        np.save(stick / f"{name}.npy", np.full((9, 784), start, np.uint8))
    assert add(doodles, stick, data).lacking == ()
    assert load("quickdraw", data_dir=data).train.images[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert (data / "quickdraw" / "cat.npy").stat().st_size == 128 + 5 * 784


def test_a_path_that_is_not_there_is_said(digits, stick, data):
    with pytest.raises(DataError, match=r"There is no .*/nowhere to add mnist from"):
        add(digits.source, stick / "nowhere", data)


@pytest.mark.parametrize("name", ["", "holiday.jpg"])
def test_a_path_without_any_of_the_files_says_what_is_expected(photos, stick, data, name):
    (stick / "holiday.jpg").touch()
    with pytest.raises(
        DataError, match=r"holds no file of cifar10\. Expected: cifar-10-binary\.tar\.gz, or data_batch_1\.bin"
    ):
        add(photos.source, stick / name, data)


def test_what_is_embedded_needs_no_adding(stick, data):
    with pytest.raises(DataError, match="mnist5k comes with steepest itself; there is nothing to add"):
        add(TABLE["mnist5k"], stick, data)


def test_a_folder_of_data_that_cannot_be_written_is_said(digits, stick, tmp_path):
    digits.place(stick)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written: Not a directory"):
        add(digits.source, stick, tmp_path / "file")
