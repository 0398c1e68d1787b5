import pytest

from comparison_fakes import BASE, HERE
from steepest.comparison.design import Design
from steepest.comparison.measuring import (
    Report,
    arrival_of,
    environment_of,
    report_job,
    report_result,
    steps_of_epoch,
    trial_job,
    trial_result,
)
from steepest.comparison.results import Arrival, Criterion, unpacked
from steepest.comparison.sides import Side
from steepest.comparison.space import space_of
from steepest.comparison.tuning import Trial
from steepest.storage import tensors_hash
from steepest.sweeping import sweep

SIDE = Side("adam", BASE)
SPACE = space_of(SIDE.name, SIDE.config)
DESIGN = Design(units=6, first_seed=4, split_seed=1)


def outcome_of(job, folder):
    (outcome,) = sweep([job], folder, engine=HERE)
    return outcome


def test_a_trial_runs_with_the_studys_seeds_and_sees_validation_alone():
    job = trial_job(SIDE, SPACE, DESIGN, Trial("adam", 2, 0, 0, {"lr": 0.01}))
    assert job.splits == ("validation",)
    assert job.config == BASE.with_(lr=0.01, seed=1_000_006, split_seed=7, threads=1)


def test_a_report_runs_with_its_own_seed_and_sees_the_last_weights_on_the_test_split():
    job = report_job(SIDE, SPACE, DESIGN, Report("adam", 2, 9, {"lr": 0.01}))
    assert (job.splits, job.which) == (("test",), "last")
    assert job.config == BASE.with_(lr=0.01, seed=9, split_seed=7, threads=1)
    fixed = report_job(SIDE, None, Design(tuned=False, split_seed=1), Report("adam", 2, 9, {}))
    assert fixed.config == BASE.with_(seed=9, split_seed=1, threads=1)


def test_a_trials_result_is_what_its_outcome_measured(tmp_path):
    trial = Trial("adam", 0, 0, 0, {"lr": 0.01})
    outcome = outcome_of(trial_job(SIDE, SPACE, DESIGN, trial), tmp_path)
    found = trial_result(trial, outcome)
    assert (found.accuracy, found.loss) == (outcome.accuracy("validation"), outcome.loss("validation"))
    assert (found.forwards, found.backwards, found.diverged) == (6, 6, False)
    assert found.key == outcome.key


def test_a_reports_result_has_weights_costs_and_which_images_were_right(tmp_path):
    report = Report("adam", 2, 9, {"lr": 0.01})
    outcome = outcome_of(report_job(SIDE, SPACE, DESIGN, report), tmp_path)
    criterion = Criterion(target=0.01, images=True)
    found = report_result(report, outcome, criterion, train_images=48, made=3)
    assert (found.steps, found.epochs, found.made, found.seed) == (6, 2, 3, 9)
    assert found.weights == tensors_hash(outcome.weights())
    assert found.accuracy == outcome.accuracy("test") == unpacked(found.correct, 32).mean()
    assert found.arrival is not None
    assert (found.arrival.steps, found.arrival.passes) == (3, 6)
    plain = report_result(report, outcome, Criterion(), train_images=48, made=0)
    assert (plain.correct, plain.arrival) == ("", None)
    assert {"data", "data_dir", "files"}.isdisjoint(environment_of(outcome))
    assert environment_of(outcome)["plan"]["threads"] == 1


def test_a_diverged_run_has_no_weights(tmp_path):
    report = Report("adam", 0, 0, {})
    wild = Side("sgd", BASE.with_(optimizer="sgd", lr=1e38))
    outcome = outcome_of(report_job(wild, None, Design(tuned=False), report), tmp_path)
    found = report_result(report, outcome, Criterion(), train_images=48, made=0)
    assert (found.diverged, found.weights, found.accuracy) == (True, "", 0.5)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (0.75, Arrival(3, 10, 0.5)),
        (0.8, Arrival(3, 10, 0.5)),
        (0.9, Arrival(9, 30, 1.5)),
        (0.95, None),
        (None, None),
    ],
)
def test_a_run_arrives_at_the_end_of_the_first_epoch_that_reaches_the_target(target, expected):
    cost = {"forwards": 6, "backwards": 4, "seconds": 0.5}
    rows = [{"val_accuracy": each, **cost} for each in (0.8, 0.7, 0.9)]
    assert arrival_of(rows, 3, target) == expected


def test_an_epochs_last_batch_may_be_smaller():
    assert [steps_of_epoch(n, BASE) for n in (48, 49, 1)] == [3, 4, 1]
