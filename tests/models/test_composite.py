import pytest
import torch

from steepest.errors import ShapeError
from steepest.models import build
from steepest.models.composite import Repetition, Residual, assemble, expand, place, shape_behind, write
from steepest.models.convolution import Convolution
from steepest.models.pointwise import BatchNorm


def test_a_residual_block_adds_its_input():
    network = build("{3C3p1}-G", (3, 4, 4), 3, normalize="raw").eval()
    pixels = torch.rand(2, 3, 4, 4)
    path = network.body.block1.path
    expected = (pixels + path(pixels)).mean((2, 3))
    torch.testing.assert_close(network(pixels), expected)


def test_a_path_that_changes_the_shape_gets_the_projection_that_leads_there():
    block = Residual((Convolution(6, 3, stride=2, padding=1), BatchNorm()))
    projection, norm = block.projection((4, 8, 8))
    assert projection == Convolution(6, 1, stride=2, bias=False)
    assert norm == BatchNorm()
    module = block.build((4, 8, 8)).eval()
    values = torch.rand(2, 4, 8, 8)
    with torch.no_grad():
        for each in module.parameters():
            each.uniform_(-1, 1)
    expected = module.path(values) + module.projection(values)
    assert torch.equal(module(values), expected)
    assert block.output_shape((4, 8, 8)) == tuple(expected.shape[1:])
    assert Residual((Convolution(4, 3, padding=1),)).projection((4, 8, 8)) == ()


def test_a_blocks_parts_are_named_and_counted_with_their_projection():
    block = Residual((Convolution(6, 3, stride=2, padding=1), BatchNorm()))
    names = [part.name for part in block.parts((4, 8, 8))]
    assert names == ["path.conv1", "path.norm1", "projection.conv1", "projection.norm1"]
    real = {name: tuple(each.shape) for name, each in block.build((4, 8, 8)).named_parameters()}
    assert block.tensors((4, 8, 8)) == real
    assert block.multiply_adds((4, 8, 8)) == 16 * 6 * 4 * 9 + 16 * 6 * 4


def test_a_block_that_no_projection_can_mend_is_refused():
    with pytest.raises(ShapeError, match=r"`\{6C3\}` cannot add \[4, 8, 8\] to \[6, 6, 6\]"):
        Residual((Convolution(6, 3),)).output_shape((4, 8, 8))


def test_repetitions_are_written_once_and_stand_several_times():
    twice = Repetition((BatchNorm(), Repetition((Convolution(4, 1),), 2)), 2)
    assert write((twice,)) == "(B-(4C1)x2)x2"
    assert write(expand((twice,))) == "B-4C1-4C1-B-4C1-4C1"


def test_layers_are_placed_by_kind_and_number_with_the_shapes_around_them():
    layers = (Convolution(4, 3), BatchNorm(), Convolution(2, 3))
    placed = list(place(layers, (1, 8, 8), "path."))
    assert [each.name for each in placed] == ["path.conv1", "path.norm1", "path.conv2"]
    assert [each.behind for each in placed] == [(4, 6, 6), (4, 6, 6), (2, 4, 4)]
    assert [each.before for each in placed[1:]] == [each.behind for each in placed[:-1]]
    assert shape_behind(layers, (1, 8, 8)) == (2, 4, 4)
    modules = dict(assemble(layers, (1, 8, 8)).named_children())
    assert list(modules) == ["conv1", "norm1", "conv2"]
