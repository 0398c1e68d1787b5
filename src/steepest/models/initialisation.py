"""Initial weights: drawn from a generator of their own, for our layers and for a user's module."""

from collections.abc import Callable
from math import sqrt

import torch
from torch import Tensor, nn

from ..errors import UnknownName
from ..randomness import generator

Weights = nn.Conv2d | nn.Linear


def initialise(network: nn.Module, init: str, seed: int) -> None:
    """Give every convolution and fully connected layer its initial weights, in the order of construction.

    Args:
        network: changed in place; other layers (batch norm: scale 1, shift 0) stay as they are.
        init: a key of ``INITIALISATIONS``.
        seed: of the draw; the same seed gives the same weights.

    Raises:
        UnknownName: there is no such initialisation.
    """
    if init not in INITIALISATIONS:
        raise UnknownName("initialisation", init, INITIALISATIONS)
    draws = generator(seed, "initial weights")
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, Weights):
                INITIALISATIONS[init](module, draws)


def _default(module: Weights, draws: torch.Generator) -> None:
    """Draw weights and biases from U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as torch does."""
    bound = 1 / sqrt(_fans(module.weight)[0])
    module.weight.uniform_(-bound, bound, generator=draws)
    if module.bias is not None:
        module.bias.uniform_(-bound, bound, generator=draws)


def _zeros(module: Weights, draws: torch.Generator) -> None:
    """Set weights and biases to 0."""
    module.weight.zero_()
    _zero_bias(module)


def _glorot(module: Weights, draws: torch.Generator) -> None:
    """Draw weights from U(-b, b) with b = sqrt(6 / (fan_in + fan_out)); biases are 0.

    Source: Glorot and Bengio 2010, equation 16.
    """
    bound = sqrt(6 / sum(_fans(module.weight)))
    module.weight.uniform_(-bound, bound, generator=draws)
    _zero_bias(module)


def _he(module: Weights, draws: torch.Generator) -> None:
    """Draw weights from N(0, 2 / fan_in); biases are 0.

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852, equation 10.
    """
    module.weight.normal_(0, sqrt(2 / _fans(module.weight)[0]), generator=draws)
    _zero_bias(module)


def _zero_bias(module: Weights) -> None:
    if module.bias is not None:
        module.bias.zero_()


def _fans(weight: Tensor) -> tuple[int, int]:
    """Return fan_in and fan_out of a weight [out, in, ...]."""
    places = weight[0, 0].numel()
    return weight.shape[1] * places, weight.shape[0] * places


INITIALISATIONS: dict[str, Callable[[Weights, torch.Generator], None]] = {
    "default": _default,
    "zeros": _zeros,
    "glorot": _glorot,
    "he": _he,
}
"""Name -> rule."""
