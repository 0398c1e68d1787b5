"""The batch order is a function of seed and epoch, and the slices cover it once."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steepest.data import Split
from steepest.data.batches import batch_order, batch_slices, spread
from steepest.errors import UserError
from steepest.randomness import generator


def test_an_order_visits_every_row_once():
    order = batch_order(1000, seed=3, epoch=2)
    assert order.dtype == torch.int64
    assert torch.equal(order.sort().values, torch.arange(1000))


def test_the_same_seed_and_epoch_give_the_same_order_whatever_was_drawn_between():
    first = batch_order(100, seed=7, epoch=4)
    torch.rand(10)
    batch_order(100, seed=7, epoch=5)
    assert torch.equal(first, batch_order(100, seed=7, epoch=4))


def test_another_seed_or_epoch_gives_another_order():
    first = batch_order(100, seed=7, epoch=4)
    assert not torch.equal(first, batch_order(100, seed=7, epoch=5))
    assert not torch.equal(first, batch_order(100, seed=8, epoch=4))


def test_an_order_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    batch_order(100, seed=0, epoch=0)
    assert torch.equal(before, torch.get_rng_state())


def test_every_row_comes_first_about_equally_often():
    firsts = torch.tensor([int(batch_order(4, seed=0, epoch=epoch)[0]) for epoch in range(2000)])
    shares = torch.bincount(firsts, minlength=4) / 2000
    # the standard error of each share is 0.0097; five of them allow for bad luck
    assert torch.all((shares - 0.25).abs() < 0.05)


@given(count=st.integers(0, 300), batch_size=st.integers(1, 400))
def test_the_slices_cover_every_position_once_and_only_the_last_is_smaller(count, batch_size):
    slices = batch_slices(count, batch_size)
    covered = [position for each in slices for position in range(each.start, each.stop)]
    assert covered == list(range(count))
    sizes = [each.stop - each.start for each in slices]
    assert all(size == batch_size for size in sizes[:-1])
    assert all(0 < size <= batch_size for size in sizes[-1:])


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_is_refused(batch_size):
    with pytest.raises(UserError, match=rf"^The batch size is {batch_size}; it must be 1 or more\.$"):
        batch_slices(10, batch_size)


def split_of(*labels: int) -> Split:
    images = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1)
    return Split(images, torch.tensor(labels))


@pytest.mark.parametrize("seed", range(5))
def test_rare_classes_are_seen_as_often_as_common_ones(seed):
    split = split_of(*[0] * 90, *[1] * 7, *[2] * 3)
    chosen = spread(split, 9, generator(seed, "test"))
    assert chosen.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_a_class_that_runs_out_leaves_its_places_to_the_others():
    chosen = spread(split_of(0, 0, 0, 0, 1), 4, generator(0, "test"))
    assert chosen.labels.tolist() == [0, 0, 0, 1]


def test_no_image_is_drawn_twice_and_all_are_drawn_where_there_are_too_few():
    chosen = spread(split_of(2, 0, 1, 0), 10, generator(0, "test"))
    assert sorted(chosen.images.flatten().tolist()) == [0, 1, 2, 3]
    assert chosen.labels.tolist() == [0, 0, 1, 2]


def test_the_seed_draws():
    split = split_of(*[0, 1] * 50)
    draws = [spread(split, 10, generator(seed, "test")).images.flatten().tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
