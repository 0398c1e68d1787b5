"""Exercises with small friendly numbers: a network, softmax, an optimizer's steps, windows, sizes of layers."""

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from .exercise import Exercise, Slip
from .formula import names_in, symbols
from .maps import Maps
from .stepping import FormulaLine, lines_of, step_lines
from .table import Line
from .windows import Swept, convolution, pooling

FORGOT_BIAS = "forgot the bias"
FORGOT_ACTIVATION = "forgot the activation"
FORGOT_SLOPE = "forgot the derivative of the activation"
OTHER_SLOPE = "took the derivative at another neuron"
SLOPE_AT_SUM = "took the derivative at the weighted sum instead of the activation"
WRONG_SIGN = "wrong sign"
NEW_WEIGHT = "used the new weight"
OLD_WEIGHT = "used the old weight"
ONE_PATH = "followed one output only"
SWAPPED_WEIGHTS = "mixed up the weights' rows and columns"
OTHER_SOURCE = "multiplied by another neuron's value"
FORGOT_HALF = "forgot the half"
FORGOT_RATE = "forgot the learning rate"

# a 2-2-2 network: neuron -> (weights, sources, bias)
NEURONS = {
    "h1": (("w1", "w2"), ("i1", "i2"), "b1"),
    "h2": (("w3", "w4"), ("i1", "i2"), "b2"),
    "o1": (("w5", "w6"), ("a_h1", "a_h2"), "b3"),
    "o2": (("w7", "w8"), ("a_h1", "a_h2"), "b4"),
}
PARAMETERS = (*(f"w{k}" for k in range(1, 9)), *(f"b{k}" for k in range(1, 5)))
PATHS = {"h1": ("w5", "w7"), "h2": ("w6", "w8")}  # the weights from a hidden neuron to each output
OTHER = {"h1": "h2", "h2": "h1", "o1": "o2", "o2": "o1"}


def draw_backprop(draw: Random) -> Exercise:
    """Return one step of a 2-2-2 sigmoid network with biases, and the first sums of the next."""
    given = {f"i{k}": draw.choice((0.5, 1.0, 1.5, 2.0)) for k in (1, 2)}
    given |= {f"t{k}": float(draw.randint(0, 1)) for k in (1, 2)}
    given |= {f"w{k}": _tenths(draw, 2, 15) for k in range(1, 9)}
    given |= {f"b{k}": _tenths(draw, 1, 9) for k in range(1, 5)}
    given["lr"] = 0.5
    lines = tuple(_network_lines())
    task = (
        "A network of 2 inputs, 2 hidden and 2 output neurons, all sigmoid, a = 1 / (1 + exp(−x)).",
        "h1 has the weights w1 (of i1) and w2 (of i2), h2 has w3 and w4; o1 has w5 (of a_h1) and w6 (of a_h2), "
        "o2 has w7 and w8; b1 to b4 belong to h1, h2, o1, o2.",
        "E = (t1 − a_o1)² / 2 + (t2 − a_o2)² / 2. Work out one step of gradient descent with the rate lr. "
        "h1_next and h2_next are the hidden sums with the new weights and biases.",
    )
    return Exercise("Backpropagation by hand", task, given, lines, tuple(_network_slips()))


def _tenths(draw: Random, low: int, high: int) -> float:
    """Return a multiple of 0.1 of either sign."""
    return draw.choice((-1, 1)) * draw.randint(low, high) / 10


def _sum(weights: Sequence[str], sources: Sequence[str], bias: str = "") -> str:
    terms = [f"{weight} * {source}" for weight, source in zip(weights, sources, strict=True)]
    return " + ".join([*terms, *([bias] if bias else [])])


def _slope(neuron: str) -> str:
    return f"a_{neuron} * (1 - a_{neuron})"


def _paths(neuron: str) -> str:
    first, second = PATHS[neuron]
    return f"(dE_do1 * {first} + dE_do2 * {second})"


