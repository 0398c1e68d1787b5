from urllib.parse import urlsplit

import pytest

from steepest.data.source import DRAWINGS
from steepest.data.table import CIFAR_SHA256, TABLE, find
from steepest.errors import UnknownName, UserError


def test_the_table_holds_the_datasets_of_the_plan():
    assert list(TABLE) == ["mnist5k", "mnist", "fashion-mnist", "kmnist", "cifar10", "quickdraw"]


@pytest.mark.parametrize("source", TABLE.values(), ids=TABLE)
def test_every_entry_is_complete(source):
    assert source.title
    assert source.licence
    assert urlsplit(source.homepage).scheme in {"http", "https"}
    assert len(set(source.classes)) == len(source.classes) == 10
    assert source.form == "embedded" or (source.mirrors and source.files and source.download_bytes)
    assert all(mirror.endswith("/") for mirror in source.mirrors)


@pytest.mark.parametrize("name", [name for name in TABLE if name != "mnist5k"])
def test_files_hold_as_many_images_as_the_entry_says(name):
    source = TABLE[name]
    rows = sum(file.shape[0] for file in source.files if "labels" not in file.name)
    assert rows == source.train + source.test


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "kmnist", "cifar10"])
def test_every_file_has_a_hash(name):
    for file in TABLE[name].files:
        lengths = (len(file.sha256), len(file.packed_md5))
        assert lengths in {(64, 0), (0, 32), (8, 0)}
        assert (lengths == (8, 0)) == (file.name == "test_batch.bin")


def test_the_training_batches_begin_as_published():
    assert [each[:8] for each in CIFAR_SHA256] == [
        "cee91656", "a591ca11", "bbe85965", "014e562d", "755304fc", "8e2eb146",
    ]  # fmt: skip


def test_idx_sizes_are_those_of_the_published_files():
    assert [file.size for file in TABLE["mnist"].files] == [47_040_016, 60_008, 7_840_016, 10_008]


def test_an_unknown_name_is_answered_with_the_nearest_and_with_the_folder():
    with pytest.raises(UnknownName) as caught:
        find("fashion-mnits")
    assert str(caught.value) == (
        "No dataset is called `fashion-mnits`. Did you mean `fashion-mnist`? "
        "A path to a folder of images works too."
    )


def test_a_choice_of_classes_is_a_dataset_of_its_own():
    source = find("quickdraw:cat, hot air balloon,t-shirt")
    assert source.name == "quickdraw:cat,hot air balloon,t-shirt"
    assert source.classes == ("cat", "hot air balloon", "t-shirt")
    assert [file.name for file in source.files] == ["cat.npy", "hot air balloon.npy", "t-shirt.npy"]
    assert (source.train, source.test) == (18_000, 3_000)
    assert source.download_bytes == 3 * DRAWINGS * 784


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("quickdraw:", "`` cannot be a class of quickdraw"),
        ("quickdraw:cat", "needs two classes or more, such as `quickdraw:cat,dog`"),
        ("quickdraw:cat,dog,cat", "`cat` is asked for twice"),
        ("quickdraw:cat,../../etc", "`../../etc` cannot be a class of quickdraw: names are letters"),
        ("mnist:3,5", "Only quickdraw takes classes after a colon; write `mnist` instead"),
    ],
)
def test_classes_that_cannot_be_are_refused(name, message):
    with pytest.raises(UserError, match=message):
        find(name)
