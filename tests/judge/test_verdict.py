import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steepest.errors import UserError
from steepest.judge.measure import Measure
from steepest.judge.verdict import correlation, judge, judge_all

STUDIES, SEEDS = Measure(one="study", many="studies"), Measure(one="seed", many="seeds")
CLEAR = [0.004, 0.006, 0.005, 0.003, 0.007, 0.005, 0.006, 0.004]
NOISE = [0.004, -0.006, 0.005, -0.003, 0.002, -0.005, 0.006, -0.002]
MIRROR = {"better": "worse", "worse": "better"}
rows = st.lists(st.integers(-60, 60).map(lambda whole: whole / 1000), min_size=1, max_size=9)


@given(rows)
@settings(deadline=None, max_examples=30)
def test_turning_the_sides_turns_the_verdict(row):
    forth, back = judge(row, margin=0.01), judge(-np.array(row), margin=0.01)
    assert back.kind == MIRROR.get(forth.kind, forth.kind)
    assert (back.p, back.p_equivalent) == pytest.approx((forth.p, forth.p_equivalent))
    assert (back.low, back.high, back.mean) == pytest.approx((-forth.high, -forth.low, -forth.mean))
    assert back.more == forth.more


@given(rows, st.sampled_from([0.001, 100.0, 7.0]))
@settings(deadline=None, max_examples=30)
def test_the_unit_of_the_differences_changes_no_verdict(row, scale):
    plain = judge(row, margin=0.01)
    scaled = judge(np.array(row) * scale, margin=0.01 * scale)
    assert (scaled.kind, scaled.p, scaled.more) == (plain.kind, plain.p, plain.more)
    assert scaled.p_equivalent == pytest.approx(plain.p_equivalent)


@given(rows)
@settings(deadline=None, max_examples=30)
def test_the_interval_and_the_test_agree(row):
    verdict = judge(row, margin=0.0)
    assert (verdict.p <= 0.05) == (not verdict.low <= 1e-12 or not verdict.high >= -1e-12)
    assert verdict.low <= verdict.mean <= verdict.high
    assert verdict.p >= verdict.floor


def test_fewer_than_six_pairs_never_differ():
    for n in range(1, 6):
        verdict = judge([0.01] * n, margin=0.0)
        assert verdict.kind == "undecided"
        assert verdict.floor > 0.05
        assert (verdict.low, verdict.high) == (-np.inf, np.inf)
    assert judge([0.01] * 6, margin=0.0).kind == "better"


def test_equivalence_needs_one_pair_fewer_than_better_or_worse():
    assert judge([0.001] * 5, margin=0.01).kind == "equivalent"
    assert judge([0.001] * 4, margin=0.01).kind == "undecided"


@pytest.mark.parametrize(
    ("row", "margin", "measure", "sentence"),
    [
        (CLEAR, 0.001, STUDIES, "better: +0.50 points (95 % interval 0.40 to 0.60), p = 0.0078 over 8 studies"),
        (
            [-each for each in CLEAR],
            0.001,
            SEEDS,
            "worse: -0.50 points (95 % interval -0.60 to -0.40), p = 0.0078 over 8 seeds",
        ),
        (
            NOISE,
            0.02,
            STUDIES,
            "equivalent within 2.00 points: +0.01 points (95 % interval -0.43 to 0.45), p = 0.0039 over 8 studies",
        ),
        (
            CLEAR,
            0.02,
            STUDIES,
            "equivalent within 2.00 points: +0.50 points (95 % interval 0.40 to 0.60), p = 0.0039 over 8 "
            "studies; the difference is real (p = 0.0078) but smaller than the margin",
        ),
        (
            NOISE,
            0.0,
            STUDIES,
            "undecided: +0.01 points (95 % interval -0.43 to 0.45), p = 1 over 8 studies; the difference is "
            "smaller than its own error, and no margin was given to call them equivalent",
        ),
        (
            [0.01],
            0.0,
            SEEDS,
            "undecided: 1 seed can never reach p < 0.05 for better or worse (the floor is 1); +1.00 points so "
            "far; it takes 6 seeds or more; one difference shows no spread, so nothing can be forecast",
        ),
    ],
)
def test_each_verdict_reads_as_a_sentence(row, margin, measure, sentence):
    assert judge(row, margin=margin, measure=measure).sentence == sentence


def test_other_measures_are_told_in_their_own_unit():
    nats = Measure(factor=1.0, unit="nats", digits=3, one="seed", many="seeds")
    assert "+0.005 nats (95 % interval 0.004 to 0.006)" in judge(CLEAR, margin=0, measure=nats).sentence


def test_more_pairs_raise_what_each_must_reach():
    family = judge_all({"clear": CLEAR, "noise": NOISE, "again": NOISE}, margin=0.0)
    assert family["clear"].p_adjusted == pytest.approx(3 * family["clear"].p)
    assert "p = 0.0234 after Holm over 3 comparisons over 8 pairs" in family["clear"].sentence
    assert family["noise"].pairs == 3


def test_a_family_too_large_for_its_studies_is_refused_with_the_number_that_would_do():
    family = judge_all({key: [*CLEAR, 0.004, 0.005] for key in range(28)}, margin=0.0)
    assert {each.kind for each in family.values()} == {"undecided"}
    line = family[0].sentence
    assert (
        "10 pairs can never reach p < 0.05 for better or worse after Holm over 28 comparisons "
        "(the floor is 0.0547)" in line
    )
    assert family[0].more == 1
    assert judge_all(dict.fromkeys(range(28), CLEAR[:6]), margin=0.0)[0].more >= 5
    larger = judge_all({key: [*CLEAR, 0.004, 0.005, 0.006] for key in range(28)}, margin=0.0)
    assert {each.kind for each in larger.values()} == {"better"}


def test_equivalence_is_adjusted_by_the_number_of_pairs():
    family = judge_all({"a": NOISE, "b": CLEAR}, margin=0.02)
    assert family["a"].p_equivalent_adjusted == 2 * family["a"].p_equivalent
    assert "after Bonferroni over 2 comparisons" in family["a"].sentence


def test_a_verdict_is_plain_json_even_where_an_end_is_open():
    record = json.loads(json.dumps(judge([0.01, 0.02], margin=0.0).to_dict(), allow_nan=False))
    assert record["low"] is None
    assert record["kind"] == "undecided"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ([], "one a pair"),
        ([[0.1, 0.2]], r"shape \[1, 2\] came"),
        ([0.1, float("inf")], "Difference 2 of 2 is inf, and no mean can hold it."),
    ],
)
def test_differences_that_cannot_be_judged_are_refused(row, line):
    with pytest.raises(UserError, match=line):
        judge(row, margin=0.01)


@pytest.mark.parametrize(("margin", "alpha"), [(-0.1, 0.05), (float("nan"), 0.05), (0.1, 0.5), (0.1, 0)])
def test_senseless_levels_are_refused(margin, alpha):
    with pytest.raises(UserError, match="came"):
        judge(CLEAR, margin=margin, alpha=alpha)


def test_correlation_is_numpys_and_none_where_a_side_is_constant():
    random = np.random.default_rng(0)
    a, b = random.standard_normal((2, 12))
    assert correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert correlation(a, -a) == pytest.approx(-1)
    assert correlation(a, np.full(12, 0.3)) is None
    assert correlation([0.1], [0.2]) is None
    with pytest.raises(UserError, match="12 and 11 values"):
        correlation(a, b[:-1])