def _network_lines() -> Iterator[Line]:
    for layer in (("h1", "h2"), ("o1", "o2")):
        for neuron in layer:
            yield Line(neuron, _sum(*NEURONS[neuron]), "forward")
        for neuron in layer:
            yield Line(f"a_{neuron}", f"1 / (1 + exp(-{neuron}))", "forward")
    yield Line("E", "(t1 - a_o1)**2 / 2 + (t2 - a_o2)**2 / 2", "error")
    for k in (1, 2):
        yield Line(f"dE_do{k}", f"(a_o{k} - t{k}) * {_slope(f'o{k}')}", "backward")
    yield from _gradients("o1", "o2")
    for neuron in ("h1", "h2"):
        yield Line(f"dE_d{neuron}", f"{_paths(neuron)} * {_slope(neuron)}", "backward")
    yield from _gradients("h1", "h2")
    for name in PARAMETERS:
        yield Line(f"{name}_new", f"{name} - lr * dE_d{name}", "update")
    for neuron in ("h1", "h2"):
        weights, sources, bias = NEURONS[neuron]
        new = [f"{weight}_new" for weight in weights]
        yield Line(f"{neuron}_next", _sum(new, sources, f"{bias}_new"), "next step")


def _gradients(*neurons: str) -> Iterator[Line]:
    for neuron in neurons:
        weights, sources, bias = NEURONS[neuron]
        for weight, source in zip(weights, sources, strict=True):
            yield Line(f"dE_d{weight}", f"dE_d{neuron} * {source}", "gradient")
        yield Line(f"dE_d{bias}", f"dE_d{neuron}", "gradient")


def _network_slips() -> Iterator[Slip]:
    for neuron, (weights, sources, bias) in NEURONS.items():
        yield Slip(neuron, FORGOT_BIAS, _sum(weights, sources))
        yield Slip(f"a_{neuron}", FORGOT_ACTIVATION, neuron)
        yield Slip(f"a_{neuron}", WRONG_SIGN, f"1 / (1 + exp({neuron}))")
        for weight, source, other in zip(weights, sources, reversed(sources), strict=True):
            yield Slip(f"dE_d{weight}", OTHER_SOURCE, f"dE_d{neuron} * {other}")
            yield Slip(f"dE_d{weight}", WRONG_SIGN, f"-dE_d{neuron} * {source}")
        yield Slip(f"dE_d{bias}", OTHER_SOURCE, f"dE_d{neuron} * {sources[0]}")
    yield Slip("o1", FORGOT_ACTIVATION, _sum(("w5", "w6"), ("h1", "h2"), "b3"))
    yield Slip("o2", FORGOT_ACTIVATION, _sum(("w7", "w8"), ("h1", "h2"), "b4"))
    yield Slip("E", FORGOT_HALF, "(t1 - a_o1)**2 + (t2 - a_o2)**2")
    yield Slip("E", ONE_PATH, "(t1 - a_o1)**2 / 2")
    for k in (1, 2):
        error, slope = f"(a_o{k} - t{k})", _slope(f"o{k}")
        yield Slip(f"dE_do{k}", WRONG_SIGN, f"(t{k} - a_o{k}) * {slope}")
        yield from _slope_slips(f"o{k}", error)
    for neuron in ("h1", "h2"):
        yield from _slope_slips(neuron, _paths(neuron))
        yield from _path_slips(neuron)
    for name in PARAMETERS:
        yield Slip(f"{name}_new", WRONG_SIGN, f"{name} + lr * dE_d{name}")
        yield Slip(f"{name}_new", FORGOT_RATE, f"{name} - dE_d{name}")
    for neuron in ("h1", "h2"):
        weights, sources, bias = NEURONS[neuron]
        yield Slip(f"{neuron}_next", OLD_WEIGHT, _sum(weights, sources, f"{bias}_new"))
        yield Slip(f"{neuron}_next", OLD_WEIGHT, _sum(weights, sources, bias))
        yield Slip(f"{neuron}_next", FORGOT_BIAS, _sum([f"{weight}_new" for weight in weights], sources))


