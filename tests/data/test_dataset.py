from dataclasses import replace

import pytest
import torch

from fakes import stripe_dataset
from steepest.data import Dataset, Split
from steepest.errors import DataError


def pixels(count: int = 4, kind: torch.dtype = torch.uint8) -> torch.Tensor:
    return torch.arange(count * 6).view(count, 1, 2, 3).to(kind)


def split(count: int = 4, **changed) -> Split:
    return replace(Split(pixels(count), torch.arange(count) % 2), **changed)


def test_images_are_taken_with_their_labels_and_names_in_the_order_asked() -> None:
    whole = split(names=("a", "b", "c", "d"))
    taken = whole.take(torch.tensor([3, 0, 3]))
    assert torch.equal(taken.images, pixels()[[3, 0, 3]])
    assert taken.labels.tolist() == [1, 0, 1]
    assert taken.names == ("d", "a", "d")
    assert split().take(torch.tensor([1])).names is None
    assert (len(taken), taken.shape) == (3, (1, 2, 3))


def test_the_hash_sees_every_pixel_label_and_the_shape_and_no_order_in_memory() -> None:
    plain = split()
    other = pixels()
    other[3, 0, 1, 2] += 1
    changed = [
        split(images=other),
        split(labels=torch.tensor([0, 1, 0, 0])),
        split(images=pixels().reshape(4, 1, 3, 2)),
    ]
    assert len({each.sha256 for each in (plain, *changed)}) == 4
    turned = pixels().transpose(2, 3).contiguous().transpose(2, 3)  # the same, laid out otherwise
    assert split(images=turned).sha256 == plain.sha256
    assert split(names=("a", "b", "c", "d")).sha256 == plain.sha256


def test_images_of_another_form_or_number_are_refused() -> None:
    with pytest.raises(DataError, match=r"Images must be \[N, C, H, W\]; these are \[4, 6\]"):
        Split(torch.zeros(4, 6), torch.zeros(4))
    with pytest.raises(DataError, match="4 images came with 3 labels"):
        Split(pixels(), torch.zeros(3))


def test_a_dataset_has_the_splits_that_there_are_and_says_so() -> None:
    made = stripe_dataset(count=8)
    assert list(made.splits) == ["train", "test"]
    assert repr(made) == "<stripes: 8 train, 4 test; [1, 6, 6], 2 classes>"
    held = replace(made, validation=made.test)
    assert list(held.splits) == ["train", "validation", "test"]
    assert held.hashes["validation"] == made.test.sha256 == made.hashes["test"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train": split(0)}, "The train split of d holds no image"),
        ({"test": split(images=pixels().mT)}, r"test images of d are \[1, 3, 2\]; its training"),
        ({"test": split(labels=torch.tensor([0, 1, 2, 0]))}, "test labels of d run from 0 to 2; 2"),
        ({"train": split(labels=torch.tensor([0, -1, 1, 0]))}, "train labels of d run from -1 to"),
        ({"train": split(images=pixels(kind=torch.int64))}, r"uint8 or float32; those of d are torch\.int64"),
        (
            {"validation": split(images=pixels(kind=torch.float32) / 0)},
            "validation images of d hold NaN or infinite pixels",
        ),
    ],
)
def test_a_split_that_does_not_fit_is_named(changed, said) -> None:
    with pytest.raises(DataError, match=said):
        Dataset(**{"name": "d", "classes": ("a", "b"), "train": split(), **changed})
