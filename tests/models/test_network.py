import copy
import pickle
from math import sqrt

import pytest
import torch
from torch import nn

from steepest.errors import NotationError, ShapeError, UnknownName, UserError
from steepest.layout import Layout
from steepest.models import Network, build, write
from steepest.models.network import INITIALISATIONS, initialise, items_of, with_outputs
from steepest.randomness import seed_of

PLAIN = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images):
        return self.body(images)
"""


OPEN = """
class Net(nn.Module):
    def __init__(self, shape, classes, hidden=4):
        super().__init__()
        self.settings = (shape, classes, hidden)
        self.norm = nn.BatchNorm2d(shape[0])
        self.hidden = nn.LazyLinear(hidden)
        self.last = nn.Linear(hidden, classes)

    def forward(self, images):
        return self.last(self.hidden(self.norm(images).flatten(1)))
"""


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
    assert len(kinds) == len(network.layers)
    # maps of one pixel are made logits at the end, behind all layers
    assert list(build("10C8", (1, 8, 8), 10).body._modules) == ["conv1", "flatten"]


def test_its_print_lists_its_layers_in_their_order():
    printed = str(build("8C3-R-M2-F20-R-F10", (1, 28, 28), 10))
    places = [printed.index(f"({name})") for name in ["conv1", "relu1", "pool1", "fc1", "relu2", "fc2"]]
    assert places == sorted(places)
    assert "flatten" not in printed


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
        ("8C3-F10", (1, 2, 2), 10, "`8C3` does not fit: 3x3 on a 2x2 map: (2 - 3 + 0) // 1 + 1 = 0."),
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
        (
            "F999999-F999999-F10",
            (1, 28, 28),
            10,
            "`F999999-F999999-F10` would have 1,000,793,999,215 parameters on [1, 28, 28] images; at most",
        ),
        ("X999999-G-F10", (1, 28, 28), 10, "would give 785,000,009 values for one image of [1, 28, 28]"),
        ("X9999-X9999-X9999-G-F10n", (1, 28, 28), 10, "parameters"),
        ("R-F10", (3, 99_999, 99_999), 10, "parameters on [3, 99999, 99999] images"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_the_way_out(model, shape, classes, message):
    with pytest.raises(ShapeError) as caught:
        build(model, shape, classes)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["convnte", "ResNet", "Convnett", "resnet"])
def test_what_reads_as_a_name_is_answered_with_names(name):
    with pytest.raises(UnknownName, match=f"No model is called `{name}`. Did you mean"):
        items_of(name)


def test_a_named_model_is_found_whatever_its_case():
    assert items_of("MLP", 3) == items_of("mlp", 3)
    assert len(build("Softmax-Regression", (1, 28, 28), 10).body) == 1


@pytest.mark.parametrize("text", ["F10x", "32Q3-F10", "M-R", "Nonsense"])
def test_what_reads_as_a_notation_is_answered_with_its_token(text):
    with pytest.raises(NotationError):
        items_of(text)


def test_a_user_s_class_has_no_notation():
    with pytest.raises(UserError, match="is a class of yours: give a named model or a notation here"):
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


def net_with(forward):
    return f"class Net(nn.Module):\n    def forward(self, images):\n        {forward}\n"


def test_a_class_without_arguments_becomes_the_body(model_file):
    network = build(model_file(PLAIN), (1, 8, 8), 10)
    assert network.layers is None
    assert network(torch.zeros(3, 1, 8, 8, dtype=torch.uint8)).shape == (3, 10)


@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
def test_a_class_gets_shape_classes_and_settings_where_it_names_them(model_file):
    network = build(model_file(OPEN) + ":hidden=6", (3, 8, 8), 5)
    assert network.body.settings == ((3, 8, 8), 5, 6)
    assert network.body.training
    assert network.body.norm.num_batches_tracked == 0


def test_its_weights_are_a_function_of_the_seed_and_the_global_generator_is_left_alone(model_file):
    name = model_file(PLAIN)
    before = torch.get_rng_state()
    first, second, other = (build(name, (1, 8, 8), 10, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    weight = first.body.body[1].weight
    assert torch.equal(weight, second.body.body[1].weight)
    assert not torch.equal(weight, other.body.body[1].weight)


def test_its_weights_can_be_zeros(model_file):
    network = build(model_file(PLAIN), (1, 8, 8), 10, init="zeros")
    assert all(each.eq(0).all() for each in network.parameters())


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (
            net_with("return images.flatten(1)"),
            ShapeError,
            r"`.*my_net.py:Net` gives \[2, 64\] for a batch "
            r"\[2, 1, 8, 8\]; logits \[2, 10\] are needed, one for each class.",
        ),
        (net_with("return (images, images)"), ShapeError, r"gives a tuple; logits \[B, 10\] are needed."),
        (
            net_with("return images @ torch.ones(9, 9)"),
            ShapeError,
            r"fails on a batch \[2, 1, 8, 8\] of float32: Run",
        ),
        ("class Net:\n    pass", UserError, "makes a Net; an nn.Module is needed."),
        ("Net = 3", UserError, "is no class. Name a class that makes an nn.Module."),
        ("def Net():\n    raise KeyError('size')", UserError, "fails as it is made: KeyError: 'size'"),
        (
            "class Net(nn.Module):\n    def __init__(self, width): ...",
            UserError,
            "fails as it is made: TypeError: .*missing 1 required positional argument: 'width'",
        ),
        ("class Other: ...", UserError, "has no `Net`. It has: "),
    ],
)
def test_a_class_that_cannot_serve_is_refused_by_name(model_file, body, kind, message):
    with pytest.raises(kind, match=message):
        build(model_file(body), (1, 8, 8), 10)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"There is no file .*absent\.py"):
        build(f"{tmp_path}/absent.py:Net", (1, 8, 8), 10)


TEXT = "16C5-B-R-M2-F400-R-F10"
SHAPE = (3, 28, 28)


def weights(init="default", seed=0):
    return {name: each.detach() for name, each in build(TEXT, SHAPE, 10, init=init, seed=seed).named_parameters()}


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_the_same_seed_gives_the_same_weights(init):
    first, second = weights(init, seed=3), weights(init, seed=3)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("init", ["default", "glorot", "he"])
def test_another_seed_gives_other_weights(init):
    first, second = weights(init, seed=3), weights(init, seed=4)
    assert not torch.equal(first["body.conv1.weight"], second["body.conv1.weight"])


def test_the_default_is_what_torch_draws_from_the_same_generator():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(5, "initial weights"))
        theirs = nn.Sequential(nn.Conv2d(3, 16, 5), nn.BatchNorm2d(16), nn.Linear(2304, 400), nn.Linear(400, 10))
    ours = weights(seed=5)
    for mine, torchs in zip(ours.values(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, torchs.detach(), rtol=1e-6, atol=0)


def test_zeros_makes_every_weight_and_bias_zero_but_keeps_the_batch_norm():
    zeros = weights("zeros")
    assert zeros.pop("body.norm1.weight").eq(1).all()
    assert all(each.eq(0).all() for each in zeros.values())


def test_glorot_draws_evenly_up_to_its_bound_with_zero_biases():
    drawn = weights("glorot")
    bound = sqrt(6 / (2304 + 400))
    assert drawn["body.fc1.weight"].abs().max().item() == pytest.approx(bound, rel=1e-3)
    assert drawn["body.fc1.weight"].std().item() == pytest.approx(bound / sqrt(3), rel=0.01)
    assert drawn["body.fc1.bias"].eq(0).all()


def test_he_draws_normally_with_zero_biases():
    drawn = weights("he")
    assert drawn["body.fc1.weight"].std().item() == pytest.approx(sqrt(2 / 2304), rel=0.01)
    assert drawn["body.conv1.weight"].std().item() == pytest.approx(sqrt(2 / 75), rel=0.1)
    assert drawn["body.conv1.bias"].eq(0).all()


def test_the_fan_of_a_convolution_in_groups_counts_only_its_group():
    grouped = nn.Conv2d(8, 4, 3, groups=4)
    initialise(grouped, "default", 0)
    assert grouped.weight.abs().max().item() <= 1 / sqrt(2 * 9)


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    build(TEXT, SHAPE, 10)
    assert torch.equal(before, torch.get_rng_state())


def test_an_unknown_initialisation_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match=r"No initialisation is called `glorott`\. Did you mean `glorot`\?"):
        build(TEXT, SHAPE, 10, init="glorott")
