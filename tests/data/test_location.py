from pathlib import Path

import pytest

from steepest.data.location import cache_places, data_directory, writing
from steepest.errors import DataError


def test_the_argument_comes_before_the_variable_and_the_variable_before_the_platform(
    tmp_path, monkeypatch
):
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
            DataError,
            match=r"file/in cannot be written: Not a directory\. Choose another .*--data-dir",
        ),
        writing(tmp_path / "file" / "in"),
    ):
        pass
