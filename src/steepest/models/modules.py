"""The two modules that torch has not: pixels to numbers, and dropout with a generator of its own."""

from math import inf, isfinite

import torch
from torch import Tensor, nn

from ..errors import UserError

LEVELS = 1 << 16  # probabilities that 16 random bits can tell apart


class Dropout(nn.Module):
    """In training, set each value to zero with probability p and divide the others by 1 - p.

    The mask is a function of the seed given to ``reseed`` (and of the values' memory order), so evaluations
    that reseed alike see one mask.
    Sixteen random bits decide each value: p is rounded to a multiple of 1/65536, and the scale is that of the
    rounded p, so the expectation is exact. torch's own dropout takes 13 ns a value on one core, this one about 2.

    Args:
        p: the probability of zero, in [0, 1).

    >>> dropout = Dropout(0.5)
    >>> dropout.reseed(1); first = dropout(torch.ones(8))
    >>> dropout.reseed(1); torch.equal(first, dropout(torch.ones(8)))
    True
    >>> sorted(set(first.tolist()))
    [0.0, 2.0]
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise UserError(f"Dropout drops with a probability in [0, 1); {p} came.")
        self.p = p
        self._zeros = min(round(p * LEVELS), LEVELS - 1)  # how many of the levels drop
        self._generator = torch.Generator()
        self.reseed(0)

    def reseed(self, seed: int) -> None:
        """Make the next masks a function of ``seed``."""
        self._generator.manual_seed(seed)

    def forward(self, values: Tensor) -> Tensor:
        """Return values [...] with some of them zero, or as they came outside training."""
        if not self.training or not self._zeros:
            return values
        return values * self._mask(values)

    def _mask(self, values: Tensor) -> Tensor:
        count = values.numel()
        if values.device != self._generator.device:
            self._generator = torch.Generator(values.device).manual_seed(self._generator.initial_seed())
        words = torch.empty((count + 3) // 4, dtype=torch.int64, device=values.device)
        words.random_(-(1 << 63), None, generator=self._generator)  # all 64 bits of each word
        bits = words.view(torch.int16)[:count].to(torch.float32)
        mask = bits.ge_(self._zeros - LEVELS // 2).mul_(LEVELS / (LEVELS - self._zeros))
        return _laid_out_like(mask, values).to(values.dtype)

    def extra_repr(self) -> str:
        """Say the probability."""
        return f"p={self.p}"


def _laid_out_like(flat: Tensor, values: Tensor) -> Tensor:
    """Return flat [N] in the shape of values, in their memory order where they fill their memory."""
    extent = 1 + sum((n - 1) * step for n, step in zip(values.shape, values.stride(), strict=True))
    if extent == values.numel() and 0 not in values.stride():
        return flat.as_strided(values.shape, values.stride())
    return flat.view(values.shape)


class Normalization(nn.Module):
    """The network's first layer: raw pixels [B, C, H, W], uint8 or float32, to ``x * scale + shift``.

    Args:
        scale: one number a channel.
        shift: one number a channel.

    >>> Normalization([1 / 255], [0.0])(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8)).item()
    1.0
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, scale: list[float], shift: list[float]) -> None:
        super().__init__()
        # The constants belong to the config, so they are not saved with the weights. One number for all
        # channels stays a number: no buffer then, and no broadcasting.
        self._uniform = len(set(scale)) == 1 and len(set(shift)) == 1
        self._scale, self._shift = scale, shift
        if not self._uniform:
            for name, numbers in (("scale", scale), ("shift", shift)):
                column = torch.tensor(numbers).view(-1, 1, 1)
                self.register_buffer(name, column, persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return float32 [B, C, H, W]."""
        if not self._uniform:
            return torch.addcmul(self.shift, pixels.to(torch.float32), self.scale)
        scale, shift = self._scale[0], self._shift[0]
        # uint8 times a number is float32, in one pass
        scaled = pixels.to(torch.float32) if scale == 1 else pixels * scale
        return scaled + shift if shift else scaled

    def extra_repr(self) -> str:
        """Say the constants."""
        return f"scale={self._scale}, shift={self._shift}"


def normalization(text: str, channels: int) -> Normalization:
    """Return the first layer that a text asks for.

    Args:
        text: ``unit`` for x / 255, ``raw`` for x, or ``MEAN/STD`` for (x / 255 - mean) / std, one number for
            all channels or one a channel with commas between: ``0.49,0.48,0.45/0.25,0.24,0.26``.

    Raises:
        UserError: the text is none of these, or has another number of channels.

    >>> normalization("0.1307/0.3081", 1)
    Normalization(scale=[0.012728...], shift=[-0.424212...])
    """
    if text in {"unit", "raw"}:
        scale = 1 / 255 if text == "unit" else 1.0
        return Normalization([scale] * channels, [0.0] * channels)
    means, deviations = _constants(text, channels)
    scale_of = [1 / (255 * deviation) for deviation in deviations]
    shift_of = [-mean / std for mean, std in zip(means, deviations, strict=True)]
    return Normalization(scale_of, shift_of)


def _usable(means: list[float], deviations: list[float]) -> bool:
    return all(map(isfinite, means)) and all(0 < each < inf for each in deviations)


def _constants(text: str, channels: int) -> tuple[list[float], list[float]]:
    try:
        sides = [[float(each) for each in side.split(",")] for side in text.split("/")]
    except ValueError:
        sides = []
    if len(sides) != 2 or not _usable(*sides):
        raise UserError(
            f"`{text}` is no normalisation. Write unit, standard, raw, or MEAN/STD such as 0.1307/0.3081, "
            "with every STD above 0."
        )
    if any(len(side) not in (1, channels) for side in sides):
        raise UserError(
            f"`{text}` has {len(sides[0])} means and {len(sides[1])} deviations; "
            f"the images have {channels} channels. Give one number for all, or {channels}."
        )
    means, deviations = (side * (channels // len(side)) for side in sides)
    return means, deviations
