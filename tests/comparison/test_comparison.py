from dataclasses import replace

import numpy as np
import pytest

from comparison_fakes import invented
from steepest.comparison.comparison import horizon, measure_of, number_of, told, values_of
from steepest.comparison.costs import side_rows
from steepest.comparison.results import Arrival
from steepest.comparison.tuning import best
from steepest.judge.verdict import correlation, judge_all


def test_the_best_by_validation_is_reported(tuned):
    for side in tuned.sides:
        for study in range(6):
            chosen = best(tuned.trials_of(side, study))
            assert tuned.chosen(side, study) == chosen
            assert {told(run.settings) for run in tuned.reported(side, study)} == {told(chosen.trial.settings)}


def test_a_study_is_one_unit_the_mean_of_its_seeds(tuned):
    values = values_of(tuned, "adam")
    by_hand = [np.mean([run.accuracy for run in tuned.reported("adam", unit)]) for unit in range(6)]
    assert values.tolist() == by_hand
    pair = ("sgd", "adam")
    expected = judge_all({pair: values_of(tuned, "sgd") - values}, margin=0.005)[pair]
    assert tuned.verdicts[pair].p == expected.p
    assert tuned.verdicts[pair].n == 6
    assert tuned.correlations[pair] == correlation(values_of(tuned, "sgd"), values)


def test_smaller_tuning_budgets_have_reports_and_verdicts_of_their_own(tuned):
    assert tuned.budgets == [1, 2, 4]
    for side in tuned.sides:
        first = tuned.trials_of(side, 0)[0]
        assert tuned.chosen(side, 0, 1) == first
        assert {told(run.settings) for run in tuned.reported(side, 0, 1)} == {told(first.trial.settings)}


def test_times_to_a_target_are_counted_in_steps_of_whole_epochs(fixed):
    for run in fixed.results:
        assert run.steps == 6  # 48 images in batches of 16, two epochs
        assert run.epochs == 2
        assert run.arrival is None or run.arrival.steps in {3, 6}
    assert any(run.arrival for run in fixed.results)


def test_a_run_that_never_arrives_counts_as_the_end_of_a_further_epoch(small):
    compared = small("sgd@lr=0.0001", "adam@lr=0.05", fixed=True, seeds=7, metric="steps", target=0.8)
    slow = values_of(compared, "sgd@lr=0.0001")
    assert set(slow.tolist()) <= {3.0, 6.0, 9.0}
    assert slow.max() == 9
    verdict = compared.verdicts["sgd@lr=0.0001", "adam@lr=0.05"]
    assert verdict.kind == "worse"
    told = "where a run that has not arrived by the common horizon of 9 steps counts as arriving then"
    assert told in verdict.sentence


def test_a_dearer_side_that_arrives_after_the_common_horizon_is_told_to_have_arrived_later():
    found = invented(levels=(0.95, 0.95), fixed=True, metric="passes", target=0.9)
    late = {"backwards": 1500, "arrival": Arrival(300, 1300, 0.75)}  # of 2,000 passes; sgd has 1,000
    dear = tuple(replace(r, **late) if r.side == "adam" else r for r in found.results)
    found = replace(found, results=dear)
    assert horizon(found) == 1200  # an epoch beyond the cheaper side's five
    sentence = found.verdicts["adam", "sgd"].sentence
    assert "by the common horizon of 1,200 passes counts as arriving then" in sentence
    assert "candidate: 0 of 8 arrived by then (8 later), median not reached" in sentence
    assert "reference: 8 of 8 arrived by then, median 600 passes" in sentence
    assert [row.arrived for row in side_rows(found)] == [8, 8]


def test_a_diverged_run_counts_as_chance_and_as_the_worst_loss(small):
    sides = ("sgd@lr=1e38", "adam")
    compared = small(*sides, fixed=True, seeds=6, metric="loss")
    dead = [each for each in compared.results if each.side == sides[0]]
    assert all(each.diverged and each.accuracy == 0.5 and not each.weights for each in dead)
    worst = max([np.log(2), *(each.loss for each in compared.results if not each.diverged)])
    assert values_of(compared, sides[0]).tolist() == [worst] * 6
    assert "nats of loss saved" in compared.verdicts[sides].sentence


def test_new_images_need_which_ones_were_right_and_make_intervals_wider(small):
    asked = {"fixed": True, "seeds": 8}
    narrow = small("sgd@lr=0.01", "adam@lr=0.01", **asked)
    wide = small("sgd@lr=0.01", "adam@lr=0.01", test_images=True, **asked)
    pair = ("sgd@lr=0.01", "adam@lr=0.01")
    assert not any(each.correct for each in narrow.results)
    assert wide.verdicts[pair].mean == pytest.approx(narrow.verdicts[pair].mean)
    assert wide.verdicts[pair].low <= narrow.verdicts[pair].low
    assert wide.verdicts[pair].high >= narrow.verdicts[pair].high
    assert "crossed over 32 images" in wide.verdicts[pair].method


def test_a_verdict_is_seen_from_either_side_and_not_where_it_was_not_judged():
    found = invented(("adam", "sgd", "lion"), (0.95, 0.90, 0.90), fixed=True, candidate="adam")
    assert found.verdicts["adam", "sgd"].kind == "better"
    mean = found.verdicts["adam", "sgd"].mean
    assert found.seen_from("adam", "sgd") == ("better", mean)
    assert found.seen_from("sgd", "adam") == ("worse", -mean)
    assert found.seen_from("sgd", "lion") is None
    assert found.decided == all(each.decided for each in found.verdicts.values())


def test_differences_are_told_in_the_metrics_own_unit():
    told = {"accuracy": (100.0, "points"), "loss": (1.0, "nats of loss saved"), "steps": (1.0, "steps")}
    for metric, words in told.items():
        measure = measure_of(invented(fixed=True, metric=metric, target=0.9))
        assert ((measure.factor, measure.unit), measure.many) == (words, "seeds")
    assert measure_of(invented()).many == "studies"


def test_a_runs_number_is_what_is_compared():
    found = invented(fixed=True, metric="loss", diverge="adam")
    number = number_of(found)
    dead, *others = found.reported("adam", 0) + found.reported("adam", 1)
    assert dead.diverged
    assert number(dead) == max(np.log(10), *(each.loss for each in others))
    assert number(others[0]) == others[0].loss


def test_a_budget_is_reported_only_where_every_side_has_its_runs():
    found = invented(trials=4)
    assert found.budgets == [1, 2, 4]
    first = told(found.chosen("adam", 3, 1).trial.settings)
    others = {told(found.chosen("adam", 3, budget).trial.settings) for budget in (2, 4)}
    assert first not in others, "choose another seed for the invented comparison"
    less = tuple(r for r in found.results if (r.side, r.unit, told(r.settings)) != ("adam", 3, first))
    assert replace(found, results=less).budgets == [2, 4]
