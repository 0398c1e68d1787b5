import torch
from torch import nn

from steepest.explanation import weight_maps
from steepest.models import Network, build, normalization


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
