import pytest

from steepest.byhand.backpropagation import autograd_values, backprop, check_backprop, layers_of
from steepest.byhand.dense import DEFAULT, DenseNetwork, make_network
from steepest.byhand.formula import evaluate
from steepest.byhand.table import FIRST_ROW, LAST_ERROR, differing
from steepest.errors import DivergedError, UserError


def test_the_first_row_is_the_published_one_but_for_its_two_wrong_derivatives():
    values = backprop(DEFAULT).rows[0].values
    assert differing(values) == ("dE_dw3", "dE_dw4")
    for name in set(FIRST_ROW) - {"dE_dw3", "dE_dw4"}:
        assert round(values[name], 9) == FIRST_ROW[name]
    assert f"{values['dE_dw3']:.9f}" == "0.000351776"
    assert f"{values['dE_dw4']:.9f}" == "0.000703553"


def test_the_published_slip_is_the_slope_taken_at_the_other_neuron():
    values = backprop(DEFAULT).rows[0].values
    slipped = evaluate("dE_da_h2 * a_h1 * (1 - a_h1) * i1", values)
    assert f"{slipped:.9f}" == "0.000351869"
    assert f"{2 * slipped:.9f}" == "0.000703737"


def test_the_second_row_has_the_mended_error():
    assert f"{backprop(DEFAULT, steps=2).rows[1].values['E']:.9f}" == "0.013377916"


@pytest.mark.parametrize(("lr", "error"), LAST_ERROR.items())
def test_row_68_has_the_known_error_for_each_rate(lr, error):
    run = backprop(DEFAULT, lr=lr, steps=68)
    assert float(f"{run.rows[-1].values['E']:.6g}") == error
    assert check_backprop(run).agrees


def test_every_cell_is_checked_and_the_check_can_fail():
    run = backprop(DEFAULT, steps=3)
    found = check_backprop(run)
    assert not found.unchecked
    assert len(found.deviations) == 3 * len(run.rows[0].cells)
    assert found.agrees
    machine = autograd_values(DEFAULT, lr=1.0)
    assert abs(machine["dE_dw3"] - FIRST_ROW["dE_dw3"]) > 9e-8


@pytest.mark.parametrize("output", ["sigmoid", "tanh", "relu", "linear", "softmax"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("sizes", [[3, 2], [2, 3, 2], [2, 3, 2, 3], [1, 1, 1]])
def test_any_network_agrees_with_autograd(sizes, activation, output):
    settings = {"sizes": sizes, "activation": activation, "output": output, "biases": True}
    run = backprop(make_network(settings, seed=5), lr=0.3, steps=3)
    found = check_backprop(run)
    assert found.agrees, str(found)
    assert not found.unchecked


def test_a_row_begins_with_the_weights_that_the_last_one_made():
    run = backprop(DEFAULT, steps=2)
    assert run.rows[1].given["w5"] == run.rows[0].values["w5_new"]
    assert run.at(1).weights[4] == run.rows[0].values["w5_new"]


def test_chains_are_written_in_symbols_and_in_full():
    row = backprop(DEFAULT).rows[0]
    assert row["dE_da_h1"].line.chain == "dE/do1 · do1/da_h1 + dE/do2 · do2/da_h1"
    assert row["dE_dw5"].line.chain == "dE/do1 · do1/dw5"
    whole = row.written_out("dE_dw1")
    assert whole == (
        "((a_o1 - t1) * a_o1 * (1 - a_o1) * w5 + (a_o2 - t2) * a_o2 * (1 - a_o2) * w7) * a_h1 * (1 - a_h1) * i1"
    )
    assert evaluate(whole, row.values) == pytest.approx(row.values["dE_dw1"], rel=1e-14)


def test_a_chain_too_long_to_be_read_is_left_out():
    network = make_network({"sizes": [2, 6, 6, 6]})
    assert backprop(network).rows[0].written_out("dE_dw1") == ""


def test_weights_are_numbered_neuron_by_neuron():
    layers = layers_of(make_network({"sizes": [2, 2, 1], "biases": True}))
    assert layers[1][1].weights == ("w3", "w4")
    assert layers[2][0].weights == ("w5", "w6")
    assert (layers[1][0].bias, layers[2][0].bias) == ("b1", "b3")
    assert layers_of(make_network({"sizes": [1, 1, 1, 1]}))[2][0].net == "h2_1"


def test_huge_outputs_break_neither_sigmoid_nor_softmax():
    for output, targets in (("sigmoid", [1.0, 0.0]), ("softmax", [1.0, 0.0])):
        settings = {"sizes": [1, 2], "inputs": [1000.0], "targets": targets}
        network = make_network(settings | {"weights": [-1.0, 2.0], "output": output})
        run = backprop(network)
        assert check_backprop(run).agrees


def test_a_rate_that_blows_the_weights_up_is_told():
    network = DenseNetwork((1, 1), (1e150,), (0.0,), (1.0,), output="linear")
    with pytest.raises(DivergedError, match="Try a smaller lr than 1e"):
        backprop(network, lr=1e300, steps=3)


@pytest.mark.parametrize(
    ("lr", "steps", "said"), [(1.0, 0, "at least 1 row"), (-1.0, 1, "must be a number of 0 or more")]
)
def test_impossible_amounts_are_refused(lr, steps, said):
    with pytest.raises(UserError, match=said):
        backprop(DEFAULT, lr=lr, steps=steps)
