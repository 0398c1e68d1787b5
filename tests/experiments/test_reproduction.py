from math import inf, sqrt
from statistics import stdev

import pytest

from steepest.content.content import Figure, figure_of, record_of
from steepest.errors import UserError
from steepest.experiments.reproduction import ALONE, agreement, half_unit


def figure(published, ours, **how) -> Figure:
    return Figure("accuracy", published, tuple(ours), **how)


def test_a_figure_within_three_spreads_of_a_new_run_agrees_and_one_beyond_differs() -> None:
    ours = (0.90, 0.91, 0.92)
    reach = 3 * stdev(ours) * sqrt(1 + 1 / 3)
    inside, outside = figure(0.91 + 0.99 * reach, ours), figure(0.91 + 1.01 * reach, ours)
    assert agreement(inside).verdict == "agrees"
    assert agreement(outside).verdict == "differs"
    assert agreement(inside).allowed == pytest.approx(reach)


def test_a_figure_need_not_be_nearer_than_it_was_printed() -> None:
    same = (0.98264, 0.98264, 0.98264)
    assert agreement(figure(0.9826, same, digits=4)).verdict == "agrees"
    assert agreement(figure(0.9826, (0.98266,) * 3, digits=4)).verdict == "differs"
    assert half_unit(figure(0.98, (0.98,), digits=2)) == pytest.approx(0.005)


def test_a_stated_tolerance_counts_where_it_is_wider() -> None:
    assert agreement(figure(0.8, (0.85,), tolerance=0.06)).verdict == "agrees"
    assert agreement(figure(0.8, (0.87,), tolerance=0.06)).verdict == "differs"


def test_an_exact_figure_must_show_the_printed_digits_however_tolerant() -> None:
    shown = {"digits": 9, "exact": True, "tolerance": 1.0}
    assert agreement(figure(0.000351869, (0.000351776,), **shown)).verdict == "differs"
    assert agreement(figure(0.000351869, (0.0003518694,), **shown)).verdict == "agrees"
    both = (0.0003518694, 0.0003518699)  # one of two that differ is enough
    assert agreement(figure(0.000351869, both, **shown)).verdict == "differs"


def test_what_was_not_published_or_is_not_comparable_is_not_judged() -> None:
    assert agreement(figure(None, (0.5,))).verdict == "not published"
    quick = agreement(figure(0.9, (0.5,), comparable=False))
    assert quick.verdict == "quick: not comparable"
    assert quick.allowed is None


def test_a_recomputed_value_is_compared_alike_but_has_words_of_its_own() -> None:
    same, other = (figure(0.9, (ours,), digits=2, recomputed=True) for ours in (0.901, 0.92))
    assert agreement(same).verdict == "agrees with the recomputed"
    assert agreement(other).verdict == "differs from the recomputed"
    assert agreement(same).allowed == half_unit(same)
    quick = figure(0.9, (0.9,), recomputed=True, comparable=False)
    assert agreement(quick).verdict == "quick: not comparable"


def test_a_run_that_diverged_differs_and_has_no_spread() -> None:
    found = agreement(figure(0.05, (0.05, inf, 0.05)))
    assert (found.verdict, found.mean, found.deviation) == ("differs", inf, None)


def test_one_run_alone_that_differs_is_told_to_have_no_spread() -> None:
    assert ALONE in agreement(figure(0.9, (0.5,), seconds=1.0)).why
    assert ALONE not in agreement(figure(0.9, (0.9,), seconds=1.0)).why
    assert ALONE not in agreement(figure(0.9, (0.5,))).why  # nothing was trained: no seed would help


def test_a_figure_without_values_or_of_an_unknown_unit_is_refused() -> None:
    with pytest.raises(UserError, match="`accuracy` has no value of ours"):
        figure(0.5, ())
    with pytest.raises(UserError, match="the unit `percent`; give % or none"):
        figure(0.5, (0.5,), unit="percent")


def test_a_figure_goes_through_json_and_comes_back() -> None:
    made = figure(0.5, (0.4, inf), unit="%", why="because", seconds=2.0, comparable=False, recomputed=True)
    assert record_of(made)["ours"] == [0.4, None]
    assert figure_of(record_of(made)) == made