def _slope_slips(neuron: str, before: str) -> Iterator[Slip]:
    cell = f"dE_d{neuron}"
    yield Slip(cell, FORGOT_SLOPE, before)
    yield Slip(cell, OTHER_SLOPE, f"{before} * {_slope(OTHER[neuron])}")
    yield Slip(cell, SLOPE_AT_SUM, f"{before} * {neuron} * (1 - {neuron})")


def _path_slips(neuron: str) -> Iterator[Slip]:
    first, second = PATHS[neuron]
    swapped = NEURONS["o1" if neuron == "h1" else "o2"][0]
    for name, paths in (
        (NEW_WEIGHT, f"(dE_do1 * {first}_new + dE_do2 * {second}_new)"),
        (ONE_PATH, f"dE_do1 * {first}"),
        (SWAPPED_WEIGHTS, f"(dE_do1 * {swapped[0]} + dE_do2 * {swapped[1]})"),
        (WRONG_SIGN, f"-{_paths(neuron)}"),
    ):
        yield Slip(f"dE_d{neuron}", name, f"{paths} * {_slope(neuron)}")


def draw_softmax(draw: Random) -> Exercise:
    """Return softmax, cross-entropy and gradient of three logits."""
    label = draw.randint(1, 3)
    given = {f"o{k}": draw.randint(-4, 6) / 2 for k in (1, 2, 3)}
    given |= {f"t{k}": float(k == label) for k in (1, 2, 3)}
    lines = (
        *(Line(f"e{k}", f"exp(o{k})") for k in (1, 2, 3)),
        Line("s", "e1 + e2 + e3"),
        *(Line(f"p{k}", f"e{k} / s") for k in (1, 2, 3)),
        Line("E", f"-log(p{label})"),
        *(Line(f"dE_do{k}", f"p{k} - t{k}") for k in (1, 2, 3)),
    )
    slips = [Slip("E", WRONG_SIGN, f"log(p{label})")]
    slips.append(Slip("E", "logarithm to base 10", f"-log(p{label}) / log(10)"))
    slips.append(Slip("E", "took another class", f"-log(p{label % 3 + 1})"))
    slips.append(Slip("s", "summed the logits", "o1 + o2 + o3"))
    for k in (1, 2, 3):
        slips.append(Slip(f"e{k}", "forgot the exponential", f"o{k}"))
        slips.append(Slip(f"p{k}", "forgot to divide by the sum", f"e{k}"))
        slips.append(Slip(f"dE_do{k}", WRONG_SIGN, f"t{k} - p{k}"))
    slips.append(Slip(f"dE_do{label}", "forgot to subtract the target", f"p{label}"))
    task = (
        f"A network gives the logits o1, o2, o3; the true class is {label}, so t{label} = 1.",
        "e = exp(o), s is the sum of the three, p = e / s are the probabilities, E is the cross-entropy with "
        "the natural logarithm. Work out E and its derivatives by the logits.",
    )
    return Exercise("Softmax and cross-entropy by hand", task, given, lines, tuple(slips))


STEPPED = ("momentum", "nesterov", "adagrad", "rmsprop", "adam")
STEPS = 2
# rounder than the rules' own defaults, so that two steps show what each part does
SETTINGS = {"beta": 0.5, "rho": 0.75, "beta1": 0.75, "beta2": 0.9}


