"""Random changes to training images, written as text, one draw an image, whole batches at once.

    shift:2+rotate:15+crop:22,probability=0.1+flip+erase:8

reads: operations from left to right, joined by ``+``, spaces or commas; each is a name, then after a
colon its settings as ``key=value`` with commas between. The first setting may go without its key.
"""

import re
from dataclasses import MISSING, Field, dataclass, fields
from itertools import groupby
from typing import Any, Self

import torch
from torch import Tensor

from ..errors import UnknownName, UserError, find_name
from ..specification import Specification
from .affine import identity, resample
from .operations import OPERATIONS, Affine, Exact, Operation

# no setting is called like an operation, so a comma before an operation's name can only end the one before
BETWEEN = re.compile(rf"[+\s]+|,\s*(?=(?:{'|'.join(OPERATIONS)})\b)")

Drawn = tuple[Operation, Tensor]


@dataclass(frozen=True)
class Augmentation:
    """A sequence of operations on raw images; what it does is a function of the generator.

    >>> augmentation = Augmentation.parse("shift:2 flip")
    >>> str(augmentation)
    'shift:pixels=2+flip'
    >>> images = torch.zeros(8, 1, 28, 28, dtype=torch.uint8)
    >>> augmentation(images, torch.Generator().manual_seed(0)).dtype
    torch.float32
    """

    operations: tuple[Operation, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; an empty text is the augmentation that changes nothing.

        Raises:
            UnknownName: an operation or a setting that does not exist.
            UserError: a setting is missing or out of its range.
        """
        return cls(tuple(_operation(each) for each in BETWEEN.split(text) if each))

    def __str__(self) -> str:
        return "+".join(map(_written, self.operations))

    def check(self, height: int, width: int) -> None:
        """Refuse images of a size that an operation cannot work on.

        Raises:
            ShapeError: says which operation, and what would fit.
        """
        for operation in self.operations:
            operation.check(height, width)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed images, [B, C, H, W] float32, in the range that the images and 0 span.

        Neighbours among shift, rotate, scale, crop and flip become one resampling, so an image is
        interpolated once however many there are; shift and flip on their own are exact. The i-th
        image takes the i-th row of the draws, whatever the others are.

        Args:
            images: [B, C, H, W], uint8 or float32, raw pixel values.
            generator: gives ``B * sum(draws)`` uniform numbers, always as many.
        """
        self.check(*images.shape[2:])
        counts = [operation.draws for operation in self.operations]
        draws = torch.rand(len(images), sum(counts), generator=generator, device=generator.device).to(
            images.device
        )
        images = images.float()
        drawn = zip(self.operations, torch.split(draws, counts, dim=1), strict=True)
        for affine, neighbours in groupby(drawn, key=lambda pair: isinstance(pair[0], Affine)):
            group = list(neighbours)
            images = _moved(images, group) if affine else _applied(images, group)
        return images


def _moved(images: Tensor, group: list[Drawn]) -> Tensor:
    """Do neighbouring affine operations: exactly if all can, else as one resampling."""
    if all(isinstance(operation, Exact) for operation, _ in group):
        return _applied(images, group)
    height, width = images.shape[2:]
    maps = identity(len(images), images.device)
    for operation, draws in group:
        assert isinstance(operation, Affine)  # grouped by it
        maps = maps @ operation.maps(draws, height, width)
    return resample(images, maps)


def _applied(images: Tensor, group: list[Drawn]) -> Tensor:
    for operation, draws in group:
        assert isinstance(operation, Exact)  # every operation is affine, exact, or both
        images = operation.apply(images, draws)
    return images


def _operation(text: str) -> Operation:
    """Read one operation, such as ``rotate:15`` or ``crop:size=22,probability=0.1``."""
    name, _, rest = text.partition(":")
    name = find_name("augmentation", name, OPERATIONS)
    kind = OPERATIONS[name]
    settings = _fields(kind)
    if rest and "=" not in rest.split(",")[0]:
        rest = f"{settings[0].name}={rest}"
    given = Specification.parse(f"{name}:{rest}" if rest else name).settings
    known = [each.name for each in settings]
    for key in given:
        if key not in known:
            raise UnknownName(f"setting of {name}", key, known)
    first = settings[0]
    if first.default is MISSING and first.name not in given:
        raise UserError(f"`{text}` does not say its {first.name}. Write {name}:{first.name}=... with a number.")
    return kind(**given)


def _written(operation: Operation) -> str:
    """Return the canonical text: every setting by its key, defaults left away."""
    values = ((each, getattr(operation, each.name)) for each in _fields(type(operation)))
    settings = {each.name: _plain(value) for each, value in values if value != each.default}
    return str(Specification(operation.name, settings))


def _fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    return fields(kind)


def _plain(value: Any) -> Any:
    """Return 15.0 as 15, so that a whole number prints as it is written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
