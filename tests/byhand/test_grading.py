"""Students are simulated: each works a sheet rightly but for one slip, rounds every value, and goes on with it."""

import pytest

from byhand_fakes import ALL_TOPICS, graded, work_sheet
from steepest.byhand.answer_key import draw_key
from steepest.byhand.drawn import OTHER_SLOPE
from steepest.byhand.exercise import half_unit

SEEDS = {"step": range(12)}  # each seed draws one of five optimizers


def keys_of(topic):
    return [draw_key(topic, seed=seed, students=2) for seed in SEEDS.get(topic, range(3))]


@pytest.mark.parametrize("topic", ALL_TOPICS)
def test_who_works_rightly_and_rounds_on_the_way_has_everything_right(topic):
    for key in keys_of(topic):
        for student, exercise in key.exercises.items():
            found = graded(key, student, work_sheet(exercise))
            assert found.count("right") == len(exercise.answers), found.faults


@pytest.mark.parametrize("topic", ALL_TOPICS)
def test_every_slip_is_named_at_its_cell_and_what_follows_is_not_held_against_anyone(topic):
    seen = set()
    for key in keys_of(topic):
        for student, exercise in key.exercises.items():
            for slip in exercise.slips:
                found = graded(key, student, work_sheet(exercise, slip))
                first = found.first_wrong
                assert (first.cell, first.verdict) == (slip.cell, "slip")
                assert slip.name in first.slips
                assert all(fault.verdict == "missing" for fault in found.faults[1:])
                seen.add(slip.name)
    drawn = {slip.name for key in keys_of(topic) for each in key.exercises.values() for slip in each.slips}
    assert seen == drawn


def test_the_published_slip_is_found_in_a_student_s_sheet():
    key = draw_key("backprop", seed=1, students=1)
    exercise = key.exercises["01"]
    slip = next(s for s in exercise.slips if s.cell == "dE_dh2" and s.name == OTHER_SLOPE)
    assert "a_h1 * (1 - a_h1)" in slip.formula
    found = graded(key, "01", work_sheet(exercise, slip))
    assert found.first_wrong.slips == (OTHER_SLOPE,)
    assert {cell.cell for cell in found.cells if cell.verdict == "follows"} >= {"dE_dw3", "w3_new"}


def test_two_slips_of_one_student_are_both_found():
    key = draw_key("backprop", seed=1, students=1)
    exercise = key.exercises["01"]
    early = next(s for s in exercise.slips if s.cell == "h1")
    answers = work_sheet(exercise, early)
    right = float(answers["w8_new"])
    answers["w8_new"] = str(round(right + 0.5, 4))
    found = graded(key, "01", answers)
    assert [fault.cell for fault in found.faults] == ["h1", "w8_new"]
    assert found.faults[1].verdict == "wrong"


def test_full_precision_and_stated_rounding_are_both_right_and_truncation_is_not():
    key = draw_key("softmax", seed=2, students=1)
    exercise = key.exercises["01"]
    full = {cell: repr(value) for cell, value in exercise.answers.items()}
    assert graded(key, "01", full).count("right") == len(full)
    cell, value = "e1", exercise.answers["e1"]  # stands on given numbers only
    for shift, verdict in ((0.9, "right"), (1.1, "wrong")):
        moved = full | {cell: repr(value + shift * half_unit(value, 4))}
        assert next(c for c in graded(key, "01", moved).cells if c.cell == cell).verdict == verdict


def test_missing_and_unreadable_answers_are_told_apart():
    key = draw_key("size", seed=2, students=2)
    exercise = key.exercises["01"]
    answers = work_sheet(exercise)
    del answers["r2"]
    answers["j2"] = "two"
    found = graded(key, "01", answers)
    assert [(fault.cell, fault.verdict) for fault in found.faults] == [("r2", "missing"), ("j2", "wrong")]
    assert found.count("right") == len(exercise.answers) - 2
    assert not graded(key, "02", {}).handed_in


def test_a_typeset_minus_is_a_minus():
    key = draw_key("softmax", seed=2, students=1)
    answers = {cell: text.replace("-", "−") for cell, text in work_sheet(key.exercises["01"]).items()}
    assert not graded(key, "01", answers).faults
