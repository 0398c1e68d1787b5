"""Sheets about networks and steps: their answers are autograd's, and each slip is the mistake of its name."""

from math import exp, log
from random import Random

import pytest
import torch
from torch.nn import functional as F

from steepest.byhand.drawn import (
    AVERAGE,
    FLIPPED,
    FORGOT_BIAS,
    FORGOT_DIVISION,
    FORGOT_HALF,
    FORGOT_ONE,
    FORGOT_RATE,
    LARGEST,
    NEW_WEIGHT,
    NO_PADDING,
    OLD_WEIGHT,
    ONE_PATH,
    ONE_SIDE,
    OTHER_SLOPE,
    SETTINGS,
    SMALLEST,
    STEPPED,
    STRIDE_ONE,
    SWAPPED_WEIGHTS,
    WRONG_SIGN,
    draw_backprop,
    draw_convolution,
    draw_pooling,
    draw_size,
    draw_softmax,
    draw_step,
)
from steepest.byhand.formula import evaluate
from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose


def slipped(exercise, name, cell):
    values = exercise.table.values
    found = [s for s in exercise.slips if (s.name, s.cell) == (name, cell)]
    assert found, f"{name} at {cell}"
    return [evaluate(slip.formula, values) for slip in found]


class Machine:
    """The 2-2-2 network of a sheet in torch: leaves that autograd differentiates by."""

    def __init__(self, given):
        def leaf(*names):
            vector = torch.tensor([given[name] for name in names], dtype=torch.float64)
            return vector.requires_grad_()

        self.first, self.second = leaf("w1", "w2", "w3", "w4"), leaf("w5", "w6", "w7", "w8")
        self.biases = leaf("b1", "b2", "b3", "b4")
        self.inputs, self.targets = leaf("i1", "i2").detach(), leaf("t1", "t2").detach()
        self.hidden = self.first.view(2, 2) @ self.inputs + self.biases[:2]
        self.active = self.hidden.sigmoid()
        self.sums = self.second.view(2, 2) @ self.active + self.biases[2:]
        self.outputs = self.sums.sigmoid()
        self.error = (self.outputs - self.targets).square().sum() / 2

    def slopes(self, *by):
        return torch.autograd.grad(self.error, by, retain_graph=True)


def numbered(letter, values):
    return {f"{letter}{k}": value for k, value in enumerate(values.tolist(), 1)}


@pytest.mark.parametrize("seed", range(6))
def test_backpropagation_s_answers_are_autograd_s(seed):
    exercise = draw_backprop(Random(seed))
    machine, lr = Machine(exercise.given), exercise.given["lr"]
    values = numbered("h", machine.hidden) | numbered("a_h", machine.active)
    values |= numbered("o", machine.sums) | numbered("a_o", machine.outputs)
    values["E"] = machine.error.item()
    by_sums, by_hidden = machine.slopes(machine.sums, machine.hidden)
    values |= numbered("dE_do", by_sums) | numbered("dE_dh", by_hidden)
    first, second, biases = machine.slopes(machine.first, machine.second, machine.biases)
    slopes = numbered("w", torch.cat([first, second])) | numbered("b", biases)
    values |= {f"dE_d{name}": slope for name, slope in slopes.items()}
    new = {name: exercise.given[name] - lr * slope for name, slope in slopes.items()}
    values |= {f"{name}_new": value for name, value in new.items()}
    after = Machine(exercise.given | new)
    values |= {f"h{k}_next": value for k, value in enumerate(after.hidden.tolist(), 1)}
    assert exercise.answers == pytest.approx(values, rel=1e-12, abs=1e-15)


def test_a_slip_in_the_network_is_the_mistake_of_its_name():
    exercise = draw_backprop(Random(1))
    v, machine = exercise.table.values, Machine(exercise.given)
    assert slipped(exercise, FORGOT_BIAS, "h1") == pytest.approx([v["h1"] - v["b1"]])
    assert slipped(exercise, FORGOT_HALF, "E") == pytest.approx([2 * v["E"]])
    assert slipped(exercise, WRONG_SIGN, "dE_dw3") == pytest.approx([-v["dE_dw3"]])
    assert slipped(exercise, FORGOT_RATE, "w5_new") == pytest.approx([v["w5"] - v["dE_dw5"]])
    assert slipped(exercise, OLD_WEIGHT, "h2_next")[1] == pytest.approx(v["h2"])
    # hidden neurons: back through both outputs, through one, by the transposed or the new weights
    slope = machine.active.detach() * (1 - machine.active.detach())
    (back,) = machine.slopes(machine.sums)
    weights = machine.second.detach().view(2, 2)
    new = torch.tensor([v[f"w{k}_new"] for k in (5, 6, 7, 8)], dtype=torch.float64).view(2, 2)
    for k, cell in enumerate(("dE_dh1", "dE_dh2")):
        assert slipped(exercise, ONE_PATH, cell)[0] == pytest.approx((back[0] * weights[0, k] * slope[k]).item())
        swapped, renewed = (weights @ back * slope)[k], (new.T @ back * slope)[k]
        assert slipped(exercise, SWAPPED_WEIGHTS, cell)[0] == pytest.approx(swapped.item())
        assert slipped(exercise, NEW_WEIGHT, cell)[0] == pytest.approx(renewed.item())
        other = (weights.T @ back)[k] * slope[1 - k]
        assert slipped(exercise, OTHER_SLOPE, cell)[0] == pytest.approx(other.item())


