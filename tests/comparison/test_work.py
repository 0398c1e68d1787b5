import json
from dataclasses import replace
from pathlib import Path

import pytest

from code_fakes import RULE, files
from comparison_fakes import BASE, HERE, drained, forget_images
from fakes import stripe_dataset
from steepest.comparison.claims import claim_of
from steepest.comparison.comparison import told
from steepest.comparison.question import question_of
from steepest.comparison.work import WATCHED_STEPS, Made, Work, comparing, inspect, refuse_uncounted
from steepest.data import hold_out
from steepest.errors import IntegrityError, UserError
from steepest.optimizers import RULES
from steepest.training.preparation import prepare
from steepest.usercode import hashes_of


def test_no_trial_was_measured_on_the_test_split_and_no_report_chose_on_it(tuned):
    def splits(key: str) -> list[str]:
        return list(json.loads((tuned.folder / "runs" / key / "outcome.json").read_text())["splits"])

    assert all(splits(each.key) == ["validation"] for each in tuned.trials)
    assert all(splits(each.key) == ["test"] for each in tuned.results)
    tuning = {
        json.loads((tuned.folder / "runs" / each.key / "outcome.json").read_text())["which"]
        for each in tuned.results
    }
    assert tuning == {"last"}


def test_every_side_of_a_unit_has_the_same_seeds_batches_and_images(tuned):
    for unit in range(6):
        seeds = [[run.seed for run in tuned.reported(side, unit)] for side in tuned.sides]
        assert seeds == [[2 * unit, 2 * unit + 1]] * 2
    assert len({json.dumps(each) for each in tuned.circumstances.hashes.values()}) == 6
    assert len({each["test"] for each in tuned.circumstances.hashes.values()}) == 1


def test_a_dataset_that_brings_its_own_validation_split_is_tuned_on_it(small, monkeypatch):
    brought = hold_out(stripe_dataset(), 0.25)
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda *_, **__: brought)
    forget_images()
    compared = small("sgd", "adam", studies=6, trials=1, val=0.0, curve=False)
    forget_images()
    assert {side.config.val for side in compared.question.sides} == {0.0}
    assert len({each["validation"] for each in compared.circumstances.hashes.values()}) == 1
    assert "stripes brings its own validation split" in compared.notes[0]


@pytest.mark.parametrize("name", [*RULES, "torch.optim.LBFGS", "torch.optim.RAdam"])
def test_no_honest_rule_is_suspected(name):
    found = inspect(prepare(BASE.with_(optimizer=name), stripe_dataset()))
    assert found.seen == found.counted >= WATCHED_STEPS


@pytest.mark.parametrize("model", ["4C3p1-B-R-M2-F8-D0.5-R-F2", "F2"])
def test_networks_of_every_kind_are_counted_alike(model):
    found = inspect(prepare(BASE.with_(model=model, optimizer="sam"), stripe_dataset()))
    assert found.seen == found.counted == 2 * WATCHED_STEPS


def test_a_network_with_a_layer_that_runs_twice_a_pass_is_no_suspicion(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(
        "from torch import nn\n"
        "class Twice(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.inner, self.last = nn.Linear(36, 36), nn.Linear(36, 2)\n"
        "    def forward(self, x):\n"
        "        return self.last(self.inner(self.inner(x.flatten(1))))\n"
    )
    refuse_uncounted("twice", prepare(BASE.with_(model=f"{file}:Twice"), stripe_dataset()))


def test_finished_runs_are_counted_by_stage_and_kept_in_the_questions_order(tmp_path):
    sides = ["sgd@lr=0.1", "adam"]
    question = question_of(sides, BASE, fixed=True, seeds=6)
    work = Work(question, tmp_path, HERE, None, curve=False)
    work.begin()
    made = list(work.report(range(6)))
    assert [(each.stage, each.number, each.total) for each in made] == [
        ("reporting", number, 12) for number in range(1, 13)
    ]
    assert all(isinstance(each, Made) for each in made)
    comparison = work.comparison()
    assert [(r.unit, r.side, r.seed) for r in comparison.results] == [
        (unit, side, unit) for unit in range(6) for side in sides
    ]
    assert set(comparison.circumstances.hashes) == {f"{u} {side}" for u in range(6) for side in sides}


def test_reports_are_made_where_smaller_budgets_would_have_led_if_the_curve_is_asked(tuned):
    for side in tuned.sides:
        for unit in range(6):
            chosen = {told(tuned.chosen(side, unit, budget).trial.settings) for budget in (1, 2, 4)}
            made = {told(r.settings) for r in tuned.results if (r.side, r.unit) == (side, unit)}
            assert made == chosen


def test_data_without_a_test_split_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    bare = replace(stripe_dataset(), test=None)
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda *_, **__: bare)
    forget_images()
    work = Work(question_of(["sgd", "adam"], BASE), tmp_path / "out", HERE, None, curve=True)
    with pytest.raises(UserError, match="stripes has no test split to report on"):
        work.begin()
    forget_images()
    assert not (tmp_path / "out").exists()


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
        (tmp_path / "runs" / key / "outcome.json").stat().st_mtime_ns == then for key, then in stamps.items()
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
    compared = small("sgd", "adam", trials=1, until_decided=True, max_seeds=20, margin=0.9, curve=False)
    assert compared.verdicts["sgd", "adam"].kind == "equivalent"
    assert compared.units == 8
    assert {each.trial.study for each in compared.trials} == set(range(8))
    assert compared.budgets == [1]


def test_models_schedules_and_any_setting_can_be_compared(small):
    compared = small("F4-R-F2", "F2", vary="model", fixed=True, seeds=6)
    assert [side.config.model for side in compared.question.sides] == ["F4-R-F2", "F2"]
    assert len(compared.circumstances.environments) == 1


def test_a_family_that_is_too_large_for_its_studies_has_a_note(small):
    sides = ("sgd", "adam", "momentum")
    (note,) = small(*sides, fixed=True, seeds=6).notes
    assert note.startswith("With 6 seeds none of the 3 pairs can come out better or worse: ")
    assert "It takes at least 7 seeds (--seeds 7), or fewer pairs." in note


def test_a_file_that_changes_between_two_stages_ends_the_comparison(small, tmp_path):
    rule = files(
        tmp_path, rule_py="from step import SIZE\n" + RULE.replace("lr *", "SIZE * lr *"), step_py="SIZE = 1\n"
    )
    question = question_of(["sgd", f"{rule}:Mine"], BASE, studies=6, trials=1)
    making = comparing(question, tmp_path / "made", engine=HERE, curve=False)
    while True:
        made = next(making)
        if made.number == made.total:
            break
    (tmp_path / "step.py").write_text("SIZE = 2\n")
    with pytest.raises(IntegrityError, match="was changed since the comparison began"):
        next(making)


def test_the_hashes_of_a_claim_are_of_the_bytes_that_ran(small, tmp_path):
    rule = files(tmp_path, rule_py="from step import SIZE\n" + RULE, step_py="SIZE = 1\n")
    compared = small("sgd", f"{rule}:Mine", fixed=True, seeds=6)
    then = hashes_of([rule])
    (tmp_path / "step.py").write_text("SIZE = 2\n")
    assert claim_of(compared)["files"] == then
    assert [*map(Path, then)] == [rule, tmp_path / "step.py"]
