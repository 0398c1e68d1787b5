"""A folder's cache is read only if it is whole and fits; otherwise the folder is decoded again."""

import pytest
import torch

from steepest.data.dataset import Dataset, Split
from steepest.data.folder_cache import cache_path, read_cache, write_cache


@pytest.fixture
def dataset():
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (6, 3, 4, 5), generator=draw, dtype=torch.uint8)
    labels = torch.tensor([0, 1, 0, 1, 0, 1])
    names = tuple(f"class/ä{row}.png" for row in range(6))
    whole = Split(images, labels, names)
    train, test = whole.take(torch.arange(4)), whole.take(torch.arange(4, 6))
    return Dataset("here", ("a", "b"), train, test, notes=("A sentence.",))


def test_what_is_written_reads_back(tmp_path, dataset):
    path = tmp_path / "new" / "a.safetensors"
    write_cache(path, dataset, "known")
    back = read_cache(path, "there", "known")
    assert back.name == "there"
    assert (back.classes, back.notes, back.hashes) == (
        dataset.classes,
        dataset.notes,
        dataset.hashes,
    )
    assert back.train.names == dataset.train.names
    assert back.validation is None


def test_the_same_dataset_is_the_same_bytes(tmp_path, dataset):
    for name in ("a", "b"):
        write_cache(tmp_path / name, dataset, "known")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_or_stale_cache_is_not_read(tmp_path, dataset):
    path = tmp_path / "a"
    assert read_cache(path, "x", "known") is None
    write_cache(path, dataset, "known")
    assert read_cache(path, "x", "other") is None


def test_no_flipped_bit_passes(tmp_path, dataset):
    path = tmp_path / "a"
    write_cache(path, dataset, "known")
    whole = path.read_bytes()
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        back = read_cache(path, "here", "known")
        # spaces that fill up the header say nothing
        assert back is None or whole[position : position + 1] == b" ", position


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_no_truncated_file_passes(tmp_path, dataset, kept):
    path = tmp_path / "a"
    write_cache(path, dataset, "known")
    path.write_bytes(path.read_bytes()[:kept])
    assert read_cache(path, "here", "known") is None


def test_roots_and_sizes_have_files_of_their_own(tmp_path):
    places = {
        cache_path(tmp_path, tmp_path / root, size)
        for root in ("a", "b", "x" * 100)
        for size in (None, (8, 8), (9, 8))
    }
    assert len(places) == 9
    assert all(len(place.name) < 100 for place in places)
