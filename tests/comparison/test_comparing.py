import json
import re
from dataclasses import replace

import numpy as np
import pytest

from comparison_fakes import BASE, HERE, forget_images, invented
from fakes import stripe_dataset
from steepest.comparison.comparing import comparing
from steepest.comparison.comparison import told
from steepest.comparison.costs import side_rows
from steepest.comparison.doors import drained
from steepest.comparison.judging import differences_of, horizon, values_of
from steepest.comparison.question import question_of
from steepest.comparison.results import Arrival, Criterion
from steepest.comparison.tuning import best
from steepest.comparison.verdict import correlation, judge_all
from steepest.config import Config
from steepest.data import hold_out
from steepest.errors import UserError


def test_every_side_of_a_unit_has_the_same_seeds_batches_and_images(tuned):
    for unit in range(6):
        seeds = [[run.seed for run in tuned.reported(side, unit)] for side in tuned.sides]
        assert seeds == [[2 * unit, 2 * unit + 1]] * 2
    assert len({json.dumps(each) for each in tuned.circumstances.hashes.values()}) == 6
    assert len({each["test"] for each in tuned.circumstances.hashes.values()}) == 1


def test_no_trial_was_measured_on_the_test_split_and_no_report_chose_on_it(tuned):
    def splits(key: str) -> list[str]:
        return list(
            json.loads((tuned.folder / "runs" / key / "outcome.json").read_text())["splits"]
        )

    assert all(splits(each.key) == ["validation"] for each in tuned.trials)
    assert all(splits(each.key) == ["test"] for each in tuned.results)
    tuning = {
        json.loads((tuned.folder / "runs" / each.key / "outcome.json").read_text())["which"]
        for each in tuned.results
    }
    assert tuning == {"last"}


def test_the_best_by_validation_is_reported(tuned):
    for side in tuned.sides:
        for study in range(6):
            chosen = best(tuned.trials_of(side, study))
            assert tuned.chosen(side, study) == chosen
            assert {told(run.settings) for run in tuned.reported(side, study)} == {
                told(chosen.trial.settings)
            }


def test_a_study_is_one_unit_the_mean_of_its_seeds(tuned):
    values = values_of(tuned, "adam")
    by_hand = [np.mean([run.accuracy for run in tuned.reported("adam", unit)]) for unit in range(6)]
    assert values.tolist() == by_hand
    pair = ("sgd", "adam")
    assert differences_of(tuned, pair).tolist() == (values_of(tuned, "sgd") - values).tolist()
    expected = judge_all({pair: differences_of(tuned, pair)}, margin=0.005)[pair]
    assert tuned.verdicts[pair].p == expected.p
    assert tuned.verdicts[pair].n == 6
    assert tuned.correlations[pair] == correlation(values_of(tuned, "sgd"), values)


def test_smaller_tuning_budgets_have_reports_and_verdicts_of_their_own(tuned):
    assert tuned.budgets == [1, 2, 4]
    for side in tuned.sides:
        first = tuned.trials_of(side, 0)[0]
        assert tuned.chosen(side, 0, 1) == first
        assert {told(run.settings) for run in tuned.reported(side, 0, 1)} == {
            told(first.trial.settings)
        }


def test_the_same_call_trains_nothing_again_and_says_the_same(small, monkeypatch):
    asked = {"fixed": True, "seeds": 6}
    first = small("sgd", "adam", **asked)

    def refuse(*_: object) -> None:
        raise AssertionError("something was trained again")

    monkeypatch.setattr("steepest.sweeping.working.record", refuse)
    again = small("sgd", "adam", **asked)
    assert again == first
    assert again.notes == ()  # the same question is no second look


