import tracemalloc

import numpy as np
import pytest
from scipy import stats

from steepest.errors import UserError
from steepest.judge.images import Crossed, judge_images, pigeonhole_interval
from steepest.judge.verdict import judge


def sides(gain=0.0, taste=0.0, n=10, images=400, seed=0):
    random = np.random.default_rng(seed)
    easy = random.normal(2, 2, images)
    own = random.normal(0, taste, images) if taste else 0.0
    chance = [1 / (1 + np.exp(-(easy + sign * own + lift))) for sign, lift in ((1, gain), (-1, 0))]
    return [random.random((n, images)) < each for each in chance]


def test_the_variance_is_that_of_resampling_rows_and_columns():
    random = np.random.default_rng(0)
    table = random.normal(size=(12, 1)) + random.normal(size=(1, 30)) + random.normal(size=(12, 30))
    crossed = Crossed.of(table)
    low, high = pigeonhole_interval(table, alpha=0.05)
    # the bootstrap divides by n, ours by n - 1, and it holds one share of the noise more
    assert high - low == pytest.approx(2 * 1.96 * float(crossed.error), rel=0.12)
    by_unit, by_image = table.mean(axis=1), table.mean(axis=0)
    assert float(crossed.rows) == pytest.approx(by_unit.var(ddof=1) / 12)
    assert float(crossed.columns) == pytest.approx(by_image.var(ddof=1) / 30)


def test_degrees_of_freedom_lie_between_those_of_the_two_sources():
    random = np.random.default_rng(1)
    rows_alone = Crossed.of(random.normal(size=(8, 1)) + np.zeros((1, 50)))
    columns_alone = Crossed.of(np.zeros((8, 1)) + random.normal(size=(1, 50)))
    assert float(rows_alone.freedom) == pytest.approx(7)
    assert float(columns_alone.freedom) == pytest.approx(49)


def test_tails_and_quantiles_are_students():
    freedom = np.linspace(1, 400, 57)[:, None]
    mean = np.array([-7.0, -1.5, -1e-9, 0.0, 1e-9, 0.3, 2.0, 38.0])
    crossed = Crossed(mean, np.full(8, 0.3), np.full(8, 0.7), freedom)  # an error of 1
    for value in (0.0, 0.5):
        assert np.array_equal(crossed.p_greater(value), stats.t.sf(mean - value, freedom))
        assert np.array_equal(crossed.p_less(value), stats.t.sf(value - mean, freedom))
    for alpha in (0.001, 0.05, 0.1):
        reach = stats.t.isf(alpha / 2, freedom)
        assert np.array_equal(crossed.interval(alpha), (mean - reach, mean + reach))


def test_a_table_without_scatter_leaves_nothing_to_doubt():
    certain = Crossed.of(np.full((4, 8), 0.25))
    assert [float(certain.p_greater(value)) for value in (0.1, 0.25, 0.3)] == [0.0, 0.5, 1.0]


def test_a_real_gain_is_found_and_turns_with_the_sides():
    a, b = sides(gain=1.5)
    better, worse = judge_images(a, b, margin=0.001), judge_images(b, a, margin=0.001)
    assert (better.kind, worse.kind) == ("better", "worse")
    assert (better.low, better.high) == pytest.approx((-worse.high, -worse.low))
    assert better.p == pytest.approx(worse.p)
    assert better.bootstrap_low == pytest.approx(better.low, abs=0.02)


def test_what_holds_on_these_images_alone_is_not_said_of_new_ones():
    a, b = sides(taste=2.0, images=60, seed=5)
    narrow = judge((a.mean(axis=1) - b.mean(axis=1)), margin=0.001)
    wide = judge_images(a, b, margin=0.001)
    assert narrow.kind != "undecided"
    assert wide.kind == "undecided"
    assert wide.p > narrow.p
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_verdict_for_new_images_is_never_surer_than_that_for_these():
    for seed in range(6):
        a, b = sides(gain=0.3, taste=0.5, seed=seed)
        narrow = judge(a.mean(axis=1) - b.mean(axis=1), margin=0.01)
        wide = judge_images(a, b, margin=0.01)
        assert wide.p >= narrow.p
        assert wide.p_equivalent >= narrow.p_equivalent


def test_sides_that_never_differ_are_equivalent():
    a, _ = sides()
    verdict = judge_images(a, a, margin=0.01)
    assert verdict.kind == "equivalent"
    assert (verdict.p, verdict.mean, verdict.low, verdict.high) == (1.0, 0.0, 0.0, 0.0)


def test_shares_of_seeds_are_taken_as_well_as_right_and_wrong():
    a, b = sides(gain=1.5)
    shares = (a.astype(float) + a[::-1]) / 2
    assert judge_images(shares, b, margin=0.001).kind == "better"


def test_too_few_images_are_named_where_they_are_the_limit():
    a, b = sides(taste=2.0, images=60, seed=5)
    assert "or the 60 test images are too few" in judge_images(a, b, margin=0.001).sentence


@pytest.mark.parametrize("shapes", [((3, 5), (3, 4)), ((1, 5), (1, 5)), ((5,), (5,))])
def test_tables_that_do_not_fit_are_refused(shapes):
    with pytest.raises(UserError, match="two equal tables"):
        judge_images(np.zeros(shapes[0]), np.zeros(shapes[1]), margin=0.01)


def test_ten_thousand_images_are_drawn_anew_in_little_memory():
    random = np.random.default_rng(0)
    table = (random.random((6, 10_000)) < 0.95) - (random.random((6, 10_000)) < 0.94).astype(float)
    tracemalloc.start()
    low, high = pigeonhole_interval(table, alpha=0.05)
    assert tracemalloc.get_traced_memory()[1] < 50e6  # all draws at once were 320 MB
    tracemalloc.stop()
    error = np.sqrt(table.mean(axis=1).var() / 6 + table.mean(axis=0).var() / 10_000 + table.var() / 60_000)
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.1)