def draw_step(draw: Random) -> Exercise:
    """Return two steps of an optimizer on a parabola."""
    name = draw.choice(STEPPED)
    formulas, memory = _stepped_rule(name)
    lines = tuple(step_lines(formulas, memory, 1, STEPS))
    given = {"w1_t0": float(draw.choice((-3, -2, 2, 3, 4))), "h1": float(draw.choice((2, 3, 4)))}
    given |= {"c1": float(draw.choice((-1, 1))), "lr": 0.1}
    given |= {f"{letter}1_t0": 0.0 for letter in memory}
    used = {name for _, formula in formulas for name in names_in(formula)}
    given |= {key: value for key, value in SETTINGS.items() if key in used}
    if "t" in used:
        given |= {f"t_{step}": float(step) for step in range(1, STEPS + 1)}
    said = "; ".join(f"{left} = {symbols(right)}" for left, right in formulas)
    task = (
        f"E = h × (w − c)² / 2 is lowered by {name}. A step is: {said}.",
        f"g is the derivative of E at w, and t the number of the step. Work out {STEPS} steps. w1_t2 is the "
        "weight after step 2, g1_t2 the gradient of step 2; h1 and c1 are h and c. The tiny eps is left out.",
    )
    slips = tuple(slip for line in lines for slip in _step_slips(line))
    return Exercise(f"Optimizer by hand: {name}", task, given, lines, slips)


def _stepped_rule(name: str) -> tuple[list[FormulaLine], tuple[str, ...]]:
    """Return a rule's lines without eps, which no four digits can show, and the letters of its memory."""
    from ..optimizers import choose

    written, memory = lines_of(choose(name).rule)
    lines = [(left, re.sub(r"\((sqrt\(\w+\)) \+ eps\)", r"\1", right)) for left, right in written]
    return lines, tuple(memory)


def _step_slips(line: Line) -> Iterator[Slip]:
    """Yield the slips of a line, found by what stands in its formula."""
    formula = line.formula
    for name, said, wrong in (
        ("g", "forgot the centre", formula.replace(" - c1", "")),
        ("g", "forgot the curvature", formula.replace("h1 * ", "")),
        ("g", OLD_WEIGHT, formula.replace("w1_t1", "w1_t0")),
        ("w", WRONG_SIGN, formula.replace(" - lr", " + lr", 1)),
        ("w", FORGOT_RATE, formula.replace("lr * ", "")),
        ("w", "forgot the root", formula.replace("sqrt", "")),
        ("v", "forgot the momentum of before", formula.replace("beta * v1_t1 + ", "")),
        ("s", "forgot the square", formula.replace("**2", "")),
        ("s", "forgot what was before", formula.replace("rho * s1_t1 + ", "").replace("s1_t1 + ", "")),
        ("m", "mixed up beta and 1 - beta", "(1 - beta1) * m1_t{b} + beta1 * g1_t{t}"),
        ("m_hat", "forgot the correction of the start", formula.partition(" / ")[0]),
        ("s_hat", "forgot the correction of the start", formula.partition(" / ")[0]),
    ):
        letter, _, step = line.name.rpartition("1_t")
        worked = wrong.replace("{t}", step).replace("{b}", str(int(step) - 1))
        if letter == name and worked != formula:
            yield Slip(line.name, said, worked)


SIDE = 4  # pixels of the image
# kernel, stride, padding: 4 or 9 windows on a 4x4 image
GEOMETRIES = ((2, 1, 0), (3, 1, 0), (2, 2, 0), (3, 2, 1), (2, 2, 1))

FLIPPED = "flipped the kernel"
STRIDE_ONE = "moved by 1 instead of the stride"
NO_PADDING = "forgot the padding"
FORGOT_ONE = "forgot the + 1"
ONE_SIDE = "padded one side only"
AVERAGE = "took the average"
LARGEST = "took the largest"
SMALLEST = "took the smallest"
FORGOT_DIVISION = "forgot to divide"


def _square(draw: Random, side: int, values: tuple[int, ...]) -> Maps:
    return (tuple(tuple(float(draw.choice(values)) for _ in range(side)) for _ in range(side)),)


