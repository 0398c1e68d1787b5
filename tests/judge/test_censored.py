import numpy as np
import pytest
from scipy import stats

from steepest.errors import UserError
from steepest.judge.censored import STEPS, Arrivals, judge_all_times, judge_times
from steepest.judge.verdict import judge

ALL = [True] * 8


def test_the_candidate_is_better_when_it_saves_time():
    fast, slow = np.arange(100, 180, 10), np.arange(200, 280, 10)
    verdict = judge_times(fast, slow, ALL, ALL, horizon=1000)
    assert verdict.kind == "better"
    assert verdict.mean == 100
    assert judge_times(slow, fast, ALL, ALL, horizon=1000).kind == "worse"
    assert "better: +100 steps" in verdict.sentence
    assert "candidate: 8 of 8 arrived by then, median 130 steps" in verdict.sentence
    assert (
        "where a run that has not arrived by the common horizon of 1,000 steps counts as arriving then"
        in verdict.sentence
    )


def test_a_pair_that_is_censored_on_both_sides_counts_for_neither():
    arrived = [True] * 6 + [False, False]
    times_a, times_b = [100] * 6 + [7, 9], [150] * 6 + [1, 2]
    verdict = judge_times(times_a, times_b, arrived, arrived, horizon=1000)
    assert verdict.p == judge([50.0] * 6 + [0.0, 0.0], margin=0).p == 2 / 2**6


def test_a_run_that_has_not_arrived_counts_as_the_horizon():
    side = Arrivals([300, 999, 500], [True, False, True], horizon=800)
    assert side.restricted.tolist() == [300, 800, 500]
    assert side.count == (2, 3)


def test_the_median_is_kaplan_and_meiers_and_may_not_be_reached():
    assert Arrivals([3, 1, 2, 9], [True, True, True, False], horizon=10).median == 2
    assert Arrivals([3, 1, 2], [True, True, True], horizon=10).median == 2
    few = Arrivals([3, 1, 2, 5, 5], [True, True, False, False, False], horizon=10)
    assert few.median is None
    assert few.told(STEPS) == "2 of 5 arrived by then, median not reached"
    assert Arrivals([5, 5], [False, False], horizon=10).median is None


@pytest.mark.parametrize("runs", [2, 7, 24, 38, 49])
def test_the_median_is_reached_where_exactly_half_arrived_and_not_where_one_less_did(runs):
    half, times = -(-runs // 2), np.arange(1, runs + 1)
    arrived = Arrivals(times, times <= half, horizon=1000)
    assert arrived.median == half
    assert arrived.told(STEPS) == f"{half} of {runs} arrived by then, median {half} steps"
    assert Arrivals(times, times < half, horizon=1000).median is None


def test_the_median_is_where_the_product_limit_estimate_falls_to_one_half():
    random = np.random.default_rng(0)
    for runs in (5, 8, 13, 40):
        times, arrived = random.integers(1, 12, runs), random.random(runs) < 0.7
        data = stats.CensoredData(times[arrived], right=np.full(int((~arrived).sum()), 20.0))
        survival = stats.ecdf(data).sf
        reached = survival.quantiles[survival.probabilities <= 0.5 + 1e-9]
        assert Arrivals(times, arrived, horizon=20).median == (reached[0] if len(reached) else None)


def test_runs_that_arrived_after_the_horizon_are_told_apart():
    side = Arrivals([9, 9, 3], [False, False, True], horizon=5, later=1)
    assert side.told(STEPS) == "1 of 3 arrived by then (1 later), median not reached"


def test_seeds_of_a_study_are_averaged_before_pairs_are_compared():
    side = Arrivals([[100, 300], [200, 0]], [[True, True], [True, False]], horizon=1000)
    assert side.restricted.tolist() == [200, 600]
    assert side.count == (3, 4)


def test_several_pairs_share_a_side_and_are_held_to_holm():
    random = np.random.default_rng(0)
    sides = [Arrivals(random.uniform(100, 900, 8), ALL, 1000) for _ in range(3)]
    verdicts = judge_all_times({(a, b): (sides[a], sides[b]) for a, b in ((0, 1), (0, 2), (1, 2))})
    assert all(each.pairs == 3 for each in verdicts.values())


@pytest.mark.parametrize(
    ("times", "arrived", "line"),
    [
        ([1, 2], [True], r"Each time needs to be marked .* shapes \[2\] and \[1\] came"),
        ([1, 20], [True, True], "within the horizon of 10; 20 came"),
        ([0, 2], [True, True], "time above 0 .* 0 came"),
        ([], [], r"shapes \[0\]"),
    ],
)
def test_times_that_make_no_sense_are_refused(times, arrived, line):
    with pytest.raises(UserError, match=line):
        Arrivals(times, arrived, horizon=10)


def test_sides_of_different_length_or_horizon_are_refused():
    one = Arrivals([1, 2], [True, True], horizon=10)
    other = Arrivals([1, 2], [True, True], horizon=20)
    with pytest.raises(UserError, match="horizons of 10 and 20"):
        judge_all_times({0: (one, other)})
