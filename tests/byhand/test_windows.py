import pytest

from steepest.byhand.maps import digit_image, make_kernel, read_maps, shape_of
from steepest.byhand.sizes import Geometry
from steepest.byhand.windows import check_windows, convolution, library_result, pooling
from steepest.errors import ShapeError, UserError

SQUARE = read_maps("1 2 3; 4 5 6; 7 8 9")


def test_a_window_of_2_has_27_places_on_28_pixels_and_none_over_the_edge():
    assert Geometry((2, 2)).places(28, 28) == (27, 27)
    done = convolution(digit_image(7), [make_kernel("random:2:1", 1)], bias=[0.3])
    assert len(done.windows) == 27 * 27
    assert all(len(window.values) == 4 + 4 + 1 for window in done.windows)
    assert check_windows(done).agrees


def test_the_4x4_kernel_with_stride_4_is_solved_bias_included():
    done = convolution(digit_image(3), [make_kernel("random:4:2", 1)], bias=[-0.7], stride=4)
    assert shape_of(done.result) == (1, 7, 7)
    assert check_windows(done).agrees
    empty = done.windows[0]  # a corner, where there is no ink
    assert empty.value == -0.7


def test_the_bias_is_in_the_sum_the_formula_and_the_numbers():
    cell = convolution(SQUARE, [read_maps("1 0; 0 -1")], bias=[0.5]).windows[0].cell
    assert cell.value == -3.5
    assert cell.symbols.endswith("x2_2 × k2_2 + b")
    assert cell.numbers == "1 × 1 + 2 × 0 + 4 × 0 + 5 × (−1) + 0.5"


def test_padding_is_a_zero_in_the_formula():
    cell = convolution(SQUARE, [read_maps("1 2; 3 4")], padding=1).windows[0].cell
    assert cell.symbols == "0 × k1_1 + 0 × k1_2 + 0 × k2_1 + x1_1 × k2_2"


def test_several_channels_and_filters_are_summed_and_kept_apart():
    image = read_maps("1 2; 3 4 | 5 6; 7 8")
    kernels = [read_maps("1 0; 0 0 | 0 0; 0 1"), read_maps("1 1; 1 1 | 1 1; 1 1")]
    done = convolution(image, kernels, bias=[0.0, 1.0])
    assert done.result == (((9.0,),), ((37.0,),))
    assert done.windows[1].line.name == "y2_1_1"
    assert check_windows(done).agrees


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_every_geometry_agrees_with_the_library(stride, padding, dilation):
    done = convolution(digit_image(5), [make_kernel("edge", 1)], stride=stride, padding=padding, dilation=dilation)
    assert check_windows(done).agrees
    cells = [window.cell.value for window in done.windows[::17]]
    assert cells == [window.value for window in done.windows[::17]]


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(4, 0, 0), (3, 2, 1), (2, 1, 1), (1, 1, 0)])
def test_pooling_agrees_with_the_library(kind, kernel, stride, padding):
    done = pooling(digit_image(8), kernel, kind=kind, stride=stride, padding=padding)
    assert check_windows(done).agrees
    for window in done.windows[::13]:
        assert window.cell.value == pytest.approx(window.value, abs=1e-15)


def test_max_pooling_never_takes_padding_and_average_counts_it():
    image = read_maps("-4 -4; -4 -4")
    assert pooling(image, 2, padding=1, stride=2).result == (((-4.0, -4.0), (-4.0, -4.0)),)
    assert pooling(image, 2, kind="average", padding=1, stride=2).result[0][0][0] == -1.0


def test_a_check_of_windows_can_fail():
    done = convolution(SQUARE, [read_maps("1 0; 0 -1")], bias=[0.5])
    assert library_result(done) == done.result
    wrong = convolution(SQUARE, [read_maps("1 0; 0 -1")])
    assert library_result(wrong) != done.result


def test_telling_windows_are_those_with_ink():
    done = pooling(digit_image(7), 4)
    assert len(done.telling(3)) == 3
    assert all(max(map(max, window.patch[0])) > 0.5 for window in done.telling(3))
    assert done.telling(100) == done.windows


@pytest.mark.parametrize(
    ("work", "kind", "said"),
    [
        (lambda: convolution(SQUARE, [make_kernel("random:5", 1)]), ShapeError, "(3 - 5 + 2 x 0) // 1 + 1 = -1"),
        (
            lambda: convolution(SQUARE, [read_maps("1 | 2")]),
            ShapeError,
            "The kernel has 2 channels; the image has 1",
        ),
        (lambda: convolution(SQUARE, [read_maps("1"), read_maps("1 2")]), ShapeError, "must have one shape"),
        (lambda: convolution(SQUARE, [read_maps("1")], bias=[1, 2]), UserError, "There are 1 kernels"),
        (lambda: convolution(SQUARE, [read_maps("1")], padding=1), ShapeError, "at most 0"),
        (lambda: convolution(SQUARE, [read_maps("1")], stride=0), UserError, "stride must be at least 1, not 0"),
        (lambda: pooling(SQUARE, 2, kind="median"), UserError, "max or average, not median"),
        (lambda: pooling(SQUARE, 2, padding=2), ShapeError, "more than half the kernel 2"),
        (lambda: pooling(SQUARE, 2, kind="average", dilation=2), UserError, "has no dilation"),
        (lambda: pooling(SQUARE, 0), UserError, "side of at least 1"),
        (lambda: pooling(SQUARE, 2, padding=1, stride=1, dilation=4), ShapeError, "nothing but padding"),
        (
            lambda: convolution(digit_image(1), [make_kernel("random:11", 1)] * 200, padding=5),
            UserError,
            "--fit 28",
        ),
    ],
)
def test_windows_that_do_not_fit_are_refused_with_the_arithmetic(work, kind, said):
    with pytest.raises(kind) as caught:
        work()
    assert said in str(caught.value)
