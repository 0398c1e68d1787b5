"""The parts of `backprop`: the published worksheet beside the row by hand and by autograd, and its slip."""

from dataclasses import dataclass
from decimal import Decimal
from math import exp

from ...byhand.backpropagation import Backprop, autograd_values, backprop, check_backprop, drawn_network
from ...byhand.dense import DEFAULT, DenseNetwork
from ...byhand.formula import label
from ...byhand.table import DIGITS, FIRST_ROW, LAST_ERROR
from ...content.content import Cell, Content, Curves, Figure, Line, Table, Text
from ..context import Context
from ..reading import digits_of

# The sheet as it was filled in is a calculation of its own, line by line: at h2 the sigmoid's slope is from a_h1.
Row = dict[str, float]


def slipped_rows(network: DenseNetwork, lr: float, steps: int) -> list[Row]:
    """Return the sheet's rows with its slip, by the names of the worked table.

    Args:
        network: two inputs, two hidden neurons, two outputs, sigmoids, no biases.

    >>> from steepest.byhand.dense import DEFAULT
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
    back = [(row[f"a_o{k}"] - t) * row[f"a_o{k}"] * (1 - row[f"a_o{k}"]) for k, t in enumerate(targets, 1)]
    into_h1 = back[0] * row["w5"] + back[1] * row["w7"]
    into_h2 = back[0] * row["w6"] + back[1] * row["w8"]
    slope = row["a_h1"] * (1 - row["a_h1"])  # right for h1; the slip is to use it for h2 as well
    hidden = [into_h1 * slope * x for x in inputs] + [into_h2 * slope * x for x in inputs]
    outputs = [b * row[a] for b in back for a in ("a_h1", "a_h2")]
    return {f"dE_dw{k}": value for k, value in enumerate(hidden + outputs, 1)}


WHY = "The sheet took the derivative at h2 from a_h1 instead of a_h2."
CARRIED = "The slip of the first row carries into this one."
RECOMPUTED = 6  # significant digits of the errors in the last row
FORWARD = ("h1", "a_h1", "h2", "a_h2", "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E")
GRADIENTS = tuple(f"dE_dw{k}" for k in range(1, 9))
WEIGHTS = tuple(f"w{k}" for k in range(1, 9))


@dataclass(frozen=True)
class Beside:
    """One row of the sheet in four versions: by hand, by autograd, with the slip, and as it was printed."""

    hand: Row
    machine: Row
    slipped: Row
    published: dict[str, float]

    def differs(self, name: str) -> bool:
        """Say whether the slip shows in the nine printed decimals of a quantity."""
        return digits(self.slipped[name]) != digits(self.hand[name])


def digits(value: float) -> str:
    """Return a value with as many decimals as the sheet has.

    >>> digits(0.0275)
    '0.027500000'
    """
    return f"{value:.{DIGITS}f}"


def beside(run: Backprop, number: int, published: dict[str, float]) -> Beside:
    """Return a row, counted from 0, in its versions."""
    slipped = slipped_rows(run.network, run.lr, number + 1)[number]
    machine = autograd_values(run.at(number), run.lr)
    weights = {name: run.rows[number].values[name] for name in WEIGHTS}
    return Beside(dict(run.rows[number].values), machine | weights, slipped, published)


def worksheet_rows(context: Context, *, lr: float, second: dict[str, float]) -> list[Content]:
    """Return the first two rows, published beside by hand beside autograd, and a figure for each printed number.

    Args:
        second: what is known of the published second row, by the table's names.
    """
    run = backprop(DEFAULT, lr=lr, steps=2)
    first, later = beside(run, 0, FIRST_ROW), beside(run, 1, second)
    figures = [_figure(name, value, first, "") for name, value in FIRST_ROW.items()]
    figures += [_figure(name, value, later, "second row: ") for name, value in second.items()]
    return [*figures, _worked(run, first), _second(later), Text("Autograd's word", (str(check_backprop(run)),))]


def _figure(name: str, published: float, row: Beside, prefix: str) -> Figure:
    why = (CARRIED if prefix else WHY) if row.differs(name) else ""
    return Figure(f"{prefix}{label(name)}", published, (row.hand[name],), digits=DIGITS, exact=True, why=why)


def _worked(run: Backprop, row: Beside) -> Table:
    names = (*FORWARD, *GRADIENTS)
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        cell = run.rows[0][name]
        steps = (cell.line.chain or cell.symbols, cell.numbers)
        rows.append(
            (
                label(name),
                digits(row.published[name]),
                digits(row.hand[name]),
                digits(row.machine[name]),
                f"= {' = '.join(steps)}",
            )
        )
    wrong = frozenset((k, 1) for k, name in enumerate(names) if row.differs(name))
    columns = ("first row", "published", "by hand", "autograd", "how")
    note = f"Marked: wrong as published. {WHY} With that slip built in, our sheet prints the marked digits too."
    return Table("The first row: published, by hand, by autograd", columns, tuple(rows), note, wrong)


def _second(row: Beside) -> Table:
    names = (*WEIGHTS, *FORWARD, *GRADIENTS)
    rows = tuple(
        (
            label(name),
            digits(row.published[name]) if name in row.published else None,
            digits(row.slipped[name]),
            digits(row.hand[name]),
            digits(row.machine[name]),
        )
        for name in names
    )
    wrong = {(k, 2) for k, name in enumerate(names) if row.differs(name)}
    wrong |= {(k, 1) for k, name in enumerate(names) if row.differs(name) and name in row.published}
    columns = ("second row", "published", "with the slip", "by hand", "autograd")
    named = ", ".join(label(name) for name in names if row.differs(name))
    note = f"The slip of the first row changes the second in {named}, which are marked."
    return Table("The second row: where the slip goes", columns, rows, note, frozenset(wrong))


def worksheet_network(context: Context) -> list[Content]:
    """Return the network drawn with the numbers of the first row."""
    run = backprop(DEFAULT)
    note = "On the nodes: sums and, behind the arrow, activations. On the edges: weights and derivatives."
    return [drawn_network(DEFAULT, run.rows[0], "The network in the first row", note)]


def worksheet_steps(context: Context, *, lr: float, steps: int) -> list[Content]:
    """Return every row of the sheet."""
    run = backprop(DEFAULT, lr=lr, steps=steps)
    names = (*FORWARD, *GRADIENTS, *WEIGHTS)
    rows: list[tuple[Cell, ...]] = [
        (number, *(digits(row.values[name]) for name in names)) for number, row in enumerate(run.rows, 1)
    ]
    columns = ("step", *map(label, names))
    checked = f"{str(check_backprop(run)).rstrip(chr(46))}."
    return [Table(f"All {steps} rows with lr {lr:g}", columns, tuple(rows), checked)]


def worksheet_rates(context: Context, *, steps: int) -> list[Content]:
    """Return E over the steps for each published learning rate, and its last value."""
    runs = {lr: backprop(DEFAULT, lr=lr, steps=steps) for lr in LAST_ERROR}
    errors = {lr: tuple(row.values["E"] for row in run.rows) for lr, run in runs.items()}
    numbers = tuple(float(number) for number in range(1, steps + 1))
    lines = tuple(Line(f"lr {lr:g}", numbers, values) for lr, values in errors.items())
    figures = [_last(lr, values[-1], steps) for lr, values in errors.items()]
    saturated = runs[1000.0].rows[1].values
    said = (
        "From 0.1 to 2 every larger rate is faster. At 1000 the first step carries the weights to between "
        f"{min(saturated[name] for name in WEIGHTS):.3g} and {max(saturated[name] for name in WEIGHTS):.3g}: "
        f"both outputs fall to {saturated['a_o1']:.3g} and {saturated['a_o2']:.3g}, where the sigmoid is flat, "
        f"and E stays at 0.25, two halves of 0.5 squared. That is saturation: an error that is large, and "
        "derivatives that are almost zero."
    )
    return [*figures, Curves("E by step", "step", "E", lines, log_y=True), Text("What the rates do", (said,))]


def _last(lr: float, ours: float, steps: int) -> Figure:
    checked = LAST_ERROR[lr]
    return Figure(
        f"lr {lr:g}: E in row {steps}",
        checked,
        (ours,),
        digits=digits_of(Decimal(f"{checked:.{RECOMPUTED}g}")),
        exact=True,
        recomputed=True,
        why="The published curve has no digits; the value beside ours was recomputed independently.",
    )
