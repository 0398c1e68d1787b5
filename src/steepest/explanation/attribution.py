"""Which pixels an answer leans on: occlusion and saliency maps, by captum."""

from importlib import import_module
from math import ceil
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..data import Split
from ..errors import UserError
from ..models import Network
from .activations import evaluating

WINDOW = 5  # a cover's side is a fifth of the image's: a stroke of a digit, an eye of a face
OVERLAP = 3  # covers lie a third of their side apart, so that a pixel is covered about nine times
AT_ONCE = 64  # covered copies a forward pass: enough to fill a core, few enough for its cache
MISSING = "Occlusion and saliency maps need captum: pip install 'steepest[explain]'"


def captum_installed() -> bool:
    """Say whether captum, which draws the maps, is there."""
    from importlib.util import find_spec

    return find_spec("captum") is not None


def occlusion(network: Network, images: Tensor, classes: Tensor, cover: Tensor) -> Tensor:
    """Return how much of a class's probability is lost where a part of the image is covered, [B, H, W] in [-1, 1].

    A square cover slides over the image; a pixel's value is the mean loss over the covers that hide it. Above
    0 the pixel speaks for the class, below 0 against it.

    Args:
        network: raw pixels -> logits.
        images: [B, C, H, W].
        classes: [B], whose probability is watched.
        cover: [C], the colour of the cover; see ``covering_colour``.

    Raises:
        UserError: captum is not installed.

    Source: Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901, section 4.2; here a class's probability
        is watched under a cover of the data's own background.
    """
    _, channels, height, width = images.shape
    sides = [ceil(size / WINDOW) for size in (height, width)]
    steps = [ceil(side / OVERLAP) for side in sides]
    rule = _captum("Occlusion")(lambda pixels: F.softmax(network(pixels), dim=1))
    with evaluating(network), torch.no_grad():
        maps: Tensor = rule.attribute(
            images.float(),
            sliding_window_shapes=(channels, *sides),
            strides=(channels, *steps),
            baselines=cover.float().view(1, -1, 1, 1).expand(1, *images.shape[1:]),
            target=classes,
            perturbations_per_eval=max(1, AT_ONCE // len(images)),
        )
    return maps[:, 0].float()


def saliency(network: Network, images: Tensor, classes: Tensor) -> Tensor:
    """Return the size of a class's logit's gradient at each pixel, the largest over the channels, [B, H, W].

    A large value says that a small change of this pixel changes the logit most.

    Raises:
        UserError: captum is not installed.

    Source: Simonyan, Vedaldi and Zisserman 2014, https://arxiv.org/abs/1312.6034, section 3.1.
    """
    rule = _captum("Saliency")(network)
    with evaluating(network), torch.enable_grad():
        pixels = images.detach().float().requires_grad_()
        grads: Tensor = rule.attribute(pixels, target=classes, abs=True)
    return grads.detach().amax(dim=1)


def covering_colour(split: Split) -> Tensor:
    """Return the median of each channel over a split's pixels, [C]: the background, where images have one.

    On digits that is black, so a cover takes strokes away and adds none; on photos it is a middling colour.
    """
    pixels = split.images[:: max(1, len(split) // 1000)]  # a thousand images tell a median
    return pixels.transpose(0, 1).flatten(1).float().median(dim=1).values


def _captum(name: str) -> Any:
    try:
        methods = import_module("captum.attr")
    except ImportError as error:
        raise UserError(f"{MISSING}.") from error
    return getattr(methods, name)
