"""What the tests of rules share: exact vectors, and the loss whose gradient never changes."""

import torch

DOUBLE = torch.float64
LR = 0.01  # what walk steps with where it is not told otherwise


def vector(*numbers):
    return torch.tensor(numbers, dtype=DOUBLE)


def slope(direction):
    """Return the linear loss whose gradient is ``direction`` everywhere."""
    return lambda w: (w * direction).sum()
