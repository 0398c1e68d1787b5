"""A few images chosen to be looked at."""

import torch
from torch import Tensor

from .dataset import Split


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
