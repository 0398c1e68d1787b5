from hypothesis import given
from hypothesis import strategies as st

from steepest.content.axes import Axes, ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(3, 10))
def test_ticks_lie_inside_and_are_neither_too_many_nor_none(low: float, size: float, most: int) -> None:
    high = low + size
    if high - low < 1e-9 * abs(low) + 1e-9:
        return
    marks = ticks(low, high, most)
    assert 1 <= len(marks) <= most + 1
    slack = 1e-6 * size + 1e-9 * abs(low)
    assert all(low - slack <= mark <= high + slack for mark in marks)


def test_both_ends_are_marked_where_they_are_round() -> None:
    assert ticks(0, 1) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_values_grow_to_the_right_and_upwards() -> None:
    axes = Axes((0, 10), (0, 1), left=0, right=100, top=0, bottom=50)
    assert (axes.x(0), axes.x(10), axes.y(0), axes.y(1)) == (0, 100, 50, 0)
