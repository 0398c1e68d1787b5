"""Backpropagation worked by hand: a row per step, a cell per quantity, each derivative with its chain.

Names, for a network i -> h -> o: ``i1`` inputs, ``t1`` targets, ``w1`` weights, ``b1`` biases, ``h1`` and ``o1``
weighted sums, ``a_h1`` and ``a_o1`` their activations, ``E1`` errors, ``E`` their sum, ``dE_dw1`` derivatives,
``w1_new`` the weight after the step. With several hidden layers ``h2_1`` is the first neuron of the second.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional as F

from ..content import plots
from ..errors import DivergedError, UserError
from ..lazy import brief, html_of
from .dense import DenseNetwork
from .formula import spelled
from .table import Check, Line, Table, check, joined, work

FORMULAS = {  # activation -> its formula, and its slope by the activation itself where that is possible
    "sigmoid": ("1 / (1 + exp(-{n}))", "{a} * (1 - {a})"),
    "tanh": ("tanh({n})", "1 - {a}**2"),
    "relu": ("max(0, {n})", "step({n})"),
    "linear": ("{n}", "1"),
}


@dataclass(frozen=True)
class Neuron:
    """One neuron's names.

    Args:
        net: its weighted sum.
        active: its activation.
        weights: of its inputs, in order.
        bias: '' for none.
    """

    net: str
    active: str
    weights: tuple[str, ...] = ()
    bias: str = ""


@dataclass(frozen=True)
class Backprop:
    """A worked run: ``rows[k]`` is the table before update k + 1.

    >>> from .dense import DEFAULT
    >>> run = backprop(DEFAULT, lr=1.0)
    >>> print(run.rows[0]["a_o1"])
    a_o1 = 1 / (1 + exp(−o1)) = 1 / (1 + exp(−0.43253)) = 0.606477732
    """

    network: DenseNetwork
    lr: float
    rows: tuple[Table, ...]

    def __repr__(self) -> str:
        return brief(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of every row's quantities, given ones first."""
        return tuple(self.rows[0].values)

    def at(self, row: int) -> DenseNetwork:
        """Return the network with the weights that stand in a row."""
        values = self.rows[row].given
        weights, biases = parameter_names(self.network)
        return self.network.with_weights([values[name] for name in weights], [values[name] for name in biases])


def backprop(network: DenseNetwork, *, lr: float = 1.0, steps: int = 1) -> Backprop:
    """Return ``steps`` rows of gradient descent worked by hand.

    Args:
        network: its weights are those of the first row.
        lr: the learning rate, a number of 0 or more.
        steps: how many rows, at least 1.

    Raises:
        UserError: lr or steps is outside its range.
        DivergedError: the weights left the range of numbers.
    """
    if steps < 1:
        raise UserError(f"The table has at least 1 row; steps {steps} came.")
    if not (0 <= lr < float("inf")):
        raise UserError(f"The learning rate must be a number of 0 or more, not {lr:g}.")
    lines = tuple(step_lines(network))
    names = [name for group in parameter_names(network) for name in group]
    given = starting_values(network, lr)
    rows = [work(given, lines)]
    while len(rows) < steps:
        last = rows[-1].values
        given = given | {name: last[f"{name}_new"] for name in names}
        if not all(map(isfinite, given.values())):
            raise DivergedError(f"After {len(rows)} updates a weight is infinite. Try a smaller lr than {lr:g}.")
        rows.append(work(given, lines))
    return Backprop(network, lr, tuple(rows))


def starting_values(network: DenseNetwork, lr: float) -> dict[str, float]:
    """Return the given values of the first row by name."""
    weights, biases = parameter_names(network)
    first = layers_of(network)[0]
    values = {neuron.active: value for neuron, value in zip(first, network.inputs, strict=True)}
    values |= {target_of(k): value for k, value in enumerate(network.targets)}
    values |= dict(zip(weights, network.weights, strict=True))
    values |= dict(zip(biases, network.biases, strict=True))
    return values | {"lr": lr}


def parameter_names(network: DenseNetwork) -> tuple[list[str], list[str]]:
    """Return the names of the weights and of the biases, in order."""
    weights = [f"w{k + 1}" for k in range(len(network.weights))]
    return weights, [f"b{k + 1}" for k in range(len(network.biases))]