@pytest.mark.parametrize("seed", range(6))
def test_softmax_s_answers_are_those_of_the_definition(seed):
    exercise = draw_softmax(Random(seed))
    logits = [exercise.given[f"o{k}"] for k in (1, 2, 3)]
    (label,) = [k for k in (1, 2, 3) if exercise.given[f"t{k}"] == 1]
    shares = [exp(each) / sum(map(exp, logits)) for each in logits]
    answers = exercise.answers
    assert answers["E"] == pytest.approx(-log(shares[label - 1]))
    for k in (1, 2, 3):
        assert answers[f"p{k}"] == pytest.approx(shares[k - 1])
        assert answers[f"dE_do{k}"] == pytest.approx(shares[k - 1] - (k == label))
    assert slipped(exercise, "logarithm to base 10", "E")[0] == pytest.approx(answers["E"] / log(10))
    assert f"the true class is {label}" in exercise.task[0]


def test_the_steps_of_a_sheet_are_those_of_the_rule_with_the_sheet_s_settings():
    seen = set()
    for seed in range(30):
        exercise = draw_step(Random(seed))
        name, given = exercise.title.rpartition(": ")[2], exercise.given
        settings = [f"{key}={given[key]}" for key in SETTINGS if key in given]
        eps = [] if name in ("momentum", "nesterov") else ["eps=1e-300"]
        rule = choose(f"{name}:{','.join([*settings, *eps])}").rule
        layout = Layout(("w",), ((1,),))
        bowl = FunctionObjective(lambda w, h=given["h1"], c=given["c1"]: (h * (w - c).square() / 2).sum(), layout)
        weight = torch.tensor([given["w1_t0"]], dtype=torch.float64)
        state = rule.init(weight.clone(), layout)
        for step in (1, 2):
            weight, state, _ = rule.step(bowl, weight.clone(), state, given["lr"], torch.Generator())
            assert exercise.answers[f"w1_t{step}"] == pytest.approx(weight.item(), rel=1e-12), name
        seen.add(name)
    assert seen == set(STEPPED)


def test_eps_is_on_no_sheet_and_no_number_is_missing():
    for seed in range(10):
        exercise = draw_step(Random(seed))
        assert not any("eps" in line.formula for line in exercise.lines)
        assert "eps" not in exercise.given
        assert set(exercise.answers) == {line.name for line in exercise.lines}


SEEDS = range(25)  # together they draw every geometry


def grid(exercise, letter):
    return torch.tensor(exercise.matrices[letter], dtype=torch.float64)[None, None]


def results(exercise, letter):
    return [value for name, value in exercise.answers.items() if name.startswith(letter)]


def cells_slipped(exercise, name):
    """Return what each cell would hold with the slip of that name: cell -> value."""
    values = exercise.table.values
    return {s.cell: evaluate(s.formula, values) for s in exercise.slips if s.name == name}


