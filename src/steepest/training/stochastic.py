"""What a network draws in a forward pass, and the statistics that it gathers there."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy

import torch
from torch import Tensor, nn

from ..errors import UserError
from ..models import Dropout, Network
from ..randomness import seed_of

BatchNorm = nn.modules.batchnorm._BatchNorm


class Draws:
    """The random draws of a network's forward pass, as a function of (seed, step).

    Every evaluation within a step sees the same dropout masks. Our own dropout is reseeded; a user's
    module, which draws from torch's global generator, runs under a forked one.

    Args:
        network: what draws.
        seed: the run's.
    """

    def __init__(self, network: Network, seed: int) -> None:
        self._dropouts = [each for each in network.modules() if isinstance(each, Dropout)]
        self._foreign = network.layers is None
        self._seed = seed
        self._step = 0

    def at(self, step: int) -> None:
        """Go to a step, counted from the run's start."""
        self._step = step

    def __call__(self) -> AbstractContextManager[object]:
        """Return the context for one forward pass."""
        for number, dropout in enumerate(self._dropouts):
            dropout.reseed(seed_of(self._seed, f"dropout {number}", self._step))
        return self._forked() if self._foreign else nullcontext()

    @contextmanager
    def _forked(self) -> Iterator[None]:
        with torch.random.fork_rng():
            torch.manual_seed(seed_of(self._seed, "module", self._step))
            yield


def gathers_statistics(network: nn.Module) -> bool:
    """Say whether a network has batch-norm statistics."""
    return any(isinstance(each, BatchNorm) for each in network.modules())


def check_last_batch(network: Network, images: int, batch_size: int, shape: tuple[int, int, int]) -> None:
    """Refuse an epoch that ends with a batch of one image where batch norm cannot do with one.

    Raises:
        UserError: batch norm would have one value a channel, which has no deviation.
    """
    if not gathers_statistics(network) or (images % batch_size or batch_size) != 1:
        return
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            deepcopy(network).train()(torch.zeros(1, *shape))
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise UserError(
            f"{images:,} images in batches of {batch_size} end with a batch of one, and batch norm needs "
            f"more than one value a channel. Give another --batch-size."
        ) from error


def measure_statistics(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Measure batch-norm statistics anew at the current weights, as the plain mean over batches.

    Weights that are an average of many steps never met the statistics that the steps gathered.

    Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407, section 3.2.
    """
    norms = [each for each in network.modules() if isinstance(each, BatchNorm)]
    momenta = [each.momentum for each in norms]
    training = network.training
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for the plain mean over all batches
        norm.train()
    with torch.no_grad():
        for batch in batches:
            network(batch)
    network.train(training)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
