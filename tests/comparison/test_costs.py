from math import isclose

import numpy as np
import pytest
from scipy import stats

from comparison_fakes import invented
from steepest.comparison.comparison import values_of
from steepest.comparison.costs import mean_interval, side_rows, tuning_costs


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_the_interval_of_a_mean_is_students(n):
    values = np.random.default_rng(n).normal(0.9, 0.01, n)
    low, high = mean_interval(values)
    theirs = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert isclose(low, theirs[0], rel_tol=1e-12)
    assert isclose(high, theirs[1], rel_tol=1e-12)


def test_a_sides_row_has_its_mean_and_what_a_run_of_it_costs():
    found = invented(fixed=True, target=0.9, diverge="adam")
    adam, sgd = side_rows(found)
    assert [adam.side, sgd.side] == ["adam", "sgd"]
    assert sgd.mean == values_of(found, "sgd").mean()
    assert sgd.low < sgd.mean < sgd.high
    assert (adam.runs, adam.diverged, adam.arrived) == (8, 1, 7)
    assert (sgd.seconds, sgd.forwards, sgd.backwards, sgd.steps) == (1.25, 500, 500, 300)


def test_where_fewer_than_half_arrived_there_is_no_median_and_without_a_target_nothing_to_tell():
    far = side_rows(invented(levels=(0.95, 0.5), fixed=True, target=0.9))[1]
    assert (far.arrived, far.steps) == (0, None)
    plain = side_rows(invented(fixed=True))[0]
    assert (plain.arrived, plain.steps) == (None, None)


def test_what_tuning_took_is_summed_over_all_studies():
    found = invented(trials=4)
    for cost in tuning_costs(found):
        mine = [t for t in found.trials if t.trial.side == cost.side]
        assert cost.trials == len(mine) >= 32
        assert cost.widened == len(mine) - 32
        assert cost.diverged == sum(t.accuracy < 0.6 for t in mine)
        assert (cost.forwards, cost.backwards) == (50 * len(mine), 50 * len(mine))
        assert cost.seconds == 0.5 * len(mine)
    assert tuning_costs(invented(fixed=True)) == []
