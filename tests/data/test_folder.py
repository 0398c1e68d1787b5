"""A folder of images becomes a dataset by stated rules, and whatever breaks one of them is named."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from folder_fakes import fill, picture, refusal
from steepest.data import folder as folder_module
from steepest.data.dataset import Dataset, Split
from steepest.data.folder import cache_path, load_folder, read_cache, write_cache
from steepest.errors import UserError


def test_a_fifth_of_each_class_is_for_testing_and_names_and_pixels_stay_together(root, load):
    dataset = load(root)
    assert repr(dataset) == f"<{root}: 24 train, 6 test; [3, 8, 8], 2 classes>"
    assert dataset.classes == ("cat", "dog")
    assert torch.bincount(dataset.test.labels).tolist() == [2, 4]
    assert {*dataset.train.names}.isdisjoint(dataset.test.names)
    for split in dataset.splits.values():
        assert list(split.names) == sorted(split.names)
        for name, image, label in zip(split.names, split.images, split.labels, strict=True):
            there = np.array(Image.open(root / name))
            assert np.array_equal(image.permute(1, 2, 0).numpy(), there)
            assert name.startswith(dataset.classes[label])


def test_grey_pictures_have_one_channel_and_one_coloured_makes_it_three(tmp_path, load):
    root = fill(tmp_path / "a", {"x": 3, "y": 3}, mode="L")
    assert load(root).shape == (1, 8, 8)
    picture(1).save(root / "x" / "colour.png")
    dataset = load(root)
    assert dataset.shape == (3, 8, 8)
    grey = dataset.train.images[dataset.train.labels == 1]
    assert torch.equal(grey[:, 0], grey[:, 2])


def test_pictures_of_one_small_size_keep_it(tmp_path, load):
    dataset = load(fill(tmp_path / "a", {"x": 2, "y": 2}, size=(64, 20)))
    assert dataset.shape == (3, 64, 20)
    assert dataset.notes == ()


@pytest.mark.parametrize(("extra", "came"), [((8, 9), "of several sizes"), (None, "larger than that")])
def test_other_pictures_become_32_by_32_and_the_notes_say_so(tmp_path, load, extra, came):
    root = fill(tmp_path / "a", {"x": 2, "y": 2}, size=(8, 8) if extra else (65, 40))
    if extra:
        picture(9, size=extra).save(root / "x" / "other.png")
    dataset = load(root)
    assert dataset.shape == (3, 32, 32)
    assert dataset.notes == (
        f"Its pictures, {came}, were scaled and cut to 32x32; an image size keeps more of them.",
    )


def test_an_asked_size_is_given(root, load):
    dataset = load(root, image_size=(12, 20))
    assert dataset.shape == (3, 12, 20)
    assert dataset.notes == ()
    with pytest.raises(UserError, match=r"The image size is 0x20; both must be 1 or more\."):
        load(root, image_size=(0, 20))


def test_a_turned_photo_counts_with_its_upright_size(tmp_path, load):
    root = fill(tmp_path / "a", {"x": 2, "y": 2}, size=(6, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(5, size=(10, 6)).save(root / "x" / "turned.png", exif=exif)
    assert load(root).shape == (3, 6, 10)


def test_every_broken_or_foreign_file_is_named_with_its_reason(root, load):
    (root / "cat" / "notes.txt").write_text("hello")
    (root / "dog" / "empty.png").touch()
    (root / "dog" / "nowhere.png").symlink_to(root / "no such file")
    (root / "list.csv").write_text("a,b")
    whole = (root / "dog" / "003.png").read_bytes()
    (root / "dog" / "003.png").write_bytes(whole[:120])
    sentence = refusal(load, root)
    assert sentence.startswith(
        f"5 files of {root} cannot be used: cat/notes.txt is no image of a known format (PNG, "
    )
    assert "; dog/003.png is damaged (" in sentence
    assert "; dog/empty.png is empty; dog/nowhere.png does not exist; " in sentence
    assert sentence.endswith("list.csv lies in no class folder. Remove or move such files, then try again.")


def test_more_than_ten_bad_files_are_counted(root, load):
    for number in range(13):
        (root / "cat" / f"{number}.txt").write_text("x")
    sentence = refusal(load, root)
    assert sentence.startswith("13 files of")
    assert "; and 3 more. Remove" in sentence
    assert sentence.count(".txt") == 10


def test_a_pipe_is_refused_and_not_waited_for(root, load):
    os.mkfifo(root / "cat" / "pipe.png")
    assert "cat/pipe.png is no ordinary file" in refusal(load, root)


def test_the_second_load_decodes_nothing_and_gives_the_same(root, load, monkeypatch):
    first = load(root)
    monkeypatch.setattr(folder_module, "decode", lambda path, size: pytest.fail("was decoded"))
    second = load(root)
    assert second.hashes == first.hashes
    assert second.train.names == first.train.names
    assert (second.name, second.classes, second.notes) == (first.name, first.classes, first.notes)


def change(root):
    picture(999).save(root / "cat" / "000.png")


def add(root):
    picture(999).save(root / "cat" / "new.png")


def remove(root):
    (root / "cat" / "000.png").unlink()


def touch(root):
    os.utime(root / "cat" / "000.png", ns=(1, 1))


@pytest.mark.parametrize("happen", [change, add, remove, touch])
def test_any_change_to_a_file_decodes_anew(root, load, monkeypatch, happen):
    load(root)
    happen(root)
    decoded = []
    monkeypatch.setattr(
        folder_module,
        "decode",
        lambda path, size, decode=folder_module.decode: (decoded.append(path), decode(path, size))[1],
    )
    dataset = load(root)
    assert len(decoded) == sum(map(len, dataset.splits.values()))


def test_a_foreign_file_that_comes_later_is_not_hidden_by_the_cache(root, load):
    load(root)
    (root / "list.csv").write_text("a,b")
    assert "list.csv lies in no class folder" in refusal(load, root)


def test_each_size_has_its_own_cache_and_a_changed_folder_replaces_its_own(root, load, tmp_path):
    load(root)
    load(root, image_size=(5, 5))
    add(root)
    load(root)
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_without_a_cache_folder_decoded_pictures_lie_with_the_other_datasets(root, tmp_path, monkeypatch):
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "data"))
    load_folder(root)
    assert [path.suffix for path in (tmp_path / "data" / "folders").iterdir()] == [".safetensors"]


def test_a_cache_that_cannot_be_written_is_said_and_the_images_are_loaded(root, tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="could not be kept in .*; they will be decoded again"):
        dataset = load_folder(root, cache=Path(tmp_path / "file" / "cache"))
    assert len(dataset.train) == 24


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
    assert (back.classes, back.notes, back.hashes) == (dataset.classes, dataset.notes, dataset.hashes)
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


def test_more_than_memory_is_refused_before_it_is_decoded(root, load, monkeypatch):
    monkeypatch.setattr(folder_module, "decode", lambda path, size: pytest.fail("was decoded"))
    monkeypatch.setattr(folder_module, "MOST_BYTES", 10**9)
    said = refusal(load, root, image_size=(4096, 4096))
    assert "at 4096x4096 they would take" in said
    assert "GB, and at most 1 GB are held. Give a smaller image size." in said


def test_a_link_to_itself_is_named(root, load):
    (root / "cat" / "self.png").symlink_to("self.png")
    assert "cat/self.png cannot be read (Too many levels of symbolic links)" in refusal(load, root)
