"""The order in which an epoch visits the images, and where one batch ends and the next begins."""

import torch
from torch import Tensor

from ..errors import UserError
from ..randomness import generator


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
