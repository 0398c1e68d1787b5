"""The same convolution and pooling by the library, in double precision."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .maps import Maps
from .table import Check, Deviation
from .windows import Swept

DOUBLE = torch.float64


def library_result(swept: Swept) -> Maps:
    """Return what torch makes of the same image, [F][H'][W']."""
    image = torch.tensor(swept.image, dtype=DOUBLE)[None]
    values: Maps = tuple(
        tuple(tuple(row) for row in each) for each in _applied(swept, image)[0].tolist()
    )
    return values


def check_windows(swept: Swept) -> Check:
    """Return every window's value beside the library's."""
    library = library_result(swept)
    deviations = [
        Deviation(each.line.name, each.value, library[each.channel][each.row][each.column])
        for each in swept.windows
    ]
    return Check(tuple(deviations), f"{_name(swept)} in float64")


def _applied(swept: Swept, image: Tensor) -> Tensor:
    geometry = swept.geometry
    if swept.kind == "convolution":
        bias = torch.tensor(swept.bias, dtype=DOUBLE) if swept.bias else None
        kernels = torch.tensor(swept.kernels, dtype=DOUBLE)
        return F.conv2d(image, kernels, bias, geometry.stride, geometry.padding, geometry.dilation)
    if swept.kind == "max":
        return F.max_pool2d(
            image, geometry.kernel, geometry.stride, geometry.padding, geometry.dilation
        )
    return F.avg_pool2d(image, geometry.kernel, geometry.stride, geometry.padding)


def _name(swept: Swept) -> str:
    names = {"convolution": "conv2d", "max": "max_pool2d", "average": "avg_pool2d"}
    return f"torch.nn.functional.{names[swept.kind]}"
