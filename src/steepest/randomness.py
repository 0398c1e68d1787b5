"""Every draw is a function of (seed, purpose, index): no generator's state is ever saved.

``index`` counts whatever the purpose is drawn for: the epoch for the batch order, the step for dropout,
augmentation and an optimizer's noise. A run can therefore go on from any step with nothing but its seed.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seed_of(seed: int, purpose: str, index: int = 0) -> int:
    """Return 63 well-mixed bits for (seed, purpose, index).

    >>> seed_of(0, "batch order", 1) == seed_of(0, "batch order", 1)
    True
    >>> seed_of(0, "batch order", 1) == seed_of(0, "dropout", 1)
    False
    """
    text = f"{seed}/{purpose}/{index}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def generator(seed: int, purpose: str, index: int = 0, device: "torch.device | str" = "cpu") -> "torch.Generator":
    """Return a new generator for (seed, purpose, index)."""
    import torch  # a claim's seeds are checked without it

    return torch.Generator(device).manual_seed(seed_of(seed, purpose, index))
