"""What every layer gives for an image, and what it was given: read by forward hooks, in evaluation mode."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ..errors import UnknownName
from ..models import Dropout, Network

ALL = "all"
# Containers only pass values on, and the others change none in evaluation mode: they have nothing to show.
SILENT = (
    *(nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.Flatten, nn.Identity),
    *(Dropout, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout),
)


@dataclass(frozen=True)
class Pass:
    """One call of one layer.

    Args:
        name: the module's name in the body, such as ``conv1``; its second call in one pass is ``relu#2``.
        module: what was called.
        given: [B, ...], what came in.
        gave: [B, ...], what went out.
    """

    name: str
    module: nn.Module
    given: Tensor
    gave: Tensor


def passes(network: Network, images: Tensor) -> list[Pass]:
    """Return every call of every layer in one forward pass, in the order of the calls.

    Args:
        network: is left as it was; its weights, buffers and mode do not change.
        images: [B, C, H, W] raw pixels, few enough for every layer's output to be kept.
    """
    seen: list[Pass] = []
    calls: Counter[str] = Counter()

    def watch(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def keep(module: nn.Module, given: Any, gave: Any) -> None:
            if not isinstance(gave, Tensor):  # such as an LSTM's pair: it has no one picture
                return
            calls[name] += 1
            label = name if calls[name] == 1 else f"{name}#{calls[name]}"
            # copies: a module that works in place would overwrite what it was given
            seen.append(Pass(label, module, given[0].detach().clone(), gave.detach().clone()))

        return keep

    with evaluating(network), torch.no_grad():
        hooks = [module.register_forward_hook(watch(name)) for name, module in _watched(network)]
        try:
            network(images)
        finally:
            for hook in hooks:
                hook.remove()
    return seen


def _watched(network: Network) -> Iterator[tuple[str, nn.Module]]:
    body = network.body
    if next(body.children(), None) is None:
        yield "body", body
        return
    for name, module in body.named_modules():
        if name and not isinstance(module, SILENT):
            yield name, module


def layer_names(network: Network, shape: tuple[int, int, int]) -> tuple[str, ...]:
    """Return the names of the layers that can be looked into, in the order in which an image passes them.

    >>> from ..models import build
    >>> layer_names(build("4C3-R-D0.5-M2-F10", (1, 8, 8), 10), (1, 8, 8))
    ('conv1', 'relu1', 'pool1', 'fc1')
    """
    return tuple(each.name for each in passes(network, torch.zeros(1, *shape)))


def chosen_layers(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the layers asked for, in the network's order.

    Args:
        asked: names, each perhaps several with commas between; ``all`` stands for every one.
        known: what the network has.

    Raises:
        UnknownName: a name is no layer of the network.

    >>> chosen_layers(["fc1,conv1"], ["conv1", "relu1", "fc1"])
    ('conv1', 'fc1')
    """
    names = [name.strip() for each in asked for name in each.split(",") if name.strip()]
    for name in names:
        if name not in (ALL, *known):
            raise UnknownName("layer", name, known, "See them all in `steepest models show`.")
    return tuple(name for name in known if ALL in names or name in names)


def activations(network: Network, images: Tensor, layers: Sequence[str] = (ALL,)) -> dict[str, Tensor]:
    """Return what layers give for images, by name in the network's order.

    Args:
        network: is left as it was.
        images: [B, C, H, W] raw pixels.
        layers: names; ``all`` stands for every one.

    Raises:
        UnknownName: a name is no layer of the network.
    """
    found = {each.name: each.gave for each in passes(network, images)}
    return {name: found[name] for name in chosen_layers(layers, list(found))}


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode, and every module back into its own afterwards."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


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