def target_of(output: int) -> str:
    """Return the name of an output's target, counted from 0."""
    return f"t{output + 1}"


def layers_of(network: DenseNetwork) -> list[list[Neuron]]:
    """Return every layer's neurons with their names, inputs first."""
    sizes = network.sizes
    layers = [[Neuron(f"i{k + 1}", f"i{k + 1}") for k in range(sizes[0])]]
    weight = neuron = 0
    for depth, size in enumerate(sizes[1:], start=1):
        layer = []
        for k in range(size):
            net = _net_name(depth, k, len(sizes))
            names = tuple(f"w{weight + j + 1}" for j in range(sizes[depth - 1]))
            bias = f"b{neuron + 1}" if network.biases else ""
            layer.append(Neuron(net, f"a_{net}", names, bias))
            weight, neuron = weight + sizes[depth - 1], neuron + 1
        layers.append(layer)
    return layers


def _net_name(depth: int, k: int, layers: int) -> str:
    if depth == layers - 1:
        return f"o{k + 1}"
    return f"h{k + 1}" if layers == 3 else f"h{depth}_{k + 1}"


def step_lines(network: DenseNetwork) -> Iterator[Line]:
    """Yield one step's lines in the order in which a person works: forward, errors, backward, update."""
    layers = layers_of(network)
    yield from forward_lines(network, layers)
    yield from _error_lines(network, layers[-1])
    yield from _backward_lines(network, layers)
    for names in parameter_names(network):
        for name in names:
            yield Line(f"{name}_new", f"{name} - lr * dE_d{name}", "update")


def forward_lines(network: DenseNetwork, layers: Sequence[Sequence[Neuron]]) -> Iterator[Line]:
    """Yield each neuron's weighted sum and activation."""
    for depth in range(1, len(layers)):
        for neuron in layers[depth]:
            terms = [
                f"{weight} * {source.active}"
                for weight, source in zip(neuron.weights, layers[depth - 1], strict=True)
            ]
            yield Line(neuron.net, " + ".join([*terms, *filter(None, [neuron.bias])]), "forward")
        kind = network.activation if depth < len(layers) - 1 else network.output
        if kind == "softmax":
            yield from softmax_lines([neuron.net for neuron in layers[depth]])
        else:
            for neuron in layers[depth]:
                formula = FORMULAS[kind][0].format(n=neuron.net)
                yield Line(neuron.active, formula, "forward")


def softmax_lines(nets: Sequence[str]) -> Iterator[Line]:
    """Yield softmax through its logarithm, which no large output can break: ``a = exp(o - Z)``.

    Z = log(exp(o1) + exp(o2) + ...), with the largest output m taken out: a = exp(o) / (exp(o1) + ...).
    """
    yield Line("m", f"max({', '.join(nets)})" if len(nets) > 1 else nets[0], "forward")
    yield Line("Z", f"m + log({' + '.join(f'exp({net} - m)' for net in nets)})", "forward")
    for net in nets:
        yield Line(f"a_{net}", f"exp({net} - Z)", "forward")


def _error_lines(network: DenseNetwork, outputs: Sequence[Neuron]) -> Iterator[Line]:
    for k, neuron in enumerate(outputs):
        target = target_of(k)
        formula = f"({target} - {neuron.active})**2 / 2"
        if network.output == "softmax":  # -t log(a), and log(a) = o - Z
            formula = f"{target} * (Z - {neuron.net})"
        yield Line(f"E{k + 1}", formula, "error")
    yield Line("E", " + ".join(f"E{k + 1}" for k in range(len(outputs))), "error")


def _backward_lines(network: DenseNetwork, layers: Sequence[Sequence[Neuron]]) -> Iterator[Line]:
    for depth in reversed(range(1, len(layers))):
        layer = layers[depth]
        if depth == len(layers) - 1:
            yield from _output_lines(network, layer)
        else:
            yield from _hidden_lines(network, layer, layers[depth + 1])
        yield from _gradient_lines(layer, layers[depth - 1])


