"""Weights as images: a convolution's kernels, and a fully connected layer's weights where pixels lie."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ..models import Network
from .activations import Pass, passes

Kind = Literal["kernels", "weights", "matrix"]


@dataclass(frozen=True)
class WeightMaps:
    """One layer's weights, laid out as maps.

    Args:
        layer: its name.
        kind: ``kernels`` of a convolution; ``weights`` of a fully connected layer, one map a unit and input
            channel, laid out as the pixels it looks at; ``matrix``, where the inputs have no places: one map,
            a row a unit, a column an input.
        values: [outputs, channels, height, width].
    """

    layer: str
    kind: Kind
    values: Tensor


def weight_maps(network: Network, shape: tuple[int, int, int]) -> tuple[WeightMaps, ...]:
    """Return the weights of every layer that has a matrix of them, in the network's order.

    Args:
        network: any.
        shape: [C, H, W] of its images.

    >>> from ..models import build
    >>> [(each.layer, each.kind, *each.values.shape) for each in
    ...     weight_maps(build("2C3-F6-F4", (1, 8, 8), 4), (1, 8, 8))]
    [('conv1', 'kernels', 2, 1, 3, 3), ('fc1', 'weights', 6, 2, 6, 6), ('fc2', 'matrix', 1, 1, 4, 6)]
    """
    walked = [each for each in passes(network, torch.zeros(1, *shape)) if "#" not in each.name]
    found, place = [], tuple(shape)  # place: the last maps' shape, which a plain flatten forgets
    for each in walked:
        place = _maps_before(each, place)
        if isinstance(each.module, nn.Linear | nn.Conv2d):
            found.append(_laid_out(each.name, each.module, place))
        if each.gave.ndim == 4:
            place = tuple(each.gave.shape[1:])
    return tuple(found)


def _maps_before(each: Pass, place: tuple[int, ...]) -> tuple[int, ...]:
    """Return [C, H, W] of what a layer was given; a vector of as many values as the last maps is those maps."""
    if each.given.ndim == 4:
        return tuple(each.given.shape[1:])
    count = each.given[0].numel()
    return place if torch.Size(place).numel() == count else (count, 1, 1)


def _laid_out(name: str, module: nn.Linear | nn.Conv2d, place: tuple[int, ...]) -> WeightMaps:
    weight = module.weight.detach()
    if isinstance(module, nn.Conv2d) and weight[0, 0].numel() > 1:
        return WeightMaps(name, "kernels", weight.clone())
    flat = weight.flatten(1)
    if isinstance(module, nn.Linear) and place[1] * place[2] > 1:
        return WeightMaps(name, "weights", flat.reshape(-1, *place).clone())
    return WeightMaps(name, "matrix", flat[None, None].clone())
