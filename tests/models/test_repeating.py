import torch
import torch.nn.functional as F

from steepest.models import build, parse, write
from steepest.models.repeating import Repeat
from steepest.models.shapes import layer_table


def test_three_channels_are_made_of_one():
    maps = torch.rand(2, 1, 4, 4)
    repeated = Repeat(3).build((1, 4, 4))(maps)
    assert repeated.shape == (2, 3, 4, 4)
    assert all(torch.equal(repeated[:, [channel]], maps) for channel in range(3))


def test_the_token_reads_back_as_itself():
    assert write(parse("X3-8C3-F10")) == "X3-8C3-F10"


def test_padding_in_the_first_convolution_is_padding_of_the_image():
    padded = build("blind-descent-net", (3, 32, 32), 10, seed=1)
    repeating = build("X3-32C5p2-M2-32C5-R-M2-10C5", (1, 28, 28), 10, seed=1)
    assert sum(each.numel() for each in repeating.parameters()) == 36_074
    digits = torch.randint(0, 256, (4, 1, 28, 28), dtype=torch.uint8)
    as_published = F.pad(digits, (2, 2, 2, 2)).repeat(1, 3, 1, 1)
    assert torch.allclose(repeating(digits), padded(as_published), atol=1e-5)


def test_the_layer_table_counts_nothing_for_it():
    row = layer_table("X3-8C3-F10", (1, 8, 8)).rows[0]
    assert (row.output_shape, row.parameters, row.multiply_adds) == ((3, 8, 8), 0, 0)
