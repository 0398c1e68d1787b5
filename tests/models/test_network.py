import copy
import pickle

import pytest
import torch
from torch import nn

from steepest.errors import NotationError, ShapeError, UnknownName, UserError
from steepest.layout import Layout
from steepest.models import Network, build, write
from steepest.models.network import items_of, with_outputs


def test_the_parameters_are_named_after_kind_and_number():
    network = build("8C3-B-R-8C3-F10", (1, 8, 8), 10)
    assert Layout.of(network).names == (
        "body.conv1.weight",
        "body.conv1.bias",
        "body.norm1.weight",
        "body.norm1.bias",
        "body.conv2.weight",
        "body.conv2.bias",
        "body.fc1.weight",
        "body.fc1.bias",
    )


def test_its_layers_stand_beside_its_modules():
    network = build("(8C3p1-R)x2-G-F10", (1, 8, 8), 10)
    kinds = [type(each) for each in network.body]
    assert write(network.layers) == "8C3p1-R-8C3p1-R-G-F10"
    assert kinds[1] is kinds[3] is nn.ReLU
    assert kinds[4] is nn.AdaptiveAvgPool2d
    assert len(kinds) == len(network.layers) + 1
    assert kinds[-1] is nn.Flatten


def test_a_fully_connected_layer_flattens_by_itself():
    network = build("F10", (3, 4, 4), 10)
    pixels = torch.rand(2, 3, 4, 4)
    expected = nn.functional.linear(
        (pixels / 255).flatten(1), network.body.fc1.weight, network.body.fc1.bias
    )
    torch.testing.assert_close(network(pixels), expected)


def test_a_residual_block_adds_its_input():
    network = build("{3C3p1}-G", (3, 4, 4), 3, normalize="raw").eval()
    pixels = torch.rand(2, 3, 4, 4)
    path = network.body.block1.path
    expected = (pixels + path(pixels)).mean((2, 3))
    torch.testing.assert_close(network(pixels), expected)


def test_a_local_response_norm_follows_its_formula():
    network = build("L3-G", (3, 2, 2), 3, normalize="raw")
    pixels = 100 * torch.rand(1, 3, 2, 2)
    squares = pixels.square()
    sums = torch.stack([squares[:, max(0, c - 1) : c + 2].sum(1) for c in range(3)], 1)
    expected = (pixels / (2 + 1e-4 * sums) ** 0.75).mean((2, 3))
    torch.testing.assert_close(network(pixels), expected)


def test_one_filter_a_class_gives_logits_without_a_fully_connected_layer():
    assert build("10C1-G", (1, 8, 8), 10)(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_a_network_travels_to_other_processes():
    network = build("8C3-R-D0.5-F10", (1, 8, 8), 10).eval()
    pixels = torch.rand(2, 1, 8, 8)
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert isinstance(twin, Network)
        assert torch.equal(twin(pixels), network(pixels))


@pytest.mark.parametrize(
    ("model", "shape", "classes", "message"),
    [
        (
            "F10",
            (1, 28, 28),
            100,
            "The model gives 10 outputs; the dataset has 100 classes: end the notation with F100.",
        ),
        (
            "8C3",
            (1, 28, 28),
            10,
            "The model gives maps [8, 26, 26] where 10 logits are needed: end the notation with F10.",
        ),
        (
            "8C3-F10",
            (1, 2, 2),
            10,
            "`8C3` does not fit: 3x3 on a 2x2 map: (2 - 3 + 0) // 1 + 1 = 0.",
        ),
        (
            "compact-net",
            (3, 32, 32),
            10,
            "The images are [3, 32, 32]; compact-net is written for [1, 28, 28]. "
            "Its last layer then gives [10, 2, 2], not [10]. Resize the images, or choose another model.",
        ),
        (
            "alexnet",
            (1, 28, 28),
            10,
            "The images are [1, 28, 28]; alexnet is written for [3, 224, 224]. `M3s2` does not fit: "
            "3x3 on a 2x2 map: (2 - 3 + 0) // 2 + 1 = 0.",
        ),
        ("F999999-F999999-F10", (1, 28, 28), 10, "at most 1,000,000,000 are built"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_the_way_out(model, shape, classes, message):
    with pytest.raises(ShapeError) as caught:
        build(model, shape, classes)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["convnte", "AlexNet", "Convnet", "resnet"])
def test_what_reads_as_a_name_is_answered_with_names(name):
    with pytest.raises(UnknownName, match=f"No model is called `{name}`. Did you mean"):
        items_of(name)


@pytest.mark.parametrize("text", ["F10x", "32Q3-F10", "M-R", "Nonsense"])
def test_what_reads_as_a_notation_is_answered_with_its_token(text):
    with pytest.raises(NotationError):
        items_of(text)


def test_a_user_s_class_has_no_notation():
    with pytest.raises(
        UserError, match="is a class of yours: give a named model or a notation here"
    ):
        items_of("my_net.py:Net")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("F128-R-F10", "F128-R-F7"),
        ("8C3-10C1n-B-A2", "8C3-7C1n-B-A2"),
        ("10C5s2p1g2-G", "7C5s2p1g2-G"),
        ("F10n-Softmax", "F7n-Softmax"),
        ("G", "G"),
    ],
)
def test_only_the_last_layer_with_outputs_adapts(text, expected):
    assert write(with_outputs(items_of(text), 7)) == expected
