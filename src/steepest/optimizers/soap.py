"""SOAP: Adam in the eigenbasis of Shampoo's matrices."""

from math import sqrt
from typing import Any

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import counted, decay, descend, follow, pieces, shapes_of, zeros
from .hyperparameter import DIVIDES, FORGETS, SHRINKS, hyperparameter
from .rule import LearningRate, State, rule

Side = Any  # of a matrix: {"gram": [n, n], "basis": [n, n]}, or None where it keeps its own axes


def flat(tensor: Tensor) -> Tensor:
    """Return a tensor as a matrix view [A, B]: one of one dimension as a single row."""
    return tensor.flatten(1) if tensor.dim() > 1 else tensor[None]


def rotated(matrix: Tensor, sides: list[Side], back: bool = False) -> Tensor:
    """Return a matrix [A, B] in the bases of its two sides, or back in its own."""
    left, right = sides
    if left is not None:
        matrix = (left["basis"] if back else left["basis"].T) @ matrix
    if right is not None:
        matrix = matrix @ (right["basis"].T if back else right["basis"])
    return matrix


def add_gram(sides: list[Side], matrix: Tensor, beta: float) -> None:
    """Move the running Gram matrices of rows and columns: ``L = beta L + (1 - beta) G G'``."""
    for side, m in zip(sides, (matrix, matrix.T), strict=True):
        if side is not None:
            side["gram"].lerp_(m @ m.T, 1 - beta)


def find_bases(sides: list[Side]) -> None:
    """Set each side's basis to the eigenvectors of its Gram matrix, the largest eigenvalue first."""
    for side in filter(None, sides):
        side["basis"] = torch.linalg.eigh(side["gram"]).eigenvectors.flip(1).contiguous()


def refine_bases(sides: list[Side], square: Tensor) -> None:
    """Move each side's basis by one power iteration; square [A, B] is reordered with its axes."""
    for axis, side in enumerate(sides):
        if side is None:
            continue
        powered = side["gram"] @ side["basis"]
        order = (side["basis"] * powered).sum(0).argsort(descending=True)
        side["basis"] = torch.linalg.qr(powered[:, order]).Q.contiguous()
        square.copy_(square.index_select(axis, order))


@rule("soap", lr=3e-3)
class SOAP:
    """SOAP: Adam in a rotated space, whose axes are the main directions of a matrix's gradients.

    L = beta2 * L + (1 - beta2) * G G'                   R = beta2 * R + (1 - beta2) * G' G
    QL, QR = eigenvectors of L, R                        refined every ``every`` steps: qr(L QL), qr(R QR)
    M = beta1 * M + (1 - beta1) * G
    S = beta2 * S + (1 - beta2) * (QL' G QR)^2
    D = QL ((QL' M QR) / (sqrt(S) + eps)) QR' * sqrt(1 - beta2^t) / (1 - beta1^t)
    W = W - lr * D, then W = W - lr * weight_decay * W

    Idea: Adam scales each coordinate, so it depends on the axes; the axes in which the gradients of a layer
    are least correlated are the eigenvectors that Shampoo keeps. Adam run there is Shampoo with a fresher
    estimate of the eigenvalues.
    Fails: On large layers with small batches: a step costs four products with [n, n] matrices and, every
    ``every`` steps, a QR of each.
    Source: Vyas et al. 2024, https://arxiv.org/abs/2409.11321, algorithm 3; Gupta, Koren and Singer 2018,
    https://arxiv.org/abs/1802.09568 (Shampoo).
    Choice: As in the authors' code the first gradient only sets up the bases and moves nothing, and the decay
    follows the step. A convolution's weight [O, I, h, w] is the matrix [O, I * h * w], where they keep a basis for
    each dimension; a side longer than ``longest`` keeps its own axes; tensors of one dimension get plain Adam.
    """

    beta1: float = hyperparameter(default=0.95, low=0, below=1, why=FORGETS)
    beta2: float = hyperparameter(default=0.95, low=0, below=1, why=FORGETS)
    eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)
    weight_decay: float = hyperparameter(default=0.01, low=0, why=SHRINKS)
    every: int = hyperparameter(default=10, low=1, why="the bases are refined once in so many steps")
    longest: int = hyperparameter(default=1024, low=1, why="a basis of n axes costs n^3 to refine")

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return averages of zero, a count of steps, the shapes, and the sides of every matrix."""
        shapes = shapes_of(layout)
        sides = [self._sides(piece) for piece in pieces(params, shapes)]
        return zeros(params, "mean", "square") | {"shapes": shapes, "sides": sides}

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after one step, the first of which moves nothing."""
        t = counted(state) - 1
        vectors = (pieces(each, state["shapes"]) for each in (grad, state["mean"], state["square"]))
        for (g, mean, square), sides in zip(zip(*vectors, strict=True), state["sides"], strict=True):
            matrix = flat(g)
            if t == 0:
                add_gram(sides, matrix, self.beta2)
                find_bases(sides)
            else:
                matrix.copy_(self._direction(matrix, flat(mean), flat(square), sides, t))
        if t == 0:
            return params
        scale = sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        descend(params, grad.mul_(scale), lr)
        decay(params, self.weight_decay, lr)
        return params

    def _sides(self, piece: Tensor) -> list[Side]:
        if piece.dim() < 2:
            return [None, None]
        return [
            {"gram": piece.new_zeros(n, n), "basis": torch.eye(n).to(piece)} if n <= self.longest else None
            for n in piece.flatten(1).shape
        ]

    def _direction(self, grad: Tensor, mean: Tensor, square: Tensor, sides: list[Side], t: int) -> Tensor:
        """Return D [A, B] but for its scale; then let the bases follow this gradient."""
        mean.lerp_(grad, 1 - self.beta1)
        follow(square, rotated(grad, sides), self.beta2)
        ratio = rotated(mean, sides) / square.sqrt().add_(self.eps)
        direction = rotated(ratio, sides, back=True)
        add_gram(sides, grad, self.beta2)
        if t % self.every == 0:
            refine_bases(sides, square)
        return direction
