"""The judge's own error, measured small: the large table is made by `make calibration`."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from calibration import simulated
from calibration.batches import judge_crossed, judge_fixed, judge_watched
from calibration.calibrating import Truth, forecast, run, upper_bound
from calibration.simulation import NORMAL, POPULATIONS, STRESS
from steepest.judge.images import judge_images
from steepest.judge.sequential import judge_all_anytime
from steepest.judge.verdict import judge_all

COMPARISONS = 600
# 600 comparisons at a true rate of 5 % show more than 7.5 % with a chance of 0.4 %
LOOSE = 0.075


def families(seed, shape):
    random = np.random.default_rng(seed)
    return random.normal(0, 0.004, shape) + random.uniform(-0.006, 0.006, shape[:2])[..., None]


def test_a_batch_gets_the_verdicts_of_judge_all():
    batch = families(0, (12, 3, 8))
    kinds = judge_fixed(batch, 0.004).kinds
    for family, mine in zip(batch, kinds, strict=True):
        verdicts = judge_all(dict(enumerate(family)), margin=0.004)
        assert [each.kind for each in verdicts.values()] == mine.tolist()
    assert len(np.unique(kinds)) == 4


def test_a_batch_gets_the_first_verdicts_of_judge_all_anytime():
    batch = families(1, (6, 2, 24))
    watched = judge_watched(batch, 0.005)
    for row, family in enumerate(batch):
        for pair in range(2):
            used = int(watched.used[row, pair])
            then = judge_all_anytime(dict(enumerate(family[:, :used])), margin=0.005)[pair]
            assert then.kind == watched.kinds[row, pair]
            if then.decided:
                before = judge_all_anytime(dict(enumerate(family[:, : used - 1])), margin=0.005)[pair]
                assert not before.decided


def test_a_batch_gets_the_verdicts_of_judge_images():
    random = np.random.default_rng(2)
    a, b = random.random((2, 10, 8, 60)) < np.array([0.75, 0.6])[:, None, None, None]
    kinds = judge_crossed(a.astype(float) - b, 0.01).kinds[:, 0]
    assert [judge_images(*both, margin=0.01).kind for both in zip(a, b, strict=True)] == kinds.tolist()
    assert len(np.unique(kinds)) > 1


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("mode", [simulated.FIXED, simulated.WATCHED])
def test_studies_of_the_same_rule_are_seldom_told_apart(population, mode):
    n = 10 if mode == simulated.FIXED else 40
    for line in (simulated.one_pair, simulated.three_pairs, simulated.equivalence):
        row = run(line(mode, population, n), COMPARISONS, seed=1)
        assert row.rate < LOOSE
        assert row.false_planted / row.comparisons < LOOSE
        assert row.power > 0.05


@pytest.mark.parametrize("line", list(simulated.image_experiments()), ids=lambda each: each.population)
def test_neither_new_images_nor_times_are_told_apart_without_cause(line):
    row = run(line, 300, seed=1)
    assert row.rate < LOOSE + 0.02
    assert row.power > row.rate


def test_the_measurement_can_fail_a_judge_that_peeks_at_t_tests():
    def careless(batch, margin):
        kinds = judge_fixed(batch[..., :6], margin)
        right = np.zeros(batch.shape[:2], bool)
        for n in range(5, batch.shape[-1] + 1):
            right |= stats.ttest_1samp(batch[..., :n], 0.0, axis=-1).pvalue <= 0.05
        return replace(kinds, kinds=np.where(right, "better", "undecided"))

    honest = simulated.one_pair(simulated.WATCHED, NORMAL, 40)
    row = run(replace(honest, judge=careless), COMPARISONS)
    assert row.rate > 0.15
    assert not row.kept


def test_seeds_that_are_taken_for_studies_show_as_false_verdicts():
    wrong = next(each for each in STRESS if each.name == "seeds taken for studies")
    assert run(simulated.one_pair(simulated.FIXED, wrong, 10), COMPARISONS).rate > 0.12


def test_a_planted_effect_of_one_spread_is_found_about_as_often_as_the_t_test_finds_it():
    row = run(simulated.one_pair(simulated.FIXED, NORMAL, 10), COMPARISONS)
    reach = stats.t.isf(0.025, 9)
    t_power = stats.nct.sf(reach, 9, np.sqrt(10))
    assert row.power == pytest.approx(t_power, abs=0.06)


def test_power_and_false_verdicts_are_counted_as_defined():
    kinds = np.array([["better", "worse"], ["undecided", "equivalent"], ["better", "undecided"]])
    line = simulated.three_pairs(simulated.FIXED, NORMAL, 10)
    truth = Truth(lambda random, count: np.zeros((count, 2, 1)), (("worse",), ("worse",)), (("better",), ()))

    def fixed_answer(batch, margin):
        return replace(judge_fixed(batch, margin), kinds=kinds, used=np.full((3, 2), 7))

    row = run(replace(line, judge=fixed_answer, null=truth, planted=truth), 3)
    assert (row.false, row.false_planted) == (1, 1)
    assert (row.power, row.used) == (pytest.approx(2 / 3), 7)


def test_the_upper_bound_is_clopper_and_pearsons():
    assert upper_bound(100, 2000) == pytest.approx(stats.beta.ppf(0.95, 101, 1900))
    assert upper_bound(2000, 2000) == 1.0


@pytest.mark.parametrize("population", [*POPULATIONS, *STRESS], ids=lambda each: each.name)
def test_all_sides_of_a_population_have_the_same_centre(population):
    drawn = population.draw(np.random.default_rng(0), (1, 2, 400_000))[0]
    middle = np.mean if not population.same else np.median
    # half a thousandth of accuracy; a tenth of that side's runs lie 0.85 below, which takes some averaging
    assert middle(drawn[0]) == pytest.approx(middle(drawn[1]), abs=5e-4 if population.same else 2e-3)
    assert population.spread() == pytest.approx(0.005, rel=0.35) or population.name == "ties"


def test_most_forecasts_on_normal_studies_come_true():
    found = forecast(NORMAL, 150)
    assert found.asked > 10
    assert found.decided / found.asked > 0.6
