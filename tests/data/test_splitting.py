"""Held-out images come from training, are exact in number, fair to every class, and repeatable."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steepest.data.dataset import Dataset, Split
from steepest.data.splitting import class_counts, hold_out, hold_out_rows, stratified_rows
from steepest.errors import DataError, UserError


def numbered(sizes, **given_splits):
    """A dataset whose pixel value says which row an image was; classes in turn, not in blocks."""
    labels = torch.cat([torch.full((size,), label) for label, size in enumerate(sizes)])
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]
    images = torch.arange(len(labels), dtype=torch.float32).reshape(-1, 1, 1, 1)
    names = tuple(f"{row}.png" for row in range(len(labels)))
    classes = tuple(f"class {label}" for label in range(len(sizes)))
    return Dataset("numbered", classes, Split(images, labels, names), **given_splits)


def rows_of(split):
    return split.images.flatten().long()


@pytest.mark.parametrize("stratified", [True, False])
def test_the_two_parts_are_disjoint_ascending_and_make_up_the_training_split(stratified):
    dataset = numbered([40, 30, 30])
    held = hold_out(dataset, 0.25, stratified=stratified)
    train, validation = rows_of(held.train), rows_of(held.validation)
    assert len(validation) == 25
    assert torch.equal(torch.cat([train, validation]).sort().values, torch.arange(100))
    for rows, split in ((train, held.train), (validation, held.validation)):
        assert torch.equal(rows, rows.sort().values)
        assert torch.equal(split.labels, dataset.train.labels[rows])
        assert split.names == tuple(f"{row}.png" for row in rows.tolist())


def test_the_test_split_is_neither_drawn_from_nor_changed():
    test = numbered([5, 5]).train
    held = hold_out(numbered([20, 20], test=test), 0.2)
    assert held.test is test


def test_a_seed_decides_the_rows():
    dataset = numbered([60, 60])
    first = rows_of(hold_out(dataset, 0.2, seed=1).validation)
    assert torch.equal(first, rows_of(hold_out(dataset, 0.2, seed=1).validation))
    assert not torch.equal(first, rows_of(hold_out(dataset, 0.2, seed=2).validation))


def test_a_stratified_part_has_every_class_in_proportion():
    held = hold_out(numbered([100, 60, 40]), 0.1)
    assert torch.bincount(held.validation.labels).tolist() == [10, 6, 4]


def test_a_plain_part_ignores_the_classes():
    seeds = range(8)
    counts = [
        torch.bincount(hold_out(numbered([50, 50]), 0.2, seed=seed, stratified=False).validation.labels)
        for seed in seeds
    ]
    assert len({int(each[0]) for each in counts}) > 1


def test_every_image_of_a_class_is_as_likely_as_another():
    labels = torch.tensor([0, 1] * 5)
    drawn = torch.zeros(10)
    for seed in range(1000):
        draw = torch.Generator().manual_seed(seed)
        drawn[stratified_rows(labels, 4, ["a", "b"], draw)] += 1
    # each is drawn with probability 0.4, standard error 0.0155; five of them allow for bad luck
    assert torch.all((drawn / 1000 - 0.4).abs() < 0.078)


@given(sizes=st.lists(st.integers(2, 60), min_size=1, max_size=12), share=st.floats(0, 1))
def test_class_counts_are_exact_and_leave_every_class_on_both_sides(sizes, share):
    total, present = sum(sizes), len(sizes)
    count = round(present + share * (total - 2 * present))
    counts = class_counts(sizes, count, [str(label) for label in range(present)])
    assert sum(counts) == count
    assert all(1 <= each < size for each, size in zip(counts, sizes, strict=True))


@given(st.lists(st.integers(20, 60), min_size=2, max_size=8), st.integers(30, 70))
def test_class_counts_lie_within_one_of_the_exact_share(sizes, percent):
    count = round(sum(sizes) * percent / 100)
    counts = class_counts(sizes, count, [str(label) for label in range(len(sizes))])
    for each, size in zip(counts, sizes, strict=True):
        assert abs(each - Fraction(count * size, sum(sizes))) < 1


def test_what_is_missing_goes_to_the_largest_remainders():
    # shares 3.5, 3.3, 3.2: the one that is missing belongs to the first
    assert class_counts([35, 33, 32], 10, "abc") == [4, 3, 3]


def test_a_class_of_the_list_that_no_image_has_is_passed_over():
    assert class_counts([10, 0, 10], 4, "abc") == [2, 0, 2]


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_outside_nought_and_one_is_refused(fraction):
    with pytest.raises(UserError, match=r"must lie above 0 and below 1, such as 0\.2"):
        hold_out(numbered([10, 10]), fraction)


def test_a_fraction_that_leaves_one_side_empty_is_refused():
    with pytest.raises(UserError, match=r"0\.01 of 20 training images is 0: one side would be empty"):
        hold_out(numbered([10, 10]), 0.01)


def test_a_class_of_one_image_is_named():
    with pytest.raises(DataError, match=r"all there is of: class 1\. Add images or remove the class\."):
        hold_out(numbered([10, 1]), 0.2)


def test_too_few_for_one_a_class_says_what_is_possible():
    with pytest.raises(DataError, match="must lie between 5 and 15"):
        hold_out(numbered([4, 4, 4, 4, 4]), 0.1)


def test_a_dataset_with_its_own_validation_split_is_not_split_again():
    dataset = numbered([10, 10])
    with pytest.raises(DataError, match="numbered brings its own validation split of 20 images"):
        hold_out(replace(dataset, validation=dataset.train), 0.2)


def test_given_rows_are_held_out_in_row_order():
    held = hold_out_rows(numbered([5, 5]), [7, 2])
    assert rows_of(held.validation).tolist() == [2, 7]
    assert rows_of(held.train).tolist() == [0, 1, 3, 4, 5, 6, 8, 9]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "0 validation rows were given for the 10 training images of numbered; give 1 to 9"),
        (list(range(10)), "10 validation rows were given for the 10 training images"),
        ([-1, 3], "run from -1 to 3; numbered has training rows 0 to 9"),
        ([3, 10], "run from 3 to 10"),
        ([3, 5, 3], "Validation row 3 is given more than once"),
    ],
)
def test_rows_that_cannot_be_held_out_are_refused(rows, sentence):
    with pytest.raises(DataError, match=sentence):
        hold_out_rows(numbered([5, 5]), rows)
