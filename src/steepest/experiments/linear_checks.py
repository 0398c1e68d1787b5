"""Softmax regression by hand held against the library: one batch, and a whole run."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..history import Epoch
from ..preparation import prepare
from ..training import loop
from .content import Cell
from .context import Context
from .hand_softmax import HandSoftmax, flat, train_by_hand
from .linear_runs import split_of

STEP = 1e-6  # of the central difference: in float64 its error is least near the cube root of 1e-16
Row = tuple[Cell, ...]


def batch_rows(context: Context, case: str, images: int) -> Iterator[Row]:
    """Yield loss and gradient of one batch at zero and at random weights, in float64."""
    dataset = split_of(context, case)
    split, kinds = dataset.train, len(dataset.classes)
    pixels, labels = flat(split.images[:images]).double(), split.labels[:images]
    objective = HandSoftmax(pixels, labels, kinds)
    count = kinds * pixels.shape[1]
    draw = torch.Generator().manual_seed(0)
    places = {
        "zero weights": torch.zeros(count, dtype=torch.float64),
        "random weights": torch.randn(count, generator=draw, dtype=torch.float64) / 10,
    }
    for name, params in places.items():
        loss, grad = objective.loss_and_grad(params)
        theirs, theirs_grad = _library(params, pixels, labels, kinds)
        yield _row(f"loss of {images} images at {name}", loss, theirs)
        length = (grad.norm(), theirs_grad.norm())
        yield _row(f"length of the gradient at {name}", *length, _gap(grad, theirs_grad))
        slope = _difference(objective, params, grad)
        yield _row(f"slope along the gradient at {name}, by differences", slope, theirs_grad.norm())


def _library(params: Tensor, pixels: Tensor, labels: Tensor, kinds: int) -> tuple[Tensor, Tensor]:
    point = params.clone().requires_grad_()
    with torch.enable_grad():
        loss = cross_entropy(pixels @ point.view(kinds, -1).T, labels)
        (grad,) = torch.autograd.grad(loss, point)
    return loss.detach(), grad


def _difference(objective: HandSoftmax, params: Tensor, grad: Tensor) -> Tensor:
    """Return ``(L(w + h u) - L(w - h u)) / 2h`` along the gradient's direction u."""
    along = grad / grad.norm()
    ahead, behind = (objective.loss(params + sign * STEP * along) for sign in (1, -1))
    return (ahead - behind) / (2 * STEP)


def run_rows(context: Context, case: str) -> list[Row]:
    """Return the weights and accuracies of a whole run by hand beside those of the library's loop."""
    config = context.config(case).with_(val=0.0)
    key = {"hand against library": 1, "config": config.to_dict()}
    context.note("by hand against autograd: a whole run of each")
    found = context.remembered(key, lambda: _both_runs(context, case))
    accuracies = tuple(f"{each:.4%}" for each in found["accuracies"])
    lengths = tuple(f"{each:.7f}" for each in found["lengths"])
    apart = abs(found["accuracies"][0] - found["accuracies"][1])
    return [
        (f"length of the weights after {found['steps']:,} steps", *lengths, f"{found['gap']:.1e}"),
        ("validation accuracy then", *accuracies, f"{apart:.1e}"),
    ]


def _both_runs(context: Context, case: str) -> dict[str, object]:
    dataset, config = split_of(context, case), context.config(case).with_(val=0.0)
    hand = train_by_hand(config, dataset)
    last = [each for each in loop(prepare(config, dataset)) if isinstance(each, Epoch)][-1]
    params = last.checkpoint.params
    return {
        "steps": sum(int(row["backwards"]) for row in last.checkpoint.history),
        "lengths": [float(each.double().norm()) for each in (hand.params, params)],
        "gap": _gap(hand.params, params),
        "accuracies": [hand.rows[-1]["val_accuracy"], last.row["val_accuracy"]],
    }


def _gap(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).abs().max())


def _row(name: str, ours: Tensor, theirs: Tensor, gap: float | None = None) -> Row:
    apart = _gap(ours, theirs) if gap is None else gap
    return (name, f"{float(ours):.12f}", f"{float(theirs):.12f}", f"{apart:.1e}")
