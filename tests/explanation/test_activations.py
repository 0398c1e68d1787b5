import pytest
import torch
from torch import nn

from steepest.errors import UnknownName
from steepest.explanation import activations, layer_names, weight_maps
from steepest.models import Network, build, normalization

IMAGES = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)


NOTATION = "4C3p1-B-R-D0.5-{4C3p1-R}-M2-F10"


@pytest.fixture
def network():
    return build(NOTATION, (1, 8, 8), 10).eval()


def test_layers_are_named_in_the_order_of_the_pass_and_silent_ones_left_out(network):
    names = layer_names(network, (1, 8, 8))
    inside = ("block1.path.conv1", "block1.path.relu1", "block1")
    assert names == ("conv1", "norm1", "relu1", *inside, "pool1", "fc1")


def test_maps_are_what_the_layers_one_by_one_give(network):
    found = activations(network, IMAGES)
    values = network.input(IMAGES)
    for name in ("conv1", "norm1", "relu1"):
        values = network.body.get_submodule(name)(values)
        assert torch.equal(found[name], values)
    assert torch.equal(found["fc1"], network(IMAGES))
    assert torch.equal(found["block1"], found["relu1"] + found["block1.path.relu1"])


def test_nothing_of_the_network_changes(network):
    network.body.conv1.train()
    network.body.norm1.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    activations(network, IMAGES)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert network.body.norm1.training
    assert not network.body.fc1.training
    assert not any(module._forward_hooks for module in network.modules())


def test_hooks_are_gone_after_an_error(network):
    with pytest.raises(RuntimeError):
        activations(network, torch.zeros(1, 3, 8, 8))
    assert not any(module._forward_hooks for module in network.modules())


def test_an_unknown_layer_is_refused_with_the_nearest(network):
    with pytest.raises(UnknownName, match=r"No layer is called `conv2`\. Did you mean `conv1`"):
        activations(network, IMAGES, ["conv2"])


class _Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fold = nn.Flatten()
        self.first, self.second = nn.Linear(64, 6), nn.Linear(6, 10)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, values):
        return self.relu(self.second(self.relu(self.first(self.fold(values)))))


def test_a_module_called_twice_has_two_names_and_working_in_place_spoils_nothing():
    network = Network(normalization("unit", 1), _Twice())
    found = activations(network, IMAGES)
    assert list(found) == ["first", "relu", "second", "relu#2"]
    assert bool((found["first"] < 0).any())
    assert torch.equal(found["relu"], found["first"].clamp(min=0))


def test_a_first_dense_layer_is_laid_out_as_the_image():
    network = build("F10", (1, 28, 28), 10)
    (maps,) = weight_maps(network, (1, 28, 28))
    assert (maps.layer, maps.kind, maps.values.shape) == ("fc1", "weights", (10, 1, 28, 28))
    image = torch.rand(1, 1, 28, 28)
    by_place = (maps.values * image).sum(dim=(1, 2, 3)) + network.body.fc1.bias
    torch.testing.assert_close(by_place[None], network.body(image))


def test_a_dense_layer_behind_a_flatten_knows_the_maps_before_it():
    body = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(3 * 6 * 6, 5))
    kernels, dense = weight_maps(Network(normalization("unit", 1), body), (1, 8, 8))
    assert torch.equal(kernels.values, body[0].weight)
    assert dense.values.shape == (5, 3, 6, 6)


def test_a_kernel_of_one_pixel_is_a_row_of_a_matrix():
    network = build("6C3-4C1-G", (1, 8, 8), 4)
    assert [(each.kind, *each.values.shape) for each in weight_maps(network, (1, 8, 8))] == [
        ("kernels", 6, 1, 3, 3),
        ("matrix", 1, 1, 4, 6),
    ]


def test_the_weights_are_copies(run, state):
    network = run.network()
    for maps in weight_maps(network, (1, 6, 6)):
        maps.values.zero_()
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
