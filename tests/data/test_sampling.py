import pytest
import torch

from steepest.data import Split
from steepest.data.sampling import spread
from steepest.randomness import generator


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
    draws = [
        spread(split, 10, generator(seed, "test")).images.flatten().tolist() for seed in (0, 0, 1)
    ]
    assert draws[0] == draws[1] != draws[2]
