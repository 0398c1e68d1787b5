"""A folder of images becomes a dataset by stated rules, and whatever breaks one of them is named."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from steepest.data import folder as folder_module
from steepest.data.folder import load_folder
from steepest.errors import DataError, UserError


def picture(seed, size=(8, 8), mode="RGB"):
    values = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def fill(root, counts, *, start=0, **options):
    """Write so many images into each folder; every image differs."""
    seed = start
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture(seed, **options).save(root / name / f"{number:03}.png")
            seed += 1
    return root


@pytest.fixture
def root(tmp_path):
    return fill(tmp_path / "pets", {"cat": 10, "dog": 20})


@pytest.fixture
def load(tmp_path):
    """Load with a cache of the test's own."""
    return lambda root, **options: load_folder(root, cache=tmp_path / "cache", **options)


def refusal(load, root, **options):
    with pytest.raises(DataError) as caught:
        load(root, **options)
    return str(caught.value)


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


def test_the_names_alone_decide_the_split(tmp_path, load, root):
    elsewhere = fill(tmp_path / "other" / "name", {"dog": 20, "cat": 10}, start=500)
    first, second = load(root), load(elsewhere)
    assert first.test.names == second.test.names
    assert not torch.equal(first.test.images, second.test.images)
    (elsewhere / "cat" / "000.png").rename(elsewhere / "cat" / "zzz.png")
    assert load(elsewhere).test.names != first.test.names


@pytest.mark.parametrize("validation", ["val", "valid", "validation", "Val"])
def test_given_parts_are_taken_as_they_are(tmp_path, load, validation):
    root = tmp_path / "pets"
    fill(root / "train", {"cat": 3, "dog": 4})
    fill(root / "test", {"cat": 1, "dog": 2}, start=50)
    fill(root / validation, {"cat": 2, "dog": 1}, start=70)
    dataset = load(root)
    assert {part: len(split) for part, split in dataset.splits.items()} == {
        "train": 7,
        "validation": 3,
        "test": 3,
    }
    assert dataset.test.names == ("test/cat/000.png", "test/dog/000.png", "test/dog/001.png")
    assert dataset.validation.labels.tolist() == [0, 0, 1]


def test_only_a_training_part_makes_a_dataset_without_a_test_split(tmp_path, load):
    fill(tmp_path / "pets" / "train", {"cat": 1, "dog": 1})
    dataset = load(tmp_path / "pets")
    assert dataset.test is None
    assert dataset.validation is None


def test_a_class_called_test_beside_other_classes_is_a_class(tmp_path, load):
    assert load(fill(tmp_path / "a", {"control": 5, "test": 5})).classes == ("control", "test")


def test_a_class_without_test_images_is_noted(tmp_path, load):
    fill(tmp_path / "pets" / "train", {"cat": 2, "dog": 2})
    fill(tmp_path / "pets" / "test", {"cat": 1}, start=50)
    assert load(tmp_path / "pets").notes == ("The test images have none of: dog.",)


def test_hidden_files_and_litter_are_skipped(root, load):
    before = load(root).hashes
    for name in (".DS_Store", "cat/._000.png", "cat/Thumbs.db", "dog/desktop.ini", ".git/config"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no image")
    assert load(root).hashes == before


def test_folders_inside_a_class_belong_to_it(tmp_path, load):
    root = fill(tmp_path / "pets", {"cat/indoors/small": 3, "cat": 2, "dog": 5})
    dataset = load(root)
    names = {*dataset.train.names, *dataset.test.names}
    assert "cat/indoors/small/001.png" in names
    assert len(names) == 10


def test_links_to_files_and_classes_are_followed_and_loops_are_not(tmp_path, load, root):
    (root / "bird").symlink_to(fill(tmp_path / "else", {"where": 3}, start=90) / "where")
    (root / "cat" / "link.png").symlink_to(root / "dog" / "000.png")
    (root / "cat" / "loop").symlink_to(root / "cat")
    dataset = load(root)
    assert dataset.classes == ("bird", "cat", "dog")
    assert sum(map(len, dataset.splits.values())) == 34


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


@pytest.mark.parametrize(
    ("extra", "came"), [((8, 9), "of several sizes"), (None, "larger than that")]
)
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
    assert sentence.endswith(
        "list.csv lies in no class folder. Remove or move such files, then try again."
    )


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


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        ({}, "has no folders. A dataset has one folder of images a class: pets/<class>/..."),
        ({"cat": 3}, "has one class only: cat. A classifier needs two or more"),
        ({"cat": 3, "dog": 0}, "has no image of: dog. Add images or remove the class."),
        ({"cat": 3, "dog": 1}, "all there is of: dog. Add images or remove the class."),
        (
            {"val/cat": 1, "test/cat": 1},
            "has test, val and no train folder. Add pets/train/<class>",
        ),
        ({"train/cat": 1, "train/dog": 1, "bird": 1}, "has a train folder, and beside it: bird."),
        ({"train/cat": 1}, "has one class only: cat."),
        ({"train/cat": 1, "train/dog": 0}, "has no image of: dog."),
        (
            {"train/cat": 1, "train/dog": 1, "test/bird": 1},
            "has not: bird. Its classes are: cat, dog",
        ),
        ({"train/cat": 1, "train/dog": 1, "test/cat": 0}, "has no image of: cat, dog."),
        (
            {"train/cat": 1, "train/dog": 1, "val/cat": 1, "valid/cat": 1},
            "has two validation folders: val and valid. Keep one.",
        ),
    ],
)
def test_folders_that_make_no_dataset_say_why(tmp_path, load, folders, sentence):
    root = tmp_path / "pets"
    root.mkdir()
    fill(root, folders)
    assert sentence in refusal(load, root)


def test_a_folder_that_is_not_there_is_named(tmp_path, load):
    assert refusal(load, tmp_path / "x").startswith(f"There is no folder {tmp_path / 'x'}.")


def test_the_second_load_decodes_nothing_and_gives_the_same(root, load, monkeypatch):
    first = load(root)
    monkeypatch.setattr(folder_module, "decode", lambda path: pytest.fail("was decoded"))
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
        lambda path, decode=folder_module.decode: (decoded.append(path), decode(path))[1],
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


def test_without_a_cache_folder_decoded_pictures_lie_with_the_other_datasets(
    root, tmp_path, monkeypatch
):
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "data"))
    load_folder(root)
    assert [path.suffix for path in (tmp_path / "data" / "folders").iterdir()] == [".safetensors"]


def test_a_cache_that_cannot_be_written_is_said_and_the_images_are_loaded(root, tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="could not be kept in .*; they will be decoded again"):
        dataset = load_folder(root, cache=Path(tmp_path / "file" / "cache"))
    assert len(dataset.train) == 24
