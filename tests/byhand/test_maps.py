"""Images and kernels, typed in, named, drawn or read."""

import pytest
from PIL import Image

from steepest.byhand.maps import digit_image, make_kernel, read_image, read_maps, read_matrix, shape_of
from steepest.errors import DataError, ShapeError, UnknownName, UserError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2; 3", "must be equally long; these have 2, 1"),
        ("1 a", "'a' in the matrix"),
        ("", "must be equally long; these have none"),
        ("1 nan", "finite numbers"),
    ],
)
def test_a_matrix_that_is_none_is_refused(text, said):
    with pytest.raises(UserError) as caught:
        read_matrix(text)
    assert said in str(caught.value)


def test_kernels_come_by_name_by_seed_and_typed():
    assert make_kernel("blur", 3)[2][1][1] == 1 / 9
    assert make_kernel("random:3:7", 2) == make_kernel("random:3:7", 2)
    assert make_kernel("random:3:7", 1) != make_kernel("random:3:8", 1)
    drawn = {each for row in make_kernel("random:11:1", 1)[0] for each in row}
    assert drawn == {tenths / 10 for tenths in range(-10, 11)}  # easily written down
    assert make_kernel("1 2, 3", 2) == read_maps("1 2 3 | 1 2 3")
    with pytest.raises(UnknownName, match=r'Did you mean `edge`\? Or type one: "1 0; 0 1"'):
        make_kernel("egde", 1)
    with pytest.raises(ShapeError, match="The kernel has 2 channels; the image has 3"):
        make_kernel("1 | 2", 3)
    with pytest.raises(UserError, match="Write random:SIZE:SEED"):
        make_kernel("random:big", 1)
    with pytest.raises(UserError, match="1 to 11, not 40"):
        make_kernel("random:40", 1)
    with pytest.raises(UserError, match="must have one size"):
        read_maps("1 | 2 3")


def test_an_image_comes_from_a_file_in_unit_range(tmp_path):
    Image.new("L", (6, 4), 255).save(tmp_path / "white.png")
    Image.new("RGB", (6, 4), (255, 0, 51)).save(tmp_path / "red.png")
    assert read_image(tmp_path / "white.png") == (((1.0,) * 6,) * 4,)
    assert shape_of(read_image(tmp_path / "red.png", 3)) == (3, 3, 3)
    assert read_image(tmp_path / "red.png")[2][0][0] == 0.2
    with pytest.raises(DataError, match="does not exist"):
        read_image(tmp_path / "none.png")


def test_digits_are_chosen_by_class_and_index():
    assert digit_image(7) != digit_image(7, 1)
    with pytest.raises(DataError, match="A digit is 0 to 9, not 10"):
        digit_image(10)
    with pytest.raises(DataError, match="100 test images of a 7: index 0 to 99, not 100"):
        digit_image(7, 100)
