"""A network as a person writes it down, typed, drawn or read from a file."""

import pytest

from steepest.byhand.dense import DEFAULT, DenseNetwork, make_network, read_network
from steepest.errors import UnknownName, UserError


@pytest.mark.parametrize(
    ("settings", "kind", "said"),
    [
        ({"sizes": [2]}, UserError, "at least two layers"),
        ({"sizes": [2, 0, 1]}, UserError, "`2-0-1` is no network"),
        ({"sizes": [100, 100]}, UserError, "has 10,000 weights; by hand are at most 2,000"),
        ({"weights": [1, 2]}, UserError, "has 8 weights (2 x 2 + 2 x 2); 2 came"),
        ({"biases": [1.0]}, UserError, "has 4 biases; 1 came"),
        ({"activation": "sigmod"}, UnknownName, "Did you mean `sigmoid`"),
        ({"output": "relo"}, UnknownName, "Did you mean `relu`"),
        ({"output": "softmax", "targets": [0.5, 0.6]}, UserError, "must sum to 1, not 1.1"),
        ({"wieghts": [1]}, UnknownName, "Did you mean `weights`"),
        ({"inputs": "1,2"}, UserError, "inputs of a network must be a list of numbers"),
        ({"sizes": [2.5, 1]}, UserError, "must be a list of whole numbers"),
        ({"inputs": [True, False]}, UserError, "must be a list of numbers"),
        ({"inputs": [float("nan"), 1.0]}, UserError, "must be a list of numbers"),
    ],
)
def test_what_is_no_network_is_refused_in_words(settings, kind, said):
    with pytest.raises(kind) as caught:
        make_network(settings)
    assert said in str(caught.value)


def test_drawn_numbers_depend_on_the_seed_and_the_default_keeps_its_own():
    sizes = {"sizes": [3, 2]}
    assert make_network(sizes, seed=1) == make_network(sizes, seed=1)
    assert make_network(sizes, seed=1) != make_network(sizes, seed=2)
    assert make_network({}) == DEFAULT
    assert make_network({"activation": "tanh"}).weights == DEFAULT.weights
    assert sum(make_network({"output": "softmax"}).targets) == 1


def test_a_network_is_read_from_toml(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text('sizes = [1, 1]\ninputs = [2]\ntargets = [1]\nweights = [0.5]\nactivation = "tanh"\n')
    network = make_network(read_network(path), where=str(path))
    assert network == DenseNetwork((1, 1), (2.0,), (1.0,), (0.5,), (), "tanh", "tanh")
    path.write_text("size = [1, 1]")
    with pytest.raises(UnknownName, match=r"Did you mean `sizes`\? It is in .*net\.toml"):
        make_network(read_network(path), where=str(path))
    path.write_text("sizes = [")
    with pytest.raises(UserError, match="is no TOML"):
        read_network(path)
    with pytest.raises(UserError, match="There is no config file"):
        read_network(tmp_path / "none.toml")
