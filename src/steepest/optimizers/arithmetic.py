"""The few in-place vector operations that many rules share; lr is a number or one number per weight."""

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..layout import Layout
from ..portable import is_asked
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


@cache
def take_exact_roots() -> torch.library.Library:
    """Let every square root of this process be the correctly rounded one, a rule's of torch or of a user's too.

    MKL's own is not, and begins with an approximation that each maker's processor takes from a table of its own:
    so even code that is the same for all processors gives other roots on another one.
    """
    library = torch.library.Library("aten", "IMPL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that there was a root before
        library.impl("sqrt", root_of, "CPU")
        library.impl("sqrt_", lambda square: root_of(square, square), "CPU")
        library.impl("sqrt.out", lambda square, *, out: root_of(square, out), "CPU")
        for name in ("pow.Tensor_Scalar", "pow_.Scalar", "pow.Tensor_Scalar_out"):
            library.impl(name, _power(name), "CPU", with_keyset=True)
    return library  # who lets go of it takes the roots back


def _power(name: str) -> Callable[..., Tensor]:
    """Return torch's power of this name, in which the power of a half is the exact root."""
    before = torch.library.get_kernel(f"aten::{name}", "CPU")

    def power(keys: Any, base: Tensor, exponent: Any, out: Tensor | None = None) -> Tensor:
        if exponent == 0.5:
            return root_of(base, base if name == "pow_.Scalar" else out)
        powered: Tensor = before.call_boxed(keys, base, exponent, **({} if out is None else {"out": out}))
        return powered

    return power


def root_of(square: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the square root of each number, rounded correctly as IEEE 754 asks; numpy takes the processor's own.

    Args:
        square: of any shape; whole numbers become the default type.
        out: takes the roots; it may be ``square`` itself, and gets its shape.
    """
    if out is None:
        kind = square.dtype if square.is_floating_point() or square.is_complex() else torch.get_default_dtype()
        out = torch.empty_like(square, dtype=kind)
    elif out.shape != square.shape:
        out.resize_(square.shape)
    plain = square.detach() if square.dtype in (torch.float32, torch.float64) else _widened(square.detach())
    with np.errstate(invalid="ignore"):  # of a negative number it is NaN, as torch's is
        if out.dtype == plain.dtype:
            np.sqrt(plain.numpy(), out=out.detach().numpy())
        else:
            out.copy_(torch.as_tensor(np.sqrt(plain.numpy())))
    return out


def _widened(values: Tensor) -> Tensor:
    """Return values in a type that numpy has; of a narrow one's roots, rounded twice, none comes out otherwise."""
    return values.to(torch.complex128 if values.is_complex() else torch.float64)


if is_asked():
    take_exact_roots()