def _output_lines(network: DenseNetwork, outputs: Sequence[Neuron]) -> Iterator[Line]:
    if network.output == "softmax":
        for k, neuron in enumerate(outputs):
            chain = " + ".join(f"dE/d{each.active} · d{each.active}/d{neuron.net}" for each in outputs)
            yield Line(f"dE_d{neuron.net}", f"{neuron.active} - {target_of(k)}", "backward", chain)
        return
    for k, neuron in enumerate(outputs):
        yield Line(f"dE_d{neuron.active}", f"{neuron.active} - {target_of(k)}", "backward")
        yield from _through_activation(neuron, network.output)


def _hidden_lines(network: DenseNetwork, layer: Sequence[Neuron], behind: Sequence[Neuron]) -> Iterator[Line]:
    for k, neuron in enumerate(layer):
        terms = [f"dE_d{each.net} * {each.weights[k]}" for each in behind]
        chain = " + ".join(f"dE/d{each.net} · d{each.net}/d{neuron.active}" for each in behind)
        yield Line(f"dE_d{neuron.active}", " + ".join(terms), "backward", chain)
        yield from _through_activation(neuron, network.activation)


def _through_activation(neuron: Neuron, kind: str) -> Iterator[Line]:
    slope = f"d{neuron.active}_d{neuron.net}"
    yield Line(slope, FORMULAS[kind][1].format(n=neuron.net, a=neuron.active), "backward")
    chain = f"dE/d{neuron.active} · d{neuron.active}/d{neuron.net}"
    yield Line(f"dE_d{neuron.net}", f"dE_d{neuron.active} * {slope}", "backward", chain)


def _gradient_lines(layer: Sequence[Neuron], before: Sequence[Neuron]) -> Iterator[Line]:
    for neuron in layer:
        for weight, source in zip(neuron.weights, before, strict=True):
            chain = f"dE/d{neuron.net} · d{neuron.net}/d{weight}"
            yield Line(f"dE_d{weight}", f"dE_d{neuron.net} * {source.active}", "gradient", chain)
        if neuron.bias:
            chain = f"dE/d{neuron.net} · d{neuron.net}/d{neuron.bias}"
            yield Line(f"dE_d{neuron.bias}", f"dE_d{neuron.net}", "gradient", chain)


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
        check(table, autograd_values(run.at(row), run.lr), MACHINE) for row, table in enumerate(run.rows)
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
        for piece, (before, behind) in zip(weights.split(sizes), pairwise(network.sizes), strict=True)
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


def _layer_values(layer: list[Neuron], net: Tensor, active: Tensor, grads: dict[int, Tensor]) -> dict[str, float]:
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
    return values | {f"{name}_new": value for name, value in zip(names, moved.tolist(), strict=True)}


DIGITS = 4  # significant, on a drawing


def drawn_network(network: DenseNetwork, table: Table, title: str = "", note: str = "") -> plots.Network:
    """Return one row as a drawing: sums and activations on nodes, weights and derivatives on edges."""
    layers, values = layers_of(network), table.values
    edges = (
        plots.Edge(depth, source, target, _weight(values, weight))
        for depth, (_, layer) in enumerate(pairwise(layers))
        for target, neuron in enumerate(layer)
        for source, weight in enumerate(neuron.weights)
    )
    nodes: list[list[plots.Neuron]] = []
    for depth, layer in enumerate(layers):
        nodes.append([])
        for k, each in enumerate(layer):
            lines = [each.net, spelled(values[each.net], DIGITS)]
            lines += [f"→ {spelled(values[each.active], DIGITS)}"] * bool(depth)
            below = [f"{each.bias} {spelled(values[each.bias], DIGITS)}"] if each.bias else []
            if depth == len(layers) - 1:
                target, error = (spelled(values[target_of(k)], DIGITS), spelled(values[f"E{k + 1}"], DIGITS))
                below.append(f"{target_of(k)} {target}, E{k + 1} {error}")
            nodes[-1].append(plots.Neuron(tuple(lines), "; ".join(below)))
    said = f"{network}; the numbers are those of the first row"
    return plots.Network(title, said, tuple(map(tuple, nodes)), tuple(edges), dict(values), note)


def _weight(values: dict[str, float], weight: str) -> tuple[str, str]:
    derivative = spelled(values[f"dE_d{weight}"], 3)
    return f"{weight} {spelled(values[weight], DIGITS)}", f"dE/d{weight} {derivative}"
