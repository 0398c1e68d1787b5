"""The published worksheet as it was filled in: at h2 the sigmoid's slope is taken from a_h1.

A plain calculation of its own, line by line, so that what it gives can be held against the printed digits.
"""

from math import exp

from ..byhand.dense import DenseNetwork

Row = dict[str, float]


def slipped_rows(network: DenseNetwork, lr: float, steps: int) -> list[Row]:
    """Return the sheet's rows with its slip, by the names of the worked table.

    Args:
        network: two inputs, two hidden neurons, two outputs, sigmoids, no biases.
        lr: the learning rate.
        steps: rows.

    >>> from ..byhand.dense import DEFAULT
    >>> row = slipped_rows(DEFAULT, lr=1.0, steps=1)[0]
    >>> f"{row['dE_dw3']:.9f}"
    '0.000351869'
    """
    weights, rows = list(network.weights), []
    for _ in range(steps):
        forward = _forward(weights, network.inputs)
        row = {f"w{k}": weight for k, weight in enumerate(weights, 1)} | forward
        row |= _errors(row, network.targets) | _gradients(row, network.inputs, network.targets)
        weights = [weight - lr * row[f"dE_dw{k}"] for k, weight in enumerate(weights, 1)]
        rows.append(row)
    return rows


def _sigmoid(net: float) -> float:
    return 1 / (1 + exp(-net))


def _forward(weights: list[float], inputs: tuple[float, ...]) -> Row:
    w1, w2, w3, w4, w5, w6, w7, w8 = weights
    i1, i2 = inputs
    h1, h2 = w1 * i1 + w2 * i2, w3 * i1 + w4 * i2
    a_h1, a_h2 = _sigmoid(h1), _sigmoid(h2)
    o1, o2 = w5 * a_h1 + w6 * a_h2, w7 * a_h1 + w8 * a_h2
    named = {"h1": h1, "a_h1": a_h1, "h2": h2, "a_h2": a_h2}
    return named | {"o1": o1, "a_o1": _sigmoid(o1), "o2": o2, "a_o2": _sigmoid(o2)}


def _errors(row: Row, targets: tuple[float, ...]) -> Row:
    first, second = ((t - row[f"a_o{k}"]) ** 2 / 2 for k, t in enumerate(targets, 1))
    return {"E1": first, "E2": second, "E": first + second}


def _gradients(row: Row, inputs: tuple[float, ...], targets: tuple[float, ...]) -> Row:
    back = [
        (row[f"a_o{k}"] - t) * row[f"a_o{k}"] * (1 - row[f"a_o{k}"])
        for k, t in enumerate(targets, 1)
    ]
    into_h1 = back[0] * row["w5"] + back[1] * row["w7"]
    into_h2 = back[0] * row["w6"] + back[1] * row["w8"]
    slope = row["a_h1"] * (1 - row["a_h1"])  # right for h1; the slip is to use it for h2 as well
    hidden = [into_h1 * slope * x for x in inputs] + [into_h2 * slope * x for x in inputs]
    outputs = [b * row[a] for b in back for a in ("a_h1", "a_h2")]
    return {f"dE_dw{k}": value for k, value in enumerate(hidden + outputs, 1)}
