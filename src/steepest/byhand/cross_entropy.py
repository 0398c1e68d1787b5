"""Softmax, the cross-entropy and its gradient by hand, beside finite differences and autograd."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UserError
from ..lazy import brief
from .table import Check, Deviation, Line, Table, work

# the error of a central difference is about h^2 / 6 + 1e-16 / h, least near h = 1e-5
STEP = 1e-5


@dataclass(frozen=True)
class SoftmaxWork:
    """A worked cross-entropy.

    Args:
        table: ``o1`` logits, ``t1`` 1 at the label, ``p1`` probabilities, ``E`` the loss, ``dE_do1`` its gradient.
        differences: the gradient from central differences, one a logit.
        machine: the gradient from autograd, one a logit.
        check: the table against the machine; finite differences are no part of it, since they only come close.
    """

    table: Table
    differences: tuple[float, ...]
    machine: tuple[float, ...]
    check: Check

    def __repr__(self) -> str:
        return brief(self)


def softmax(logits: Sequence[float], label: int) -> SoftmaxWork:
    """Return the worked cross-entropy of K logits, where the true class is ``label``, counted from 1.

    p = exp(o) / (exp(o1) + ... + exp(oK)),  E = -log p[label],  dE/do = p - t

    Raises:
        UserError: there are fewer than two logits, one is not finite, or the label is not among them.

    >>> done = softmax([2.0, 1.0, 0.0], label=1)
    >>> print(done.table["dE_do1"])
    dE/do1 = p1 − t1 = 0.665241 − 1 = −0.334759044
    """
    if len(logits) < 2:
        raise UserError(f"Softmax chooses between at least 2 classes; {len(logits)} logits came.")
    if not all(abs(each) < float("inf") for each in logits):
        raise UserError("The logits must be finite numbers.")
    if not 1 <= label <= len(logits):
        raise UserError(f"The label must be 1 to {len(logits)}, not {label}.")
    given = {f"o{k + 1}": float(value) for k, value in enumerate(logits)}
    given |= {f"t{k + 1}": float(k + 1 == label) for k in range(len(logits))}
    table = work(given, softmax_lines(len(logits), label))
    values, grad = _machine_values(logits, label)
    deviations = tuple(Deviation(cell.name, cell.value, values[cell.name]) for cell in table.cells)
    return SoftmaxWork(
        table,
        _differences(logits, label),
        tuple(grad),
        Check(deviations, "torch cross_entropy and autograd in float64"),
    )


def softmax_lines(count: int, label: int) -> list[Line]:
    """Return the lines from logits ``o1`` ... to the gradient; the largest logit is taken out of every exponent.

    Without that, exp(1000) would be infinite; with it the probabilities are the same.
    """
    classes = range(1, count + 1)
    return [
        Line("m", f"max({', '.join(f'o{k}' for k in classes)})", "largest"),
        *(Line(f"e{k}", f"exp(o{k} - m)", "exponentials") for k in classes),
        Line("s", " + ".join(f"e{k}" for k in classes), "exponentials"),
        *(Line(f"p{k}", f"e{k} / s", "probabilities") for k in classes),
        # -log(p) = log(s) - (o - m), which stays finite where p is too small for a float
        Line("E", f"log(s) + m - o{label}", "loss", f"−log p{label}"),
        *(Line(f"dE_do{k}", f"p{k} - t{k}", "gradient") for k in classes),
    ]


def _differences(logits: Sequence[float], label: int) -> tuple[float, ...]:
    """Return (E(o + h) - E(o - h)) / 2h for each logit."""

    def loss(k: int, shift: float) -> float:
        moved = [value + shift * (j == k) for j, value in enumerate(logits)]
        given = {f"o{j + 1}": value for j, value in enumerate(moved)}
        lines = [each for each in softmax_lines(len(moved), label) if each.name[0] in "mesE"]
        return work(given, lines).values["E"]

    return tuple((loss(k, STEP) - loss(k, -STEP)) / (2 * STEP) for k in range(len(logits)))


def _machine_values(logits: Sequence[float], label: int) -> tuple[dict[str, float], list[float]]:
    import torch
    from torch.nn.functional import cross_entropy

    outputs = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    loss = cross_entropy(outputs, torch.tensor(label - 1))
    (grad,) = torch.autograd.grad(loss, outputs)
    with torch.no_grad():
        exponentials = (outputs - outputs.max()).exp()
        groups = {"e": exponentials, "p": outputs.softmax(0), "dE_do": grad}
        values = {"m": outputs.max().item(), "s": exponentials.sum().item(), "E": loss.item()}
    for letter, vector in groups.items():
        values |= {f"{letter}{k + 1}": value for k, value in enumerate(vector.tolist())}
    return values, grad.tolist()
