import os
from pathlib import Path

import pytest

from steepest.data import load
from steepest.data.source import (
    DRAWINGS,
    cache_places,
    cifar_files,
    data_directory,
    doodle_file,
    idx_files,
    is_complete,
    locate,
    state_of,
    writing,
)
from steepest.data.table import TABLE
from steepest.errors import DataError


def test_the_argument_comes_before_the_variable_and_the_variable_before_the_platform(tmp_path, monkeypatch):
    assert data_directory() == tmp_path / "platform"
    monkeypatch.setenv("STEEPEST_DATA", "/from/variable")
    assert data_directory() == Path("/from/variable")
    assert data_directory("/from/argument") == Path("/from/argument")


def test_an_empty_variable_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setenv("STEEPEST_DATA", "")
    assert data_directory() == tmp_path / "platform"


def test_the_users_folder_is_understood(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert data_directory("~/data") == Path("/home/ada/data")


def test_two_folders_of_data_never_share_a_place_in_the_platforms_cache(tmp_path):
    one, two = (cache_places(tmp_path / name, "mnist") for name in ("one", "two"))
    assert one[0] == tmp_path / "one" / "decoded" / "mnist.safetensors"
    assert not set(one) & set(two)
    assert cache_places(tmp_path / "platform", "mnist") == (
        tmp_path / "platform" / "decoded" / "mnist.safetensors",
    )


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(
            DataError, match=r"file/in cannot be written: Not a directory\. Choose another .*--data-dir"
        ),
        writing(tmp_path / "file" / "in"),
    ):
        pass


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


def test_the_size_of_a_published_file_is_that_of_its_header_and_its_numbers():
    sizes = {file.name: file.size for file in idx_files(60_000, 10_000)}
    assert sizes["train-images-idx3-ubyte"] == 16 + 60_000 * 784
    assert sizes["t10k-labels-idx1-ubyte"] == 8 + 10_000
    *batches, last = cifar_files(10_000, ("",) * 6)
    assert {each.size for each in (*batches, last)} == {10_000 * 3073}
    assert [each.part for each in (*batches, last)] == ["train"] * 5 + ["test"]
    assert doodle_file("cat").size == DRAWINGS * 784