def convolved(exercise, **other):
    """Return torch's convolution of the sheet's image, with other settings where given: cell -> value."""
    given = {name: exercise.given[name] for name in ("stride", "padding", "b")} | other
    kernel = other.get("kernel", grid(exercise, "k"))
    result = F.conv2d(
        grid(exercise, "x"),
        kernel,
        torch.tensor([given["b"]], dtype=torch.float64),
        int(given["stride"]),
        int(given["padding"]),
    )[0, 0]
    return {f"y{i}_{j}": value for i, row in enumerate(result.tolist(), 1) for j, value in enumerate(row, 1)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_convolution_s_answers_and_slips_are_those_of_the_library(seed):
    exercise = draw_convolution(Random(seed))
    right = convolved(exercise)
    assert {c: v for c, v in exercise.answers.items() if c != "side"} == right
    assert exercise.answers["side"] == len(right) ** 0.5
    assert cells_slipped(exercise, FORGOT_BIAS) == convolved(exercise, b=0.0)
    assert cells_slipped(exercise, FLIPPED) == convolved(exercise, kernel=grid(exercise, "k").flip(2, 3))
    for name, other in ((STRIDE_ONE, {"stride": 1}), (NO_PADDING, {"padding": 0})):
        (field,) = other
        expected = convolved(exercise, **other) if exercise.given[field] != other[field] else {}
        found = {c: v for c, v in cells_slipped(exercise, name).items() if c != "side"}
        assert found == {c: v for c, v in expected.items() if c in right}


def test_the_sheets_of_a_class_draw_every_geometry_and_friendly_numbers():
    sheets = [draw_convolution(Random(seed)) for seed in range(60)]
    names = ("kernel", "stride", "padding")
    assert {tuple(each.given[n] for n in names) for each in sheets} == {
        *((2, 1, 0), (3, 1, 0), (2, 2, 0), (3, 2, 1), (2, 2, 1))
    }
    assert all(value == int(value) for each in sheets for value in each.given.values())


@pytest.mark.parametrize("seed", range(5))
def test_pooling_s_answers_and_slips_are_those_of_the_library(seed):
    exercise = draw_pooling(Random(seed))
    image = grid(exercise, "x")
    largest, mean = F.max_pool2d(image, 2), F.avg_pool2d(image, 2)
    overlapping = F.max_pool2d(image, 3, stride=1)
    assert results(exercise, "m") == largest.flatten().tolist()
    assert results(exercise, "a") == mean.flatten().tolist()
    assert results(exercise, "o") == overlapping.flatten().tolist()
    assert exercise.answers["side"] == 2
    smallest = cells_slipped(exercise, SMALLEST)
    assert [smallest[f"m{i}_{j}"] for i in (1, 2) for j in (1, 2)] == [
        *(-F.max_pool2d(-image, 2)).flatten().tolist()
    ]
    averaged = cells_slipped(exercise, AVERAGE)
    assert [v for c, v in averaged.items() if c[0] == "m"] == mean.flatten().tolist()
    assert [v for c, v in averaged.items() if c[0] == "o"] == pytest.approx(
        F.avg_pool2d(image, 3, stride=1).flatten().tolist()
    )
    assert list(cells_slipped(exercise, LARGEST).values()) == largest.flatten().tolist()
    assert list(cells_slipped(exercise, FORGOT_DIVISION).values()) == (4 * mean).flatten().tolist()


@pytest.mark.parametrize("seed", range(20))
def test_sizes_fields_and_parameters_are_those_of_real_layers(seed):
    exercise = draw_size(Random(seed))
    given = {name: int(value) for name, value in exercise.given.items()}
    layers, field, jump = [], 1, 1
    image = torch.zeros(1, given["c0"], given["n0"], given["n0"])
    for k in (1, 2, 3):
        kernel, stride = given[f"k{k}"], given[f"s{k}"]
        layer = torch.nn.Conv2d(given[f"c{k - 1}"], given[f"c{k}"], kernel, stride, given[f"p{k}"])
        image = layer(image)
        layers.append(layer)
        assert exercise.answers[f"n{k}"] == image.shape[-1]
        assert exercise.answers[f"P{k}"] == sum(each.numel() for each in layer.parameters())
        field, jump = field + (kernel - 1) * jump, jump * stride
        assert exercise.answers[f"r{k}"] == field
        assert exercise.answers[f"j{k}"] == jump
    without = {f"P{k}": layers[k - 1].weight.numel() for k in (1, 2, 3)}
    assert cells_slipped(exercise, FORGOT_BIAS) == without
    right = exercise.answers
    for k in (1, 2, 3):
        assert cells_slipped(exercise, FORGOT_ONE)[f"n{k}"] == right[f"n{k}"] - 1
        halved = right[f"n{k - 1}"] if k > 1 else given["n0"]
        one_side = (halved + given[f"p{k}"] - given[f"k{k}"]) // given[f"s{k}"] + 1
        assert cells_slipped(exercise, ONE_SIDE)[f"n{k}"] == one_side


def test_the_receptive_field_is_the_reach_of_a_gradient():
    exercise = draw_size(Random(3))
    given = {name: int(value) for name, value in exercise.given.items()}
    # padding moves the field; the reach inwards is the same without it
    layers = [
        torch.nn.Conv2d(1, 1, given[f"k{k}"], given[f"s{k}"], bias=False, dtype=torch.float64) for k in (1, 2, 3)
    ]
    for layer in layers:
        torch.nn.init.ones_(layer.weight)
    image = torch.ones(1, 1, 64, 64, dtype=torch.float64, requires_grad=True)
    torch.nn.Sequential(*layers)(image)[0, 0, 0, 0].backward()
    reached = (image.grad[0, 0, 0] != 0).sum().item()
    assert reached == exercise.answers["r3"]
