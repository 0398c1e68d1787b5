"""Muon: the momentum of a matrix, with all its singular values made about one."""

from math import sqrt

import torch
from torch import Tensor

from ..layout import Layout
from .arithmetic import counted, decay, descend, follow, pieces, shapes_of
from .hyperparameter import DIVIDES, FADES, FORGETS, SHRINKS, hyperparameter
from .rule import LearningRate, State, rule

# Jordan's coefficients: the quintic a x + b x^3 + c x^5 lifts small singular values fastest (slope a at 0) and
# keeps those near 1 within about 0.7 and 1.2
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
SMALLEST_NORM = 1e-7  # also Jordan's: below it a matrix counts as zero
# Liu et al. 2025: an orthogonal [A, B] matrix has entries of root mean square 1 / sqrt(max(A, B)), AdamW's
# updates have about 0.2
ADAM_SIZE = 0.2


def orthogonalized(matrix: Tensor, steps: int) -> Tensor:
    """Return a matrix [A, B] with its singular vectors and with singular values near 1.

    X = X / |X|
    X = a * X + b * (X X') X + c * (X X')^2 X            steps times

    >>> orthogonalized(torch.diag(torch.tensor([3.0, 4.0])), steps=5).diagonal().round(decimals=2)
    tensor([0.7200, 1.1200])
    """
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=SMALLEST_NORM)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


@rule("muon", lr=5e-3)
class Muon:
    """Muon: momentum for matrices, orthogonalised; AdamW for the tensors that are no matrices.

    m = beta * m + (1 - beta) * g
    n = beta * m + (1 - beta) * g                        nesterov=false: n = m
    d = orthogonal(n) * 0.2 * sqrt(max(rows, columns))   the iteration runs ``steps`` times
    w = w - lr * (d + weight_decay * w)
    the rest as AdamW with adam_beta1, adam_beta2, adam_eps and the same weight_decay

    Idea: A layer's gradient is nearly of low rank, so a few directions get all the movement. Setting all
    singular values to 1 moves the rare directions as much as the common ones: steepest descent where distance
    is measured by the spectral norm.
    Fails: Where the rare directions are noise: late in training and with tiny batches. A step costs 15 products
    of matrices.
    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; the factor 0.2 * sqrt(max(A, B)), which
    lets one rate serve both parts: Liu et al. 2025, https://arxiv.org/abs/2502.16982.
    Choice: A convolution's weight [O, I, h, w] is the matrix [O, I * h * w]. Jordan leaves the first and the last
    layer to AdamW; here every tensor of two or more dimensions is a matrix. The iteration runs in the weights' own
    precision, not in bfloat16.
    """

    beta: float = hyperparameter(default=0.95, low=0, below=1, why=FADES)
    nesterov: bool = hyperparameter(default=True)
    steps: int = hyperparameter(default=5, low=1, high=20, why="five reach the band, more only cost")
    weight_decay: float = hyperparameter(default=0.01, low=0, why=SHRINKS)
    adam_beta1: float = hyperparameter(default=0.9, low=0, below=1, why=FORGETS)
    adam_beta2: float = hyperparameter(default=0.999, low=0, below=1, why=FORGETS)
    adam_eps: float = hyperparameter(default=1e-8, above=0, why=DIVIDES)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return averages of zero (squares only where AdamW works), a count of steps and the shapes."""
        shapes = shapes_of(layout)
        squares = [None if piece.dim() > 1 else torch.zeros_like(piece) for piece in pieces(params, shapes)]
        return {
            "step": torch.zeros((), dtype=torch.int64),
            "mean": torch.zeros_like(params),
            "squares": squares,
            "shapes": shapes,
        }

    def update(self, grad: Tensor, params: Tensor, state: State, lr: LearningRate) -> Tensor:
        """Return params after the decay and one step."""
        t, shapes = counted(state), state["shapes"]
        columns = (pieces(grad, shapes), pieces(state["mean"], shapes), state["squares"])
        for g, mean, square in zip(*columns, strict=True):
            if square is None:
                g.copy_(self._of_matrix(g, mean))
            else:
                g.copy_(self._of_rest(g, mean, square, t))
        decay(params, self.weight_decay, lr)
        return descend(params, grad, lr)

    def _of_matrix(self, grad: Tensor, mean: Tensor) -> Tensor:
        mean.lerp_(grad, 1 - self.beta)
        ahead = torch.lerp(grad, mean, self.beta) if self.nesterov else mean
        matrix = ahead.flatten(1)
        direction = orthogonalized(matrix, self.steps).mul_(ADAM_SIZE * sqrt(max(matrix.shape)))
        return direction.reshape(grad.shape)

    def _of_rest(self, grad: Tensor, mean: Tensor, square: Tensor, t: int) -> Tensor:
        mean.lerp_(grad, 1 - self.adam_beta1)
        follow(square, grad, self.adam_beta2)
        root = square.sqrt().div_(sqrt(1 - self.adam_beta2**t)).add_(self.adam_eps)
        return torch.div(mean, root).div_(1 - self.adam_beta1**t)
