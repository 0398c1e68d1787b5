import os

import pytest

from steepest.data import load
from steepest.data.presence import is_complete, locate, state_of
from steepest.data.table import TABLE


def older(path):
    os.utime(path, ns=(1, 1))


def test_what_is_there_is_found_compressed_or_not(digits, tmp_path):
    digits.place(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    (tmp_path / "t10k-labels-idx1-ubyte.gz").rename(tmp_path / "t10k-labels-idx1-ubyte")
    assert {name: path.name for name, path in locate(digits.source, tmp_path).items()} == {
        "train-images-idx3-ubyte": "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte": "train-labels-idx1-ubyte.gz",
        "t10k-labels-idx1-ubyte": "t10k-labels-idx1-ubyte",
    }
    assert not is_complete(digits.source, tmp_path)


def test_of_two_copies_the_newer_counts(digits, tmp_path):
    digits.place(tmp_path)
    digits.place(tmp_path, packed=False)
    name = "train-labels-idx1-ubyte"
    for old, new in ((name, f"{name}.gz"), (f"{name}.gz", name)):
        older(tmp_path / old)
        os.utime(tmp_path / new)
        assert locate(digits.source, tmp_path)[name].name == new


def test_an_archive_stands_for_all_of_its_files_unless_they_are_newer(photos, tmp_path):
    archive, folder = tmp_path / "cifar-10-binary.tar.gz", tmp_path / "cifar-10-batches-bin"
    archive.touch()
    assert set(locate(photos.source, tmp_path).values()) == {archive}
    photos.place(folder, packed=False)
    older(archive)
    assert locate(photos.source, tmp_path)["test_batch.bin"] == folder / "test_batch.bin"
    (folder / "test_batch.bin").unlink()
    assert set(locate(photos.source, tmp_path).values()) == {archive}


def test_the_state_goes_from_to_fetch_over_files_to_ready(digits, tmp_path):
    assert state_of(digits.source, tmp_path) == "to fetch"
    digits.place(tmp_path / "mnist")
    assert state_of(digits.source, tmp_path) == "files here"
    load("mnist", data_dir=tmp_path)
    assert state_of(digits.source, tmp_path) == "ready"


def test_doodles_are_ready_as_soon_as_all_are_there(doodles, tmp_path):
    folder = tmp_path / "quickdraw"
    folder.mkdir()
    (folder / "cat.npy").touch()
    assert state_of(doodles, tmp_path) == "to fetch"
    (folder / "dog.npy").touch()
    assert state_of(doodles, tmp_path) == "ready"


@pytest.mark.parametrize("name", TABLE)
def test_every_dataset_has_a_state_on_an_empty_machine(name, tmp_path):
    assert state_of(TABLE[name], tmp_path) == ("embedded" if name == "mnist5k" else "to fetch")
