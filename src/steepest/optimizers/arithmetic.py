"""The few in-place vector operations that many rules share; lr is a number or one number per weight."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from ..layout import Layout
from .rule import LearningRate, State


def descend(params: Tensor, direction: Tensor, lr: LearningRate) -> Tensor:
    """Move params [P] in place by ``-lr * direction`` and return them."""
    if isinstance(lr, Tensor):
        return params.addcmul_(direction, lr, value=-1)
    return params.add_(direction, alpha=-lr)


def descend_ratio(params: Tensor, above: Tensor, below: Tensor, lr: LearningRate, scale: float = 1.0) -> Tensor:
    """Move params [P] in place by ``-lr * scale * above / below`` and return them."""
    if isinstance(lr, Tensor):
        return params.addcdiv_(above * lr, below, value=-scale)
    return params.addcdiv_(above, below, value=-lr * scale)


def decay(params: Tensor, weight_decay: float, lr: LearningRate) -> None:
    """Shrink params [P] in place: ``w = w - lr * weight_decay * w``."""
    if weight_decay:
        params.mul_(1 - weight_decay * lr)


def zeros(params: Tensor, *names: str) -> State:
    """Return a state of zero vectors [P] by these names, and a count of steps."""
    return {"step": counter()} | {name: torch.zeros_like(params) for name in names}


def counter() -> Tensor:
    """Return a count of steps, a 0-d tensor that stays on the CPU, where reading it costs nothing."""
    return torch.zeros((), dtype=torch.int64)


def counted(state: State) -> int:
    """Add one to the state's count of steps and return it: t, counted from 1."""
    state["step"] += 1
    return int(state["step"])


def follow(square: Tensor, grad: Tensor, beta: float) -> Tensor:
    """Move a running square in place: ``s = beta * s + (1 - beta) * g^2``."""
    return square.mul_(beta).addcmul_(grad, grad, value=1 - beta)


def shapes_of(layout: Layout) -> list[list[int]]:
    """Return the tensors' shapes as a state can keep them, for a rule that works tensor by tensor."""
    return [list(shape) for shape in layout.shapes]


def pieces(vector: Tensor, shapes: Sequence[Sequence[int]]) -> list[Tensor]:
    """Return the tensors as views into a [P] vector, in order."""
    split = torch.split(vector, [prod(shape) for shape in shapes])
    return [piece.view(tuple(shape)) for piece, shape in zip(split, shapes, strict=True)]
