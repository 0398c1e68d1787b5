import re
from math import inf
from xml.etree import ElementTree

import pytest

from content_fakes import ACCURACY, CURVES
from steepest.content.axes import scale_of
from steepest.content.content import Curves, Line, Panels
from steepest.content.html import content_html
from steepest.content.plots import Intervals, Row
from steepest.content.svg import curves_svg, intervals_svg, kind_of, range_of


def test_what_is_no_number_is_left_out_of_a_line() -> None:
    svg = curves_svg(CURVES)
    first, second = re.findall(r"<polyline points=\"([^\"]*)\"", svg)
    assert len(first.split()) == 2
    assert len(second.split()) == 3
    assert "nan" not in svg


def test_a_logarithmic_axis_has_powers_of_ten_and_no_zero() -> None:
    line = Line("l", (1.0, 2.0, 3.0, 4.0), (100.0, 1.0, 0.0, 0.001))
    svg = curves_svg(Curves("C", "x", "loss", (line,), log_y=True))
    (points,) = re.findall(r"<polyline points=\"([^\"]*)\"", svg)
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert len(heights) == 3
    assert (heights[1] - heights[0]) / (heights[2] - heights[1]) == pytest.approx(2 / 3, abs=0.02)
    assert ">0.01<" in svg


def test_an_accuracy_is_told_in_percent_and_one_point_is_an_axis_too() -> None:
    assert ">80%<" in curves_svg(ACCURACY)
    alone = Curves("C", "x", "y", (Line("l", (1.0,), (2.0,)),))
    assert "<polyline" not in curves_svg(alone)
    assert curves_svg(alone).count('class="dot alone c0"') == 1
    assert "There is nothing to draw." in curves_svg(Curves("C", "x", "y", ()))


def test_a_scale_whose_values_span_less_than_a_power_of_ten_still_has_labels() -> None:
    scale = scale_of([2.0, 5.0], log=True)
    assert len(scale.marks) >= 2
    assert scale.words(scale.place(4.0)) == "4"


def test_between_whole_numbers_there_is_no_label() -> None:
    epochs = Curves("C", "epoch", "y", (Line("l", (1.0, 2.0), (0.1, 0.2)),))
    assert ">1.5<" not in curves_svg(epochs)
    assert ">1.2<" not in curves_svg(epochs)
    assert ">2<" in curves_svg(epochs)


def test_lines_of_one_name_have_one_colour_in_all_panels() -> None:
    html = content_html(Panels("P", (CURVES, Curves("D", "x", "y", CURVES.lines[1:]))))
    kinds = re.findall(r"class=\"line (c\d)\"", html)
    assert kinds == ["c0", "c1", "c1"]
    assert kind_of(8) == "c0 dashed"


ROWS = (
    Row("a - b", 1.0, (0.5, 1.5), "better", "better: 1 point"),
    Row("a - c", -0.1, (-inf, inf), "undecided", "open"),
)


def test_the_axis_holds_every_finite_end_the_margin_and_zero() -> None:
    low, high = range_of(Intervals("", "points", ROWS, margin=2.0))
    assert low < -2.0 < 2.0 < high
    assert range_of(Intervals("", "points", ROWS[:1]))[0] > 0


def test_an_open_interval_reaches_from_edge_to_edge() -> None:
    tree = ElementTree.fromstring(intervals_svg(Intervals("", "points", ROWS, margin=0.2)))
    closed, opened = [each for each in tree.iter("line") if each.get("class") == "reach"]
    assert (opened.get("x1"), opened.get("x2")) == ("12.0", "448.0")
    assert 12 < float(closed.get("x1", 0)) < float(closed.get("x2", 0)) < 448


def test_each_row_has_its_kind_and_its_words() -> None:
    svg = intervals_svg(Intervals("", "points", ROWS, margin=0.2))
    assert '<g class="better"><title>a - b: better: 1 point</title>' in svg
    assert svg.count('class="margin"') == svg.count('class="zero"') == 1


def test_single_values_are_dots_and_their_mean_a_stroke() -> None:
    row = Row("adam", 0.95, dots=((0.94, "seed 0"), (0.96, "seed 1")))
    svg = intervals_svg(Intervals("", "test accuracy", (row,)))
    assert svg.count('class="seed"') == 2
    assert svg.count('class="centre"') == 1
    assert 'class="mean"' not in svg
    assert re.search(r">9\d(\.\d)?%<", svg)


def test_a_side_that_never_varies_has_an_axis_too() -> None:
    row = Row("adam", 0.95, dots=((0.95, "seed 0"), (0.95, "seed 1")))
    low, high = range_of(Intervals("", "test accuracy", (row,)))
    assert low < 0.95 < high


def test_what_is_no_number_is_not_drawn() -> None:
    assert "nan" not in intervals_svg(Intervals("", "points", (Row("a", float("nan")),)))
