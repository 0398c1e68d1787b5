import tracemalloc

import numpy as np
import pytest

from steepest.errors import UserError
from steepest.judge.anytime import floor
from steepest.judge.sequential import Sequential, judge_all_anytime, judge_anytime, more_until_decided, side_of


def test_differences_are_added_until_a_verdict_falls():
    watched = Sequential(margin=0.001)
    random = np.random.default_rng(0)
    while not watched.finished:
        watched.add(random.normal(0.004, 0.002))
    assert watched.verdict.kind == "better"
    assert 7 <= watched.verdict.n <= 12
    assert watched.verdict == judge_anytime(watched.differences, margin=0.001)


def test_turning_the_sides_turns_the_verdict():
    row = np.random.default_rng(1).normal(0.004, 0.002, 12)
    better, worse = judge_anytime(row, margin=0.0), judge_anytime(-row, margin=0.0)
    assert (better.kind, worse.kind) == ("better", "worse")
    assert better.p == worse.p
    assert (better.low, better.high) == pytest.approx((-worse.high, -worse.low), abs=1e-6)


def test_small_differences_beside_the_margin_are_equivalent():
    row = np.random.default_rng(2).normal(0, 0.001, 12)
    verdict = judge_anytime(row, margin=0.01)
    assert verdict.kind == "equivalent"
    assert verdict.sentence.startswith("equivalent within 1.00 points: ")


def test_nothing_yet_is_undecided_and_the_maximum_is_kept():
    watched = Sequential(margin=0.0, maximum=3)
    assert watched.verdict.sentence == "undecided: nothing has come yet"
    for each in (0.1, -0.1, 0.2):
        assert not watched.finished
        watched.add(each)
    assert watched.finished
    assert watched.verdict.kind == "undecided"
    assert watched.verdict.why == "the maximum is reached"
    with pytest.raises(UserError, match=r"The maximum is 3 pairs, and so many have come\."):
        watched.add(0.1)


def test_what_so_few_cannot_reach_is_told_by_the_anytime_tests_own_floor():
    judged = judge_all_anytime({"a": [0.01] * 7, "b": [0.01] * 7}, margin=0.0, maximum=7)["a"]
    assert judged.floor == floor(7)
    assert judged.sentence == (
        "undecided: 7 pairs can never reach p < 0.05 for better or worse after Holm over 2 comparisons (the floor "
        "is 0.0534); +1.00 points so far; it takes 8 pairs or more; the maximum is reached"
    )


def test_a_difference_that_is_not_finite_is_refused_when_it_comes():
    with pytest.raises(UserError, match="compare by accuracy"):
        Sequential(margin=0.0).add(float("nan"))


def test_many_small_gains_and_one_large_loss_are_no_better():
    row = np.array([0.003] * 9 + [-0.85])
    assert judge_anytime(row[:9], margin=0.0).kind == "better"
    assert side_of(row)[8] == 1
    assert side_of(row)[9] == 0
    assert judge_anytime(row, margin=0.0).kind == "undecided"


def test_several_pairs_are_held_to_holm():
    random = np.random.default_rng(3)
    row = random.normal(0.004, 0.002, 8)
    alone = judge_anytime(row, margin=0.0)
    noise = {name: random.normal(0, 0.002, 8) for name in "abcdef"}
    among = judge_all_anytime({"row": row, **noise}, margin=0.0)["row"]
    assert alone.p == among.p
    assert among.p_adjusted == pytest.approx(min(1, 7 * among.p))


def test_the_forecast_is_short_for_a_clear_difference_and_absent_for_none():
    clear = np.array([0.9, 1.1, 1.0, 0.95])
    number, _ = more_until_decided(clear, 0.0, 0.05, maximum=100)
    assert 3 <= number <= 6
    unclear = np.array([0.9, -1.1, 1.0, -0.8, 0.3, -0.3])
    number, why = more_until_decided(unclear, 0.0, 0.05, maximum=100)
    assert number is None
    assert why == "probably not decided by the maximum of 100"


def test_a_maximum_of_many_takes_little_memory():
    tracemalloc.start()
    more_until_decided(np.random.default_rng(0).normal(0, 0.004, 8), 0.0, 0.05, 2000)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
