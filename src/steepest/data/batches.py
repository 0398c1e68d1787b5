"""The order in which an epoch visits the images, where a batch ends; and a few images chosen to be looked at."""

import torch
from torch import Tensor

from ..errors import UserError
from ..randomness import generator
from .dataset import Split


def batch_order(count: int, seed: int, epoch: int) -> Tensor:
    """Return the rows 0..count-1 in the order of one epoch, [N] int64: a function of seed and epoch.

    >>> batch_order(5, seed=0, epoch=1).sort().values
    tensor([0, 1, 2, 3, 4])
    >>> bool((batch_order(5, seed=0, epoch=1) == batch_order(5, seed=0, epoch=1)).all())
    True
    """
    return torch.randperm(count, generator=generator(seed, "batch order", epoch))


def batch_slices(count: int, batch_size: int) -> list[slice]:
    """Return the batches of an epoch as slices of its order; the last one holds what is left.

    Args:
        count: how many images an epoch visits, 0 or more.
        batch_size: how many images a step sees, 1 or more; more than ``count`` makes one batch.

    Raises:
        UserError: the batch size is below 1.

    >>> batch_slices(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    if batch_size < 1:
        raise UserError(f"The batch size is {batch_size}; it must be 1 or more.")
    starts = range(0, count, batch_size)
    return [slice(start, min(start + batch_size, count)) for start in starts]


def spread(split: Split, samples: int, generator: torch.Generator) -> Split:
    """Return images drawn at random, as evenly over the classes as can be, in the order of the labels.

    Args:
        samples: how many; all of them where the split has no more.
    """
    order = torch.randperm(len(split), generator=generator)
    turns = _turns(split.labels[order])
    chosen = order[torch.argsort(turns, stable=True)[:samples]]
    return split.take(chosen[torch.argsort(split.labels[chosen], stable=True)])


def _turns(labels: Tensor) -> Tensor:
    """Return for each label [N] how many of its kind come before it.

    >>> _turns(torch.tensor([1, 0, 1, 1, 0])).tolist()
    [0, 0, 1, 2, 1]
    """
    grouped = torch.argsort(labels, stable=True)
    counts = torch.bincount(labels)
    starts = torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    turns = torch.empty_like(labels)
    turns[grouped] = torch.arange(len(labels)) - starts
    return turns
