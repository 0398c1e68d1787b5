"""The processes that train one run together: ``torchrun --nproc-per-node 2 -m steepest train mlp``.

Each takes its part of every batch, and the parts' losses and gradients are summed; all else is the same in all of
them. Rank 0 alone writes and speaks.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .errors import StoppedError, UserError
from .models import Dropout, Network
from .stochastic import gathers_statistics

TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # what it tells each process
Dropouts = (Dropout, nn.modules.dropout._DropoutNd)


@dataclass(frozen=True)
class Ranks:
    """This process's place among those that train together.

    Args:
        rank: from 0.
        size: how many there are.

    >>> Ranks(1, 2).part(5), Ranks().part(5)
    (slice(2, 5, None), slice(0, 5, None))
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def part(self, count: int) -> slice:
        """Return which rows of a batch are this process's; none, where there are more processes than rows."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def total(self, values: Tensor) -> Tensor:
        """Put the sum over all processes into a contiguous tensor, and return it.

        Raises:
            StoppedError: another process ended.
        """
        if self.size > 1:
            _together(values, torch.distributed.ReduceOp.SUM)
        return values

    def check_same(self, params: Tensor) -> None:
        """Refuse to go on where the processes have come to different weights [P].

        Raises:
            UserError: the rule draws from elsewhere than its generator.
        """
        if self.size == 1:
            return
        low = _together(params.clone(), torch.distributed.ReduceOp.MIN)
        high = _together(params.clone(), torch.distributed.ReduceOp.MAX)
        # of NaN, which the loop has refused by now, none would equal another
        if not torch.equal(low, high):
            raise UserError(
                "The processes came to different weights: the optimizer does not do the same in each of them. "
                "A rule may draw from the generator that it is given, and from nowhere else."
            )


ALONE = Ranks()


@contextmanager
def joined() -> Iterator[Ranks]:
    """Join the processes that torchrun started; without torchrun this one is alone."""
    if not all(name in os.environ for name in TORCHRUN) or os.environ["WORLD_SIZE"] == "1":
        yield ALONE
        return
    torch.distributed.init_process_group("gloo")
    try:
        yield Ranks(torch.distributed.get_rank(), torch.distributed.get_world_size())
    finally:
        torch.distributed.destroy_process_group()


def check_divisible(network: Network, shape: tuple[int, int, int], device: str) -> None:
    """Refuse a network whose step on a batch is not the sum of its steps on the parts.

    Args:
        network: what is to be trained.
        shape: [C, H, W] of the images.
        device: of the plan.

    Raises:
        UserError: it has batch norm or draws at random, or is not on the processor.
    """
    if gathers_statistics(network):
        raise _indivisible("batch norm, which measures the whole batch")
    if any(isinstance(each, Dropouts) for each in network.modules()) or _draws(network, shape):
        raise _indivisible(
            "dropout or other random draws, which go by an image's place in the batch"
        )
    if device != "cpu":
        raise UserError(
            f"Several processes train together on the cpu, not on {device}: give --device cpu."
        )


def _indivisible(what: str) -> UserError:
    return UserError(
        f"The network has {what}: several processes, each with a part of the batch, would train another network. "
        "Train it with one process, without torchrun."
    )


def _draws(network: Network, shape: tuple[int, int, int]) -> bool:
    """Say whether a forward pass moves torch's own generator, as dropout in a user's module does."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        network.train()(torch.zeros(2, *shape))
        return not torch.equal(before, torch.get_rng_state())


def _together(values: Tensor, how: torch.distributed.ReduceOp.RedOpType) -> Tensor:
    try:
        torch.distributed.all_reduce(values, how)
    except RuntimeError as error:
        raise StoppedError(
            "Another of the processes that train together ended. Every finished epoch is kept."
        ) from error
    return values
