import pytest
import torch
from torch import nn

from steepest.errors import ShapeError
from steepest.models import build
from steepest.models.layer import Field
from steepest.models.pointwise import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Dense,
    Drop,
    LeakyReLU,
    LocalResponseNorm,
    plain,
)


def test_a_fully_connected_layer_flattens_by_itself():
    network = build("F10", (3, 4, 4), 10)
    pixels = torch.rand(2, 3, 4, 4)
    expected = nn.functional.linear((pixels / 255).flatten(1), network.body.fc1.weight, network.body.fc1.bias)
    torch.testing.assert_close(network(pixels), expected)


def test_a_local_response_norm_follows_its_formula():
    network = build("L3-G", (3, 2, 2), 3, normalize="raw")
    pixels = 100 * torch.rand(1, 3, 2, 2)
    squares = pixels.square()
    sums = torch.stack([squares[:, max(0, c - 1) : c + 2].sum(1) for c in range(3)], 1)
    expected = (pixels / (2 + 1e-4 * sums) ** 0.75).mean((2, 3))
    torch.testing.assert_close(network(pixels), expected)


VALUES = torch.linspace(-3, 3, 24).view(2, 3, 2, 2)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("R", VALUES.clamp(min=0)),
        ("S", 1 / (1 + (-VALUES).exp())),
        ("T", VALUES.tanh()),
        ("SiLU", VALUES / (1 + (-VALUES).exp())),
        ("ELU", torch.where(VALUES > 0, VALUES, VALUES.exp() - 1)),
        ("GELU", VALUES * (1 + torch.erf(VALUES / 2**0.5)) / 2),
        ("Softmax", VALUES.exp() / VALUES.exp().sum(1, keepdim=True)),
    ],
)
def test_an_activation_is_its_formula_and_keeps_the_shape(token, expected):
    layer = Activation(token)
    torch.testing.assert_close(layer.build((3, 2, 2))(VALUES), expected)
    assert layer.output_shape((3, 2, 2)) == (3, 2, 2)
    assert layer.name == layer.kind.lower()


def test_every_activation_has_its_formula_above():
    assert set(ACTIVATIONS) == {"R", "S", "T", "SiLU", "ELU", "GELU", "Softmax"}


def test_a_leaky_relu_lets_its_slope_through():
    expected = torch.where(VALUES > 0, VALUES, 0.1 * VALUES)
    torch.testing.assert_close(LeakyReLU(0.1).build((3, 2, 2))(VALUES), expected)
    assert (str(LeakyReLU()), LeakyReLU().name) == ("LeakyReLU0.01", "relu")


def test_a_batch_norm_is_of_maps_or_of_a_vector():
    for shape in ((3, 2, 2), (3,)):
        values = torch.rand(8, *shape)
        module = BatchNorm().build(shape)
        kept = [axis for axis in range(values.dim()) if axis != 1]
        assert module(values).mean(kept).abs().max() < 1e-6
        assert BatchNorm().tensors(shape) == {"weight": (3,), "bias": (3,)}


def test_a_fully_connected_layer_reads_whatever_comes_as_one_vector():
    layer = Dense(5, bias=False)
    assert (str(layer), str(Dense(5))) == ("F5n", "F5")
    assert layer.tensors((3, 2, 2)) == {"weight": (5, 12)}
    assert layer.multiply_adds((3, 2, 2)) == 60
    assert layer.field(Field((3, 3), 2), (3, 2, 2)) == Field((5, 5), 2)
    assert layer.field(Field((3, 3), 2), (12,)) == Field((3, 3), 2)
    module = layer.build((3, 2, 2))
    assert module.weight.eq(0).all()
    assert module(VALUES).shape == (2, 5)


@pytest.mark.parametrize("probability", [-0.1, 1.0, 1.5])
def test_a_dropout_that_drops_everything_is_refused(probability):
    with pytest.raises(ShapeError, match="at least 0 and below 1"):
        Drop(probability)


def test_a_response_norm_needs_channels_beside_one_another():
    with pytest.raises(ShapeError, match="`L5` takes maps"):
        LocalResponseNorm(5).output_shape((12,))


@pytest.mark.parametrize(("number", "text"), [(1e-7, "0.0000001"), (0.25, "0.25"), (0.10, "0.1"), (3.0, "3")])
def test_a_fraction_is_written_without_an_exponent(number, text):
    assert plain(number) == text
    assert float(text) == number