def test_a_stopped_comparison_goes_on_where_it_was(tmp_path):
    question = question_of(["sgd", "adam"], BASE, fixed=True, seeds=6)
    making = comparing(question, tmp_path, engine=HERE)
    done = [next(making).outcome.key for _ in range(5)]
    making.close()
    assert len(list((tmp_path / "runs").glob("*/outcome.json"))) == 5
    stamps = {key: (tmp_path / "runs" / key / "outcome.json").stat().st_mtime_ns for key in done}
    comparison = drained(comparing(question, tmp_path, engine=HERE))
    assert len(comparison.results) == 12
    assert all(
        (tmp_path / "runs" / key / "outcome.json").stat().st_mtime_ns == then
        for key, then in stamps.items()
    )


def test_more_seeds_reuse_the_runs_and_tell_of_the_first_look(small, tmp_path):
    small("sgd", "adam", fixed=True, seeds=6)
    more = small("sgd", "adam", fixed=True, seeds=8)
    assert len(list((tmp_path / "compared" / "runs").glob("*/outcome.json"))) == 16
    (note,) = more.notes
    assert note.startswith("The same sides were compared once before (6 seeds from seed 0: ")
    assert "only --until-decided, from one and the same first seed, may look as often" in note


def test_seeds_are_added_until_every_pair_is_decided_and_not_further(small):
    far = small("sgd@lr=0.0001", "adam@lr=0.05", fixed=True, until_decided=True, max_seeds=40)
    assert far.decided
    assert far.units == 8  # the first look
    assert far.verdicts["sgd@lr=0.0001", "adam@lr=0.05"].kind == "worse"
    near = small(
        *("F4-R-F2", "F5-R-F2"),
        **{"vary": "model", "optimizer": "sgd", "metric": "loss", "margin": 1e-9},
        **{"fixed": True, "until_decided": True, "max_seeds": 9},
    )
    assert not near.decided
    assert near.units == 9


def test_studies_are_added_until_decided_and_each_is_tuned_by_itself(small):
    compared = small(
        "sgd", "adam", trials=1, until_decided=True, max_seeds=20, margin=0.9, curve=False
    )
    assert compared.verdicts["sgd", "adam"].kind == "equivalent"
    assert compared.units == 8
    assert {each.trial.study for each in compared.trials} == set(range(8))
    assert compared.budgets == [1]


def test_times_to_a_target_are_counted_in_steps_of_whole_epochs(fixed):
    for run in fixed.results:
        assert run.steps == 6  # 48 images in batches of 16, two epochs
        assert run.epochs == 2
        assert run.arrival is None or run.arrival.steps in {3, 6}
    assert any(run.arrival for run in fixed.results)


def test_a_run_that_never_arrives_counts_as_the_end_of_a_further_epoch(small):
    compared = small(
        "sgd@lr=0.0001", "adam@lr=0.05", fixed=True, seeds=7, metric="steps", target=0.8
    )
    slow = values_of(compared, "sgd@lr=0.0001")
    assert set(slow.tolist()) <= {3.0, 6.0, 9.0}
    assert slow.max() == 9
    verdict = compared.verdicts["sgd@lr=0.0001", "adam@lr=0.05"]
    assert verdict.kind == "worse"
    told = (
        "where a run that has not arrived by the common horizon of 9 steps counts as arriving then"
    )
    assert told in verdict.sentence


def test_a_dearer_side_that_arrives_after_the_common_horizon_is_told_to_have_arrived_later():
    found = invented(levels=(0.95, 0.95), fixed=True, metric="passes", target=0.9)
    late = {
        "backwards": 1500,
        "arrival": Arrival(300, 1300, 0.75),
    }  # of 2,000 passes; sgd has 1,000
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


def test_models_schedules_and_any_setting_can_be_compared(small):
    compared = small("F4-R-F2", "F2", vary="model", fixed=True, seeds=6)
    assert [side.config.model for side in compared.question.sides] == ["F4-R-F2", "F2"]
    assert len(compared.circumstances.environments) == 1


