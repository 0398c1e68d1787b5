import json

import pytest
import torch

from steepest.errors import ShapeError
from steepest.models import build, layer_table
from steepest.models.shapes import show


def fields(table, token_start=""):
    return [
        row.receptive_field[0]
        for row in table.rows
        if row.kind in {"convolution", "max-pool", "average-pool"} and row.token.startswith(token_start)
    ]


def test_the_compact_net_has_its_published_fields_and_sizes():
    table = layer_table("compact-net")
    assert fields(table) == [3, 5, 7, 9, 9, 10, 14, 18, 22, 26, 26, 28]
    assert table.parameters == 19_972
    printed = {name: f"{size:.2f}" for name, size in table.megabytes.items()}
    assert printed == {"input": "0.00", "forward/backward": "0.90", "parameters": "0.08", "total": "0.98"}


def test_the_cnn_guide_derives_its_parameters_layer_by_layer():
    table = layer_table("cnn-guide")
    assert [row.derivation for row in table.rows if row.parameters] == [
        "32 x (1 x 3 x 3) + 32 = 320",
        "64 x (32 x 3 x 3) + 64 = 18,496",
        "128 x 3,136 + 128 = 401,536",
        "10 x 128 + 10 = 1,290",
    ]
    assert table.derivation == "320 + 18,496 + 401,536 + 1,290 = 421,642"


def test_multiply_adds_count_convolutions_and_fully_connected_layers():
    table = layer_table("32C3p1-B-R-M2-F10", (1, 28, 28))
    counted = {row.token: row.multiply_adds for row in table.rows}
    assert counted == {"32C3p1": 28 * 28 * 32 * 9, "B": 0, "R": 0, "M2": 0, "F10": 10 * 32 * 14 * 14}
    assert table.multiply_adds == 225_792 + 62_720


def test_fully_connected_layers_and_global_averages_see_the_whole_map():
    assert layer_table("8C3-F10", (1, 20, 28)).rows[-1].receptive_field == (20, 28)
    assert layer_table("8C3p1-G", (1, 20, 28)).rows[-1].receptive_field == (20, 28)


def test_pixels_that_a_stride_leaves_over_are_not_seen():
    # 5x5 windows at 0, 5, 10, 15 and 20 leave three of 28 pixels to the right
    assert layer_table("8C5s5-F10").rows[-1].receptive_field == (25, 25)


def test_a_field_is_never_larger_than_the_image():
    assert layer_table("(4C3p1)x20").rows[-1].receptive_field == (28, 28)


def test_the_field_through_max_pools_and_residual_blocks_is_where_gradients_come_from():
    text, shape = "2C3-M3s2-{4C3s2p1-T-4C3p1-B}-T-A2s1", (1, 40, 40)
    network = build(text + "-F1", shape, 1, init="he").eval()
    pixels = torch.rand(400, *shape, requires_grad=True)  # a max-pool passes one pixel of nine
    maps = network.body[:-1](pixels)
    maps[:, :, 4, 4].sum().backward()
    seen = pixels.grad.abs().sum((0, 1)).nonzero()
    extent = seen.max(0).values - seen.min(0).values + 1
    assert layer_table(text, shape).rows[-1].receptive_field == tuple(extent.tolist())


def test_a_residual_block_shows_its_inner_layers_and_projection_before_its_sum():
    table = layer_table("8C3p1-{16C3s2p1n-B-R-16C3p1n-B}-F10", (1, 8, 8))
    assert [(row.name, row.token, row.depth) for row in table.rows] == [
        ("conv1", "8C3p1", 0),
        ("block1.path.conv1", "16C3s2p1n", 1),
        ("block1.path.norm1", "B", 1),
        ("block1.path.relu1", "R", 1),
        ("block1.path.conv2", "16C3p1n", 1),
        ("block1.path.norm2", "B", 1),
        ("block1.projection.conv1", "16C1s2n", 1),
        ("block1.projection.norm1", "B", 1),
        ("block1", "{}", 0),
        ("fc1", "F10", 0),
    ]
    assert table.parameters == 80 + 1152 + 32 + 2304 + 32 + 128 + 32 + 2570


def test_the_rows_carry_the_names_of_the_network_s_modules():
    text = "8C3p1-{16C3s2p1n-B-({R})x2}-F10"
    modules = dict(build(text, (1, 8, 8), 10).body.named_modules())
    for row in layer_table(text, (1, 8, 8)).rows:
        assert row.name in modules


def test_repetitions_are_shown_written_out():
    table = layer_table("(8C3p1-R)x2-F10")
    assert [row.name for row in table.rows] == ["conv1", "relu1", "conv2", "relu2", "fc1"]
    assert table.notation == "(8C3p1-R)x2-F10"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R-32C5-F10", "`32C5` does not fit: 5x5 on a 3x3 map: (3 - 5 + 0) // 1 + 1 = -1."),
        ("M3s2p1-M5s2p1", "`M5s2p1` does not fit: 5x5 on a 2x2 map: (2 - 5 + 2) // 2 + 1 = 0."),
        ("F8-3C1", "`3C1` takes maps [C, H, W]; what comes before it gives a vector [8]."),
        ("F8-G", "`G` takes maps [C, H, W]; what comes before it gives a vector [8]."),
        ("3C1-4C1g2", "`4C1g2` does not fit: 2 groups cannot share 3 channels and 4 filters evenly."),
        ("{4C3}", "`{4C3}` cannot add [1, 3, 3] to [4, 1, 1]: a 1x1 convolution with the path's stride 1"),
        ("{F4}", "`{F4}` cannot add [1, 3, 3] to [4]"),
    ],
)
def test_a_layer_that_does_not_fit_is_refused_with_the_arithmetic(text, message):
    with pytest.raises(ShapeError) as caught:
        layer_table(text, (1, 3, 3))
    assert message in str(caught.value)


def test_the_table_goes_to_json_and_back():
    table = layer_table("{8C3p1-B}-F10", (1, 8, 8))
    data = json.loads(json.dumps(table.as_json()))
    assert data["parameters"] == table.parameters
    assert data["layers"][0]["output_shape"] == [8, 8, 8]
    assert data["input_shape"] == [1, 8, 8]
    assert data["megabytes"]["total"] == pytest.approx(sum(table.megabytes.values()) / 2)


@pytest.mark.parametrize("text", ["F999999-F999999", "(F9999)x900", "X999999", "X99-(999C3p1)x999"])
def test_what_nobody_can_train_is_not_tabled(text):
    with pytest.raises(ShapeError, match=r"would (have|give) [\d,]+ (parameters|values for one image)"):
        layer_table(text)


@pytest.mark.parametrize("text", ["1x28", "1x28x²", "0x28x28", "1x28x100000", "1x28x" + "9" * 5000, "x" * 10**6])
def test_what_is_no_shape_is_said_in_a_line(text):
    with pytest.raises(ShapeError, match="is no shape of an image") as caught:
        show("F10", input=text)
    assert len(str(caught.value)) < 200
