"""Digits set upright: what a careful pen-and-paper method does to an image before it compares pixels."""

import torch
from torch import Tensor

from ..data.affine import identity, resample

AT_ONCE = 5_000  # images resampled together: some 60 MB of places to look at


def deslanted(images: Tensor) -> Tensor:
    """Return images sheared so that the ink leans to neither side, its centre of mass in the middle.

    slant = covariance of the ink's columns and rows / variance of its rows; an image's row at height y above the
    centre of mass is moved back by slant * y.

    Args:
        images: [N, 1, H, W], light ink on black. What is empty stays as it is.

    Returns:
        [N, 1, H, W] float32, on the same scale.

    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition, section III: their
        `deslanted` images, moments of inertia included.
    """
    return torch.cat([_deslanted(each.float()) for each in torch.split(images, AT_ONCE)])


def _deslanted(images: Tensor) -> Tensor:
    right, down, slant = _moments(images[:, 0])
    maps = identity(len(images))
    maps[:, 0, 1], maps[:, 0, 2], maps[:, 1, 2] = slant, right, down
    return resample(images, maps)


def _moments(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the centre of mass right of and below the middle, and the slant, [N] each."""
    _, height, width = ink.shape
    rows = torch.arange(height) + 0.5 - height / 2
    columns = torch.arange(width) + 0.5 - width / 2
    mass = _no_zero(ink.sum(dim=(1, 2)))
    down = (ink.sum(dim=2) @ rows) / mass
    right = (ink.sum(dim=1) @ columns) / mass
    below, beside = rows - down[:, None], columns - right[:, None]
    variance = (ink.sum(dim=2) * below.square()).sum(dim=1)
    covariance = torch.einsum("nij,ni,nj->n", ink, below, beside)
    return right, down, covariance / _no_zero(variance)


def _no_zero(values: Tensor) -> Tensor:
    """Return the values with 1 for 0: an empty image, or one of a single row, has no slant."""
    return torch.where(values == 0, torch.ones_like(values), values)
