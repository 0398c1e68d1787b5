import pytest
from PIL import Image

from steepest.byhand.maps import digit_image, make_kernel, read_maps
from steepest.byhand.windows import convolution, library_result, pooling
from steepest.pages.byhand.pictures import overview_figure, windows_figure


@pytest.mark.parametrize(
    "swept",
    [
        convolution(digit_image(7), [make_kernel("edge", 1)], bias=[0.5]),
        convolution(read_maps("1 2; 3 4 | 5 6; 7 8"), [make_kernel("random:2:1", 2)] * 2, padding=1),
        pooling(digit_image(7), 4),
        pooling(read_maps("0 0; 0 0"), 1, kind="average"),
    ],
)
def test_pictures_are_drawn_of_whatever_was_swept(tmp_path, swept):
    for name, figure in (
        ("overview", overview_figure(swept, library_result(swept))),
        ("windows", windows_figure(swept)),
    ):
        figure.savefig(tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert min(picture.size) > 100
            assert len(picture.convert("L").getcolors()) > 2


def test_the_overview_titles_tell_the_difference():
    swept = pooling(digit_image(7), 4)
    figure = overview_figure(swept, library_result(swept))
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["image", "by hand", "library", "difference: none"]
    shifted = tuple(tuple(tuple(x + 1 for x in row) for row in m) for m in swept.result)
    assert overview_figure(swept, shifted).axes[-1].get_title() == "difference: at most 1e+00"
