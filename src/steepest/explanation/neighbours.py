"""Which training images a network finds most alike: cosine between what its last layer is given."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import UserError
from ..models import Network
from .activations import evaluating, passes

BATCH = 500  # images a forward pass


def embeddings(network: Network, images: Tensor) -> Tensor:
    """Return what the last layer with weights is given for each image, [N, E]: the penultimate layer.

    Args:
        network: of one fully connected layer, it gives the normalised pixels themselves.
        images: [N, C, H, W] raw pixels.

    Raises:
        UserError: the network has no such layer.
    """
    last = _last_layer(network, images[:1])
    kept: list[Tensor] = []
    hook = last.register_forward_pre_hook(_keeping(kept))
    try:
        with evaluating(network), torch.no_grad():
            for batch in torch.split(images, BATCH):
                network(batch)
    finally:
        hook.remove()
    return torch.cat(kept)


def _last_layer(network: Network, image: Tensor) -> nn.Module:
    weighted = [
        each.module
        for each in passes(network, image)
        if isinstance(each.module, nn.Linear | nn.Conv2d)
    ]
    if not weighted:
        raise UserError(
            "The network has no fully connected layer and no convolution: nothing embeds its images."
        )
    return weighted[-1]


def _keeping(kept: list[Tensor]) -> Callable[[nn.Module, Any], None]:
    def keep(module: nn.Module, given: Any) -> None:
        kept.append(given[0].detach().flatten(1).clone())

    return keep


def cosines(queries: Tensor, references: Tensor) -> Tensor:
    """Return the cosine between each query [M, E] and each reference [N, E], [M, N] in [-1, 1]."""
    return F.normalize(queries, dim=1) @ F.normalize(references, dim=1).T


def nearest(likeness: Tensor, most: int, eligible: Tensor | None = None) -> Tensor:
    """Return the rows of the largest values, the largest first and among equals the first.

    Args:
        likeness: [N], of one query.
        most: how many rows, at most; fewer where fewer are eligible.
        eligible: [N] bool; None takes all.

    >>> nearest(torch.tensor([0.2, 0.9, 0.9]), 2).tolist()
    [1, 2]
    """
    rows = torch.arange(len(likeness)) if eligible is None else eligible.nonzero().flatten()
    return rows[likeness[rows].argsort(descending=True, stable=True)[:most]]
