import pytest

from steepest.errors import ShapeError
from steepest.models.convolution import Convolution, Pool
from steepest.models.layer import (
    Field,
    counts_nothing,
    learns_nothing,
    parameter_count,
    require_maps,
    same_field,
    same_shape,
    slide,
)


def test_a_field_grows_by_the_kernel_times_the_jump_and_the_jump_by_the_stride() -> None:
    first = Field().through((3, 5), stride=2)
    assert first == Field((3, 5), 2)
    assert first.through((3, 3), stride=3) == Field((3 + 2 * 2, 5 + 2 * 2), 6)
    assert first.through((1, 1)) == first


def test_parameters_are_the_numbers_in_all_tensors() -> None:
    assert parameter_count(Convolution(4, 3), (2, 8, 8)) == 4 * 2 * 9 + 4
    assert parameter_count(Convolution(4, 3, groups=2, bias=False), (2, 8, 8)) == 4 * 9
    assert parameter_count(Pool("M", 2), (2, 8, 8)) == 0


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "places"),
    [(28, 5, 1, 0, 24), (28, 5, 2, 2, 14), (5, 5, 9, 0, 1), (7, 2, 2, 0, 3)],
)
def test_a_window_has_as_many_places_as_starts_fit(size, kernel, stride, padding, places) -> None:
    starts = [at for at in range(-padding, size + padding, stride) if at + kernel <= size + padding]
    assert slide(Pool("M", kernel), size, kernel, stride, padding) == len(starts) == places


def test_a_window_without_a_place_is_refused_with_the_arithmetic() -> None:
    with pytest.raises(ShapeError, match=r"`M5` does not fit: .*\(3 - 5 \+ 0\) // 1 \+ 1 = -1"):
        slide(Pool("M", 5), 3, 5, 1, 0)


def test_maps_are_told_from_vectors() -> None:
    require_maps(Pool("M", 2), (1, 2, 2))
    with pytest.raises(ShapeError, match=r"`M2` takes maps .* a vector \[8\]\. Put it before the"):
        require_maps(Pool("M", 2), (8,))


def test_a_layer_that_looks_at_no_neighbour_keeps_what_comes() -> None:
    field = Field((3, 3), 2)
    assert same_shape(None, (1, 2, 3)) == (1, 2, 3)
    assert same_field(None, field, (1, 2, 3)) is field
    assert (learns_nothing(None, (8,)), counts_nothing(None, (8,))) == ({}, 0)