def draw_convolution(draw: Random) -> Exercise:
    """Return a convolution of a 4x4 image with a bias, all its windows."""
    kernel, stride, padding = draw.choice(GEOMETRIES)
    image = _square(draw, SIDE, tuple(range(6)))
    weights = _square(draw, kernel, (-2, -1, 1, 2))
    bias = float(draw.choice((-3, -2, 2, 3)))
    done = convolution(image, [weights], bias=[bias], stride=stride, padding=padding)
    given = _named("x", image) | _named("k", weights) | {"b": bias, "n": float(SIDE)}
    given |= {"kernel": float(kernel), "stride": float(stride), "padding": float(padding)}
    lines = (Line("side", "(n - kernel + 2 * padding) // stride + 1"), *(window.line for window in done.windows))
    slips = (*_side_slips("side", "n", "kernel", "padding", "stride"), *_convolution_slips(done))
    task = (
        f"The kernel k moves over the image x: stride {stride}, padding {padding} (zeros), bias b = {bias:g}.",
        "side is how many places it has on a side: (n − kernel + 2 × padding) // stride + 1. "
        "y1_2 is the result in row 1, column 2; the kernel is not flipped, as in every library.",
    )
    shown = {"x": image[0], "k": weights[0]}
    return Exercise("Convolution by hand", task, given, lines, slips, shown)


def _named(letter: str, maps: Maps) -> dict[str, float]:
    return {f"{letter}{i + 1}_{j + 1}": value for i, row in enumerate(maps[0]) for j, value in enumerate(row)}


def _side_slips(cell: str, n: str, kernel: str, padding: str, stride: str) -> Iterator[Slip]:
    yield Slip(cell, FORGOT_ONE, f"({n} - {kernel} + 2 * {padding}) // {stride}")
    yield Slip(cell, NO_PADDING, f"({n} - {kernel}) // {stride} + 1")
    yield Slip(cell, ONE_SIDE, f"({n} - {kernel} + {padding}) // {stride} + 1")


def _convolution_slips(done: Swept) -> Iterator[Slip]:
    geometry = done.geometry
    size = geometry.kernel[0]
    flipped = {f"k{u + 1}_{v + 1}": f"k{size - u}_{size - v}" for u in range(size) for v in range(size)}
    for window in done.windows:
        name, formula = window.line.name, window.line.formula
        yield Slip(name, FORGOT_BIAS, formula.removesuffix(" + b"))
        turned = " + ".join(
            " * ".join(flipped.get(factor, factor) for factor in term.split(" * "))
            for term in formula.split(" + ")
        )
        yield Slip(name, FLIPPED, turned)
        for said, stride, padding in ((STRIDE_ONE, 1, geometry.padding), (NO_PADDING, geometry.stride, 0)):
            moved = _elsewhere(done, window.row, window.column, stride, padding)
            if moved and (stride, padding) != (geometry.stride, geometry.padding):
                yield Slip(name, said, moved)


def _elsewhere(done: Swept, row: int, column: int, stride: int, padding: int) -> str:
    """Return the formula of the window with this place under another stride and padding; '' for none."""
    other = convolution(done.image, done.kernels, bias=done.bias, stride=stride, padding=padding)
    found = [each for each in other.windows if (each.row, each.column) == (row, column)]
    return found[0].line.formula if found else ""


def draw_pooling(draw: Random) -> Exercise:
    """Return max- and average-pooling of a 4x4 image."""
    image = _square(draw, SIDE, tuple(range(-2, 10)))
    given = _named("x", image) | {"n": float(SIDE), "kernel": 2.0, "stride": 2.0}
    lines = [Line("side", "(n - kernel) // stride + 1")]
    slips = [Slip("side", FORGOT_ONE, "(n - kernel) // stride")]
    for letter, kind, kernel, stride in (("m", "max", 2, 2), ("a", "average", 2, 2), ("o", "max", 3, 1)):
        for window in pooling(image, kernel, kind=kind, stride=stride).windows:
            cell = letter + window.line.name[1:]
            lines.append(Line(cell, window.line.formula))
            slips.extend(_pooling_slips(cell, window.line, kind, len(window.values)))
    task = (
        "m is max-pooling and a is average-pooling with a 2 x 2 window and stride 2; o is max-pooling with a "
        "3 x 3 window and stride 1, so that its windows overlap.",
        "side is how many places the 2 x 2 window has on a side: (n − kernel) // stride + 1. "
        "m1_2 is the result in row 1, column 2.",
    )
    return Exercise("Pooling by hand", task, given, tuple(lines), tuple(slips), {"x": image[0]})


