"""A folder of images becomes a dataset by stated rules, and whatever breaks one of them is named."""

import os
import unicodedata
from pathlib import Path

import pytest
import torch

from folder_fakes import fill, refusal
from steepest.data.folder_scan import scan, visible
from steepest.errors import DataError


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
    assert {part: len(split) for part, split in dataset.splits.items()} == {"train": 7, "validation": 3, "test": 3}
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


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        ({}, "has no folders. A dataset has one folder of images a class: pets/<class>/..."),
        ({"cat": 3}, "has one class only: cat. A classifier needs two or more"),
        ({"cat": 3, "dog": 0}, "has no image of: dog. Add images or remove the class."),
        ({"cat": 3, "dog": 1}, "all there is of: dog. Add images or remove the class."),
        ({"val/cat": 1, "test/cat": 1}, "has test, val and no train folder. Add pets/train/<class>"),
        ({"train/cat": 1, "train/dog": 1, "bird": 1}, "has a train folder, and beside it: bird."),
        ({"train/cat": 1}, "has one class only: cat."),
        ({"train/cat": 1, "train/dog": 0}, "has no image of: dog."),
        ({"train/cat": 1, "train/dog": 1, "test/bird": 1}, "has not: bird. Its classes are: cat, dog"),
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


def test_a_scan_sorts_by_name_and_opens_nothing(tmp_path):
    for name in ("dog/b.txt", "dog/a.png", "cat/2.png", "cat/10.png", "list.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no image")
    found = scan(tmp_path)
    assert found.classes == ("cat", "dog")
    assert found.stray == ("list.csv",)
    assert sorted(each.name for each in found.files) == [*("cat/10.png", "cat/2.png"), *("dog/a.png", "dog/b.txt")]
    assert {each.name: each.label for each in found.files}["dog/b.txt"] == 1
    assert all(list(part) == sorted(part, key=lambda e: e.name) for part in found.parts.values())


def test_names_are_one_however_the_disk_writes_them(tmp_path):
    for form in ("NFC", "NFD"):
        folder = tmp_path / form / unicodedata.normalize(form, "bär")
        for number in range(3):
            (folder / f"{number}.png").parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.png").touch()
            (tmp_path / form / "cat").mkdir(exist_ok=True)
            (tmp_path / form / "cat" / f"{number}.png").touch()
    one, other = (scan(tmp_path / form) for form in ("NFC", "NFD"))
    assert one.classes == other.classes == ("bär", "cat")
    names = [{part: [e.name for e in files] for part, files in each.parts.items()} for each in (one, other)]
    assert names[0] == names[1]


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def closed(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        visible(tmp_path)


def test_bytes_in_a_name_that_are_no_text_are_written_out(tmp_path, load, root):
    strange = os.fsdecode(b"fish\xff")
    fill(root, {strange: 4}, start=200)
    (root / strange / "000.png").rename(root / strange / os.fsdecode(b"new\nline\xfe.png"))
    dataset = load(root)
    assert dataset.classes == ("cat", "dog", "fish\\xff")
    assert "fish\\xff/new\nline\\xfe.png" in dataset.train.names + dataset.test.names
    assert load(root).hashes == dataset.hashes  # from its cache


def test_links_among_folders_make_no_more_files_than_there_are(tmp_path):
    names = [f"{place:02d}" for place in range(14)]
    root = fill(tmp_path / "pets", {"cat": 3})
    for name in names:
        (root / "dog" / name).mkdir(parents=True)
        (root / "dog" / name / "one.png").write_bytes((root / "cat" / "000.png").read_bytes())
        for other in names:
            (root / "dog" / name / f"to {other}").symlink_to(root / "dog" / other)
    (root / "cat" / "up").symlink_to(root)
    found = scan(root)
    assert sum(each.label == 1 for each in found.files) == len(names)
    assert sum(each.label == 0 for each in found.files) == 3


def test_folders_that_never_end_are_refused(tmp_path):
    root = fill(tmp_path / "pets", {"cat": 2, "dog": 2})
    (root / "cat" / "/".join("d" * 60)).mkdir(parents=True)
    with pytest.raises(DataError, match=r"stands in more than 50 folders. Move its files up."):
        scan(root)
