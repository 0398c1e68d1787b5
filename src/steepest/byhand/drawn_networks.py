"""Exercises with small friendly numbers: backpropagation, softmax and an optimizer's steps."""

import re
from collections.abc import Iterator, Sequence
from random import Random

from .exercise import Exercise, Slip, topic
from .formula import symbols
from .rule_lines import FormulaLine, lines_of
from .stepping import step_lines
from .table import Line

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
PATHS = {"h1": ("w5", "w7"), "h2": ("w6", "w8")}  # the weights from a hidden neuron to each output
OTHER = {"h1": "h2", "h2": "h1", "o1": "o2", "o2": "o1"}


@topic("backprop")
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
    asked = tuple(line.name for line in lines)
    return Exercise("Backpropagation by hand", task, given, lines, asked, tuple(_network_slips()))


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
    for name in _parameters():
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


def _parameters() -> list[str]:
    return [*(f"w{k}" for k in range(1, 9)), *(f"b{k}" for k in range(1, 5))]


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
    for name in _parameters():
        yield Slip(f"{name}_new", WRONG_SIGN, f"{name} + lr * dE_d{name}")
        yield Slip(f"{name}_new", FORGOT_RATE, f"{name} - dE_d{name}")
    for neuron in ("h1", "h2"):
        weights, sources, bias = NEURONS[neuron]
        yield Slip(f"{neuron}_next", OLD_WEIGHT, _sum(weights, sources, f"{bias}_new"))
        yield Slip(f"{neuron}_next", OLD_WEIGHT, _sum(weights, sources, bias))
        new = [f"{weight}_new" for weight in weights]
        yield Slip(f"{neuron}_next", FORGOT_BIAS, _sum(new, sources))


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


@topic("softmax")
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
    asked = tuple(line.name for line in lines)
    return Exercise("Softmax and cross-entropy by hand", task, given, lines, asked, tuple(slips))


STEPPED = ("momentum", "nesterov", "adagrad", "rmsprop", "adam")
STEPS = 2
# rounder than the rules' own defaults, so that two steps show what each part does
SETTINGS = {"beta": 0.5, "rho": 0.75, "beta1": 0.75, "beta2": 0.9, "momentum": 0.0}


@topic("step")
def draw_step(draw: Random) -> Exercise:
    """Return two steps of an optimizer on a parabola."""
    name = draw.choice(STEPPED)
    formulas, memory = _stepped_rule(name)
    lines = tuple(step_lines(formulas, memory, 1, STEPS))
    given = {"w1_t0": float(draw.choice((-3, -2, 2, 3, 4))), "h1": float(draw.choice((2, 3, 4)))}
    given |= {"c1": float(draw.choice((-1, 1))), "lr": 0.1}
    given |= {f"{letter}1_t0": 0.0 for letter in memory}
    text = " ".join(formula for _, formula in formulas)
    given |= {key: value for key, value in SETTINGS.items() if key in text}
    if "**t" in text:
        given |= {f"t_{step}": float(step) for step in range(1, STEPS + 1)}
    said = "; ".join(f"{left} = {symbols(right)}" for left, right in formulas)
    task = (
        f"E = h × (w − c)² / 2 is lowered by {name}. A step is: {said}.",
        f"g is the derivative of E at w, and t the number of the step. Work out {STEPS} steps. w1_t2 is the "
        "weight after step 2, g1_t2 the gradient of step 2; h1 and c1 are h and c. The tiny eps is left out.",
    )
    asked = tuple(line.name for line in lines)
    slips = tuple(slip for line in lines for slip in _step_slips(line))
    return Exercise(f"Optimizer by hand: {name}", task, given, lines, asked, slips)


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
        (
            "s",
            "forgot what was before",
            formula.replace("rho * s1_t1 + ", "").replace("s1_t1 + ", ""),
        ),
        ("m", "mixed up beta and 1 - beta", "(1 - beta1) * m1_t{b} + beta1 * g1_t{t}"),
        ("m_hat", "forgot the correction of the start", formula.partition(" / ")[0]),
        ("s_hat", "forgot the correction of the start", formula.partition(" / ")[0]),
    ):
        letter, _, step = line.name.rpartition("1_t")
        worked = wrong.replace("{t}", step).replace("{b}", str(int(step) - 1))
        if letter == name and worked != formula:
            yield Slip(line.name, said, worked)
