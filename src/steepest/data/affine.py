"""Images seen through affine maps, one map an image, whole batches at once.

A map is a [3, 3] matrix that takes a point (x, y, 1) of the result back to the point of the image that it shows.
Points are in pixels, with the image's centre at (0, 0), x to the right and y down; so maps compose by product:
``first @ second`` is what first, then second, does to an image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def identity(count: int, device: torch.device | str = "cpu") -> Tensor:
    """Return maps that change nothing, [B, 3, 3]."""
    return torch.eye(3, device=device).repeat(count, 1, 1)


def translation(right: Tensor, down: Tensor) -> Tensor:
    """Return maps that move images by so many pixels [B] to the right and down, [B, 3, 3]."""
    maps = identity(len(right), right.device)
    maps[:, 0, 2], maps[:, 1, 2] = -right, -down
    return maps


def rotation(degrees: Tensor) -> Tensor:
    """Return maps that turn images clockwise about their centre by degrees [B], [B, 3, 3]."""
    angle = degrees.deg2rad()
    maps = identity(len(degrees), degrees.device)
    maps[:, 0, 0] = maps[:, 1, 1] = angle.cos()
    maps[:, 0, 1], maps[:, 1, 0] = angle.sin(), -angle.sin()
    return maps


def magnification(across: Tensor, along: Tensor) -> Tensor:
    """Return maps that stretch images about their centre in width and height by factors [B], [B, 3, 3].

    A factor of -1 mirrors.
    """
    maps = identity(len(across), across.device)
    maps[:, 0, 0], maps[:, 1, 1] = 1 / across, 1 / along
    return maps


def resample(images: Tensor, maps: Tensor) -> Tensor:
    """Return images [B, C, H, W] float32 seen through maps [B, 3, 3]: bilinear, with 0 beyond the edge.

    An image whose map is the identity comes back bit for bit. No value leaves the range that the images and 0
    span, which rounding would otherwise do.

    >>> image = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> resample(image, translation(torch.tensor([1.0]), torch.tensor([0.0])))
    tensor([[[[0., 0.],
              [0., 2.]]]])
    """
    height, width = images.shape[2:]
    grid = _grid(maps, height, width)
    seen = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    low, high = images.aminmax()
    seen = seen.clamp_(low.clamp(max=0), high.clamp(min=0))
    still = (maps == identity(1, maps.device)).flatten(1).all(1)
    return torch.where(still[:, None, None, None], images, seen)


def _grid(maps: Tensor, height: int, width: int) -> Tensor:
    """Return where each pixel of the result looks, [B, H, W, 2], in grid_sample's units.

    By hand, because ``affine_grid`` takes four times as long as the sampling itself on one thread.
    """
    columns = torch.arange(width, device=maps.device) + 0.5 - width / 2
    rows = torch.arange(height, device=maps.device) + 0.5 - height / 2
    # grid_sample's edges are at -1 and 1 (align_corners=False)
    units = torch.tensor([[2 / width], [2 / height]], device=maps.device)
    linear = maps[:, :2] * units
    along_row = linear[:, :, 0, None] * columns
    along_column = linear[:, :, 1, None] * rows + linear[:, :, 2, None]
    grid = torch.empty(len(maps), height, width, 2, device=maps.device)
    for axis in (0, 1):
        torch.add(along_row[:, axis, None, :], along_column[:, axis, :, None], out=grid[..., axis])
    return grid
