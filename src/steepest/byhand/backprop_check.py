"""The same step by the machine: torch in double precision, every derivative from autograd."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from .backprop import Backprop, Neuron, layers_of, parameter_names
from .dense import DenseNetwork
from .table import Check, check, joined

DOUBLE = torch.float64
MACHINE = "torch autograd in float64"
ACTIVATE: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "linear": torch.clone,
}


def check_backprop(run: Backprop) -> Check:
    """Return every cell of every row held against autograd at that row's weights."""
    return joined(
        check(table, autograd_values(run.at(row), run.lr), MACHINE)
        for row, table in enumerate(run.rows)
    )


def autograd_values(network: DenseNetwork, lr: float) -> dict[str, float]:
    """Return every quantity of one step by name, as torch computes it."""
    parameters = _parameters(network)
    nets, actives = _forward(network, parameters)
    errors, total = _errors(network, nets[-1], actives[-1])
    wanted = [*parameters, *nets, *actives[:-1]]
    if network.output != "softmax":
        wanted.append(actives[-1])
    grads = torch.autograd.grad(total, wanted, retain_graph=True, allow_unused=True)
    by_tensor = {id(each): grad for each, grad in zip(wanted, grads, strict=True)}
    values = {f"E{k + 1}": error for k, error in enumerate(errors.tolist())} | {"E": total.item()}
    for layer, net, active in zip(layers_of(network)[1:], nets, actives, strict=True):
        values |= _layer_values(layer, net, active, by_tensor)
    values |= _parameter_values(network, parameters, by_tensor, lr)
    if network.output == "softmax":
        values |= {"m": nets[-1].max().item(), "Z": nets[-1].logsumexp(0).item()}
    return values


def _parameters(network: DenseNetwork) -> list[Tensor]:
    """Return for each layer its matrix [outputs, inputs], and behind all of them the biases."""
    weights = torch.tensor(network.weights, dtype=DOUBLE)
    sizes = [behind * before for before, behind in pairwise(network.sizes)]
    matrices = [
        piece.view(behind, before).clone().requires_grad_()
        for piece, (before, behind) in zip(
            weights.split(sizes), pairwise(network.sizes), strict=True
        )
    ]
    if not network.biases:
        return matrices
    biases = torch.tensor(network.biases, dtype=DOUBLE).split(list(network.sizes[1:]))
    return [*matrices, *(each.clone().requires_grad_() for each in biases)]


def _forward(network: DenseNetwork, parameters: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    depth = len(network.sizes) - 1
    active = torch.tensor(network.inputs, dtype=DOUBLE)
    nets: list[Tensor] = []
    actives: list[Tensor] = []
    for index in range(depth):
        bias = parameters[depth + index] if network.biases else None
        nets.append(F.linear(active, parameters[index], bias))
        kind = network.activation if index < depth - 1 else network.output
        active = nets[-1].softmax(0) if kind == "softmax" else ACTIVATE[kind](nets[-1])
        actives.append(active)
    return nets, actives


def _errors(network: DenseNetwork, net: Tensor, active: Tensor) -> tuple[Tensor, Tensor]:
    targets = torch.tensor(network.targets, dtype=DOUBLE)
    if network.output == "softmax":
        return -targets * net.log_softmax(0), F.cross_entropy(net, targets)
    errors = F.mse_loss(active, targets, reduction="none") / 2
    return errors, errors.sum()


def _layer_values(
    layer: list[Neuron], net: Tensor, active: Tensor, grads: dict[int, Tensor]
) -> dict[str, float]:
    # the slope of each activation, and not of the error: softmax has a matrix of them, which no cell asks for
    (slopes,) = torch.autograd.grad(active.sum(), net, retain_graph=True)
    values: dict[str, float] = {}
    for k, neuron in enumerate(layer):
        values |= {neuron.net: net[k].item(), neuron.active: active[k].item()}
        values |= {f"d{neuron.active}_d{neuron.net}": slopes[k].item()}
        values |= {f"dE_d{neuron.net}": grads[id(net)][k].item()}
        if id(active) in grads:
            values |= {f"dE_d{neuron.active}": grads[id(active)][k].item()}
    return values


def _parameter_values(
    network: DenseNetwork, parameters: list[Tensor], grads: dict[int, Tensor], lr: float
) -> dict[str, float]:
    names = [name for group in parameter_names(network) for name in group]
    grad = torch.cat([grads[id(each)].reshape(-1) for each in parameters])
    moved = torch.cat([each.detach().reshape(-1) for each in parameters]) - lr * grad
    values = {f"dE_d{name}": value for name, value in zip(names, grad.tolist(), strict=True)}
    return values | {
        f"{name}_new": value for name, value in zip(names, moved.tolist(), strict=True)
    }