def _pooling_slips(cell: str, line: Line, kind: str, count: int) -> Iterator[Slip]:
    inner = line.formula.partition("(")[2].rpartition(")")[0]
    names = inner.replace(" + ", ", ")
    summed = names.replace(", ", " + ")
    yield Slip(cell, SMALLEST, f"min({names})")
    if kind == "max":
        yield Slip(cell, AVERAGE, f"({summed}) / {count}")
    else:
        yield Slip(cell, LARGEST, f"max({names})")
        yield Slip(cell, FORGOT_DIVISION, summed)


def draw_size(draw: Random) -> Exercise:
    """Return sizes, receptive field, jump and parameters of three convolutions in a row."""
    given = {"n0": float(draw.choice((24, 28, 30, 32))), "c0": float(draw.choice((1, 3)))}
    given |= {"r0": 1.0, "j0": 1.0}
    lines, slips, written = [], [], []
    for k in (1, 2, 3):
        kernel = draw.choice((3, 5))
        stride, padding, filters = draw.choice((1, 2)), draw.choice((0, 1)), draw.choice((4, 8, 16))
        given |= {f"k{k}": float(kernel), f"s{k}": float(stride), f"p{k}": float(padding)}
        given[f"c{k}"] = float(filters)
        written.append(f"{filters} filters of {kernel} x {kernel}, stride {stride}, padding {padding}")
        lines += _size_lines(k)
        slips += _size_slips(k)
    task = (
        f"Three convolutions with biases, one after the other, on images of {given['n0']:g} x {given['n0']:g} "
        f"pixels and {given['c0']:g} channel(s): {'; '.join(written)}.",
        "For each layer k: nk the side of its output, rk the receptive field, jk how many input pixels lie "
        "between the fields of neighbouring outputs, Pk how many numbers it learns.",
    )
    return Exercise("Sizes of layers by hand", task, given, tuple(lines), tuple(slips))


def _size_lines(k: int) -> list[Line]:
    b = k - 1
    return [
        Line(f"n{k}", f"(n{b} - k{k} + 2 * p{k}) // s{k} + 1"),
        Line(f"r{k}", f"r{b} + (k{k} - 1) * j{b}"),
        Line(f"j{k}", f"j{b} * s{k}"),
        Line(f"P{k}", f"c{k} * (k{k} * k{k} * c{b} + 1)"),
    ]


def _size_slips(k: int) -> list[Slip]:
    b = k - 1
    return [
        *_side_slips(f"n{k}", f"n{b}", f"k{k}", f"p{k}", f"s{k}"),
        Slip(f"n{k}", "rounded up instead of down", f"-((k{k} - n{b} - 2 * p{k}) // s{k}) + 1"),
        Slip(f"r{k}", "added the kernel instead of kernel - 1", f"r{b} + k{k} * j{b}"),
        Slip(f"r{k}", "forgot the jump", f"r{b} + (k{k} - 1)"),
        Slip(f"r{k}", "used the new jump", f"r{b} + (k{k} - 1) * j{k}"),
        Slip(f"j{k}", "added the strides", f"j{b} + s{k}"),
        Slip(f"P{k}", FORGOT_BIAS, f"c{k} * k{k} * k{k} * c{b}"),
        Slip(f"P{k}", "forgot the channels", f"c{k} * (k{k} * k{k} + 1)"),
    ]


TOPICS: dict[str, Callable[[Random], Exercise]] = {
    "backprop": draw_backprop,
    "softmax": draw_softmax,
    "step": draw_step,
    "convolution": draw_convolution,
    "pooling": draw_pooling,
    "size": draw_size,
}