def test_a_candidate_is_judged_against_each_other_side_alone(small):
    compared = small("sgd", "momentum", candidate="adam", fixed=True, seeds=6)
    assert compared.sides == ("adam", "sgd", "momentum")
    assert list(compared.verdicts) == [("adam", "sgd"), ("adam", "momentum")]


def test_what_cannot_be_answered_is_refused_before_anything_is_trained(small, tmp_path):
    for asked, words in [
        ({"studies": 5}, "5 studies can never decide better or worse"),
        ({"lr": 0.1}, "every side is tuned alike"),
        ({"threads": 2}, "one thread"),
        ({"fixed": True, "metric": "steps"}, "--target 0.95"),
        ({"fixed": True, "target": 1.5}, "accuracy in"),
        ({"fixed": True, "metric": "loss", "test_images": True}, "goes with --metric accuracy"),
        ({"fixed": True, "until_decided": True, "test_images": True}, "give a number of seeds"),
        ({"margin": -1.0}, "--margin is an accuracy, where 0.005 is half a point"),
        ({"until_decided": True, "max_seeds": 12}, "--max-seeds must be at least 14"),
    ]:
        with pytest.raises(UserError, match=words):
            small("sgd", "adam", **asked)
    assert not (tmp_path / "compared").exists()


@pytest.mark.parametrize(
    ("metric", "margins", "words"),
    [
        (
            "accuracy",
            (1.0, 5.0),
            "an accuracy, where 0.005 is half a point: from 0 to below 1, not",
        ),
        ("steps", (1.0, 300.0), "a share of the time, such as 0.05: from 0 to below 1, not"),
        ("loss", (float("inf"),), "in nats of loss, such as 0.02: 0 or above, not inf"),
    ],
)
def test_a_margin_that_makes_no_sense_is_refused_with_its_unit(metric, margins, words):
    for margin in (*margins, -0.1, float("nan")):
        with pytest.raises(
            UserError, match=re.escape(f"--margin is {words.partition(', not')[0]}")
        ):
            Criterion.asked(metric, 0.9, margin, False)
    for margin in (0.0, 0.5):
        assert Criterion.asked(metric, 0.9, margin, False).margin == margin
    assert Criterion.asked("loss", None, 1.5, False).margin == 1.5


def test_a_family_that_is_too_large_for_its_studies_has_a_note(small):
    sides = ("sgd", "adam", "momentum")
    (note,) = small(*sides, fixed=True, seeds=6).notes
    assert note.startswith("With 6 seeds none of the 3 pairs can come out better or worse: ")
    assert "It takes at least 7 seeds (--seeds 7), or fewer pairs." in note


def test_tuning_holds_images_out_even_where_nobody_asked():
    question = question_of(["sgd", "adam"], Config())
    assert {side.config.val for side in question.sides} == {0.2}
    plain = question_of(["sgd", "adam"], Config(), fixed=True)
    assert {side.config.val for side in plain.sides} == {0.0}
    aimed = question_of(["sgd", "adam"], Config(), fixed=True, target=0.9)
    assert {side.config.val for side in aimed.sides} == {0.2}


def test_a_dataset_that_brings_its_own_validation_split_is_tuned_on_it(small, monkeypatch):
    brought = hold_out(stripe_dataset(), 0.25)
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda *_, **__: brought)
    forget_images()
    compared = small("sgd", "adam", studies=6, trials=1, val=0.0, curve=False)
    forget_images()
    assert {side.config.val for side in compared.question.sides} == {0.0}
    assert len({each["validation"] for each in compared.circumstances.hashes.values()}) == 1
    assert "stripes brings its own validation split" in compared.notes[0]


def test_with_a_budget_of_passes_a_rule_that_takes_more_of_them_tries_less():
    question = question_of(
        ["sgd", "sam of sgd", "blind-descent", "sgd@epochs=10"], Config(), budget="passes"
    )
    assert question.trials() == {
        "sgd": 16,
        "sam of sgd": 8,
        "blind-descent": 8,
        "sgd@epochs=10": 8,
    }
