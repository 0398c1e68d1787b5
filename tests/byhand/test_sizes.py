import pytest
import torch

from steepest.byhand.sizes import Geometry, Window, arithmetic, places, size_rows, typed_sizes
from steepest.errors import ShapeError, UnknownName, UserError
from steepest.models import MODELS, layer_table, show


def test_the_arithmetic_is_that_of_the_library():
    for size, kernel, stride, padding, dilation in [(28, 5, 2, 1, 1), (9, 3, 1, 0, 2), (7, 2, 3, 1, 1)]:
        image = torch.zeros(1, 1, size, size)
        real = torch.nn.functional.conv2d(
            image, torch.zeros(1, 1, kernel, kernel), None, stride, padding, dilation
        )
        assert places(size, kernel, stride, padding, dilation) == real.shape[-1]
    assert arithmetic(9, 3, dilation=2) == "(9 - (2 x (3 - 1) + 1) + 2 x 0) // 1 + 1 = 5"


@pytest.mark.parametrize("geometry", [Geometry((3, 2), 2, 1), Geometry((2, 3), dilation=2)])
def test_a_window_sees_the_pixels_that_unfold_sees(geometry):
    height, width = 5, 6
    image = torch.arange(1.0, height * width + 1).view(1, 1, height, width)
    down, across = geometry.places(height, width)
    columns = torch.nn.functional.unfold(
        image, geometry.kernel, geometry.dilation, geometry.padding, geometry.stride
    )[0]
    assert columns.shape[1] == down * across
    for place, column in enumerate(columns.T.tolist()):
        seen = [
            image[0, 0, y, x].item() if 0 <= y < height and 0 <= x < width else 0
            for _, _, y, x in geometry.seen(place // across, place % across)
        ]
        assert seen == column
    inside = [(u, v) for u, v, _, _ in geometry.seen(0, 0)]
    assert inside == [(u, v) for u in range(geometry.kernel[0]) for v in range(geometry.kernel[1])]


@pytest.mark.parametrize(
    ("settings", "kind", "said"),
    [
        ({"kernel": (0, 2)}, UserError, "side of at least 1; 0x2 came"),
        ({"kernel": (2, 2), "stride": 0}, UserError, "stride must be at least 1, not 0"),
        ({"kernel": (2, 2), "padding": -1}, UserError, "padding must be at least 0, not -1"),
        ({"kernel": (2, 2), "dilation": 0}, UserError, "dilation must be at least 1, not 0"),
        ({"kernel": (5, 2), "padding": 2}, ShapeError, "reaches over 2 see nothing but padding"),
        ({"kernel": (2, 2), "padding": 3, "dilation": 2}, ShapeError, "padding: at most 2."),
    ],
)
def test_a_window_that_cannot_move_is_refused(settings, kind, said):
    with pytest.raises(kind) as caught:
        Geometry(**settings)
    assert said in str(caught.value)


def test_a_window_that_does_not_fit_is_refused_with_the_arithmetic_of_its_side():
    with pytest.raises(ShapeError, match=r"of 5 does not fit on 4 pixels: \(4 - 5 \+ 2 x 0\) // 1 \+ 1 = 0"):
        Geometry((2, 5)).places(9, 4)


def in_full(field):
    return int(field.rpartition("= ")[2].partition(",")[0])


def told_field(field):
    """The field that a reader takes from the words: what there is, where that is less than the sum."""
    return int(field.partition("more than the ")[2].partition(" ")[0] or in_full(field))


@pytest.mark.parametrize("model", MODELS)
def test_the_arithmetic_of_every_named_model_ends_in_the_layer_table(model):
    table = [row for row in layer_table(model).rows if row.depth == 0]
    rows = size_rows(model)
    assert [row.shape for row in rows] == [row.output_shape for row in table]
    side = layer_table(model).input_shape[1]
    for mine, theirs in zip(rows, table, strict=True):
        if mine.size.endswith(str(theirs.output_shape[-1])) and "//" in mine.size:
            assert int(mine.size.rpartition("= ")[2]) == theirs.output_shape[-1]
        if mine.field:
            assert told_field(mine.field) == theirs.receptive_field[0]
            assert ("the whole image" in mine.field) == (in_full(mine.field) > side)


def test_a_layer_tells_size_field_and_jump():
    row = size_rows("8C5p2-M2-16C3s2-F10")[2]
    assert row.size == "(14 - 3 + 2 x 0) // 2 + 1 = 6"
    assert row.field == "6 + (3 - 1) x 2 = 10"
    assert row.jump == "2 x 2 = 4"


def test_no_layer_sees_more_than_the_image():
    fields = {row.token: row.field for row in size_rows("cnn-guide")}
    assert fields["F128"] == "10 + (7 - 1) x 4 = 34, more than the 28 there are: the whole image"
    assert fields["F10"] == ""
    assert size_rows("mlp")[0].field == "1 + (28 - 1) x 1 = 28"
    typed = typed_sizes(6, [Window(5, padding=2)] * 2)[1]
    assert typed.field == "5 + (5 - 1) x 1 = 9, more than the 6 there are: the whole image"


def test_the_published_fields_of_the_compact_net_stay():
    rows = [row for row in size_rows("compact-net") if row.field]
    fields = [in_full(row.field) for row in rows]
    assert fields == [3, 5, 7, 9, 9, 10, 14, 18, 22, 26, 26, 28]
    assert not any("whole" in row.field for row in rows)


def test_oblong_images_have_two_sums():
    first, last = size_rows("8C3-F10", (1, 10, 12))
    assert first.size == "(10 - 3 + 2 x 0) // 1 + 1 = 8; (12 - 3 + 2 x 0) // 1 + 1 = 10"
    assert first.field == "1 + (3 - 1) x 1 = 3"
    assert last.field == "3 + (8 - 1) x 1 = 10; 3 + (10 - 1) x 1 = 12"
    wide = size_rows("8C5p2-8C5p2-F10", (1, 7, 12))[1]
    assert wide.field == "5 + (5 - 1) x 1 = 9, more than the 7 there are: the whole height; 5 + (5 - 1) x 1 = 9"


def test_typed_numbers_follow_one_another():
    first, second = typed_sizes(28, [Window(5, 2, 1), Window(3, dilation=2)])
    assert first.shape == (13, 13)
    assert second.size == "(13 - (2 x (3 - 1) + 1) + 2 x 0) // 1 + 1 = 9"
    assert second.field == "5 + (5 - 1) x 2 = 13"


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match=r"\(3 - 5 \+ 2 x 0\) // 1 \+ 1 = -1"):
        typed_sizes(3, [Window(5)])
    with pytest.raises(UserError, match="at least 1 pixel"):
        typed_sizes(0, [Window(1)])
    with pytest.raises(UnknownName, match="Did you mean `mlp`"):
        size_rows("mpl")
    with pytest.raises(ShapeError, match="`28x28` is no shape"):
        show("mlp", input="28x28")
    with pytest.raises(UserError, match="at least 1 class"):
        show("mlp", classes=0)


def test_parameters_are_counted_as_sums():
    table = show("cnn-guide")
    assert table.parameters == 421_642
    assert table.rows[0].derivation == "32 x (1 x 3 x 3) + 32 = 320"
