"""The key of a class: drawn, written, read back, and the answers that are held against it."""

import csv
import json

import pytest

from byhand_fakes import ALL_TOPICS, graded, work_sheet
from steepest.byhand.answer_key import draw_exercise, draw_key, key_csv, key_json, kinds, read_answers, read_key
from steepest.byhand.drawn import TOPICS
from steepest.byhand.formula import names_in
from steepest.byhand.grading import grade
from steepest.errors import IntegrityError, UnknownName, UserError


def test_each_kind_of_slip_shows_in_some_sheet():
    from random import Random

    for topic in ALL_TOPICS:
        meant = {name for seed in range(40) for name in kinds(TOPICS[topic](Random(seed)))}
        shown = set()
        for student in range(40):  # the first few show them all
            if shown == meant:
                break
            shown |= kinds(draw_exercise(topic, 3, student))
        assert shown == meant, topic


def test_sheets_are_a_function_of_topic_seed_and_student():
    one, same, other = (draw_key("backprop", seed=seed, students=3) for seed in (7, 7, 8))
    assert key_json(one) == key_json(same)
    assert key_json(one) != key_json(other)
    given = [json.dumps(each.given) for each in one.exercises.values()]
    assert len(set(given)) == 3
    assert one.exercises["02"] == draw_key("backprop", seed=7, students=30).exercises["02"]


def test_sheets_for_a_class_have_small_numbers():
    for topic in ALL_TOPICS:
        for exercise in draw_key(topic, seed=5, students=10).exercises.values():
            assert all(len(f"{value:g}") <= 4 for value in exercise.given.values())
            assert all(abs(value) < 1e5 for value in exercise.answers.values())


def test_a_key_is_read_back_and_grades_alike(tmp_path):
    path = tmp_path / "key.json"
    key = draw_key("convolution", seed=3, students=2)
    path.write_text(key_json(key))
    again = read_key(path)
    exercise = key.exercises["02"]
    for slip in exercise.slips[:5]:
        answers = work_sheet(exercise, slip)
        assert graded(again, "02", answers) == graded(key, "02", answers)


def test_a_key_that_is_none_or_was_changed_is_refused(tmp_path):
    path = tmp_path / "key.json"
    with pytest.raises(UserError, match="There is no key of worksheets"):
        read_key(path)
    path.write_text("[1]")
    with pytest.raises(IntegrityError, match=r"no key of worksheets: it is a list of 1.*Give the key\.json"):
        read_key(path)
    record = json.loads(key_json(draw_key("size", seed=3, students=1)))
    record["students"]["01"]["answers"]["n1"] += 1
    path.write_text(json.dumps(record))
    with pytest.raises(IntegrityError, match="answers of student 01 are not what its formulas give"):
        read_key(path)
    record["students"]["01"]["lines"][0][1] = "__import__('os').system('true')"
    path.write_text(json.dumps(record))
    with pytest.raises(IntegrityError, match="answers of student 01"):
        read_key(path)


@pytest.mark.parametrize(
    ("where", "odd"),
    [
        *(
            ((name,), odd)
            for name in ("topic", "seed", "significant_digits", "students")
            for odd in (None, [], -1)
        ),
        (("significant_digits",), 10**9),
        (("students", "01"), 5),
        *((("students", "01", name), 5) for name in ("given", "answers", "lines", "slips")),
        (("students", "01", "answers", "n9"), 1.0),
        (("students", "01", "given", "n"), 1e999),
        (("students", "01", "lines", 0), ["n1"]),
        (("students", "01", "lines", 0, 1), "max()"),
        (("students", "01", "lines", 0, 1), "(" * 5_000),
        (("students", "01", "slips", 0, 0), "nowhere"),
        (("students", "01", "slips", 0, 2), "1 / 0"),
    ],
)
def test_a_key_with_something_odd_in_it_is_refused_when_it_is_read(tmp_path, where, odd):
    path = tmp_path / "key.json"
    record = json.loads(key_json(draw_key("size", seed=3, students=1)))
    place = record
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = odd
    path.write_text(json.dumps(record))
    with pytest.raises(IntegrityError, match=r"key\.json"):
        read_key(path)


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_answers_come_a_row_each_or_a_row_a_student(tmp_path):
    key = draw_key("size", seed=3, students=2)
    long = write(tmp_path / "long.csv", [("student", "cell", "answer"), ("01", "n1", "3"), ("2", "r1", " 5 ")])
    wide = write(tmp_path / "wide.csv", [("student", "n1", "r1"), ("01", "3", ""), ("02", "", "5")])
    assert read_answers(long, key) == read_answers(wide, key) == {"01": {"n1": "3"}, "02": {"r1": "5"}}


def test_cells_may_be_written_as_printed(tmp_path):
    key = draw_key("softmax", seed=3, students=1)
    path = write(tmp_path / "a.csv", [("student", "cell", "answer"), ("01", "dE/do1", "0.1")])
    assert read_answers(path, key) == {"01": {"dE_do1": "0.1"}}


@pytest.mark.parametrize(
    ("rows", "kind", "said"),
    [
        ([("name", "n1")], UserError, "must begin with the line student,cell,answer"),
        ([("student", "cell", "answer"), ("07", "n1", "3")], UnknownName, "No student of the key is called `07`"),
        ([("student", "cell", "answer"), ("01", "n9", "3")], UnknownName, "line 2"),
        ([("student", "cell", "answer"), ("01", "n1")], UserError, "line 2: has 2 fields"),
        (
            [("student", "cell", "answer"), ("01", "n1", "3"), ("01", "n1", "4")],
            UserError,
            "line 3: n1 of student 01 is answered twice",
        ),
    ],
)
def test_answers_that_cannot_be_read_are_refused_with_the_line(tmp_path, rows, kind, said):
    key = draw_key("size", seed=3, students=2)
    with pytest.raises(kind) as caught:
        read_answers(write(tmp_path / "a.csv", rows), key)
    assert said in str(caught.value)


def test_the_sheet_to_be_filled_in_has_every_cell_and_no_answer(tmp_path):
    key = draw_key("pooling", seed=3, students=2)
    rows = list(csv.reader(key_csv(key, filled=False).splitlines()))
    assert len(rows) == 1 + 2 * 13
    assert {row[2] for row in rows[1:]} == {""}
    filled = tmp_path / "key.csv"
    filled.write_text(key_csv(key))
    assert all(not each.faults for each in grade(key, read_answers(filled, key)))


@pytest.mark.parametrize(
    ("students", "digits", "said"), [(0, 4, "1 to 1,000 students, not 0"), (1, 1, "2 to 9 significant digits")]
)
def test_impossible_amounts_are_refused(students, digits, said):
    with pytest.raises(UserError, match=said):
        draw_key("size", seed=0, students=students, digits=digits)


def test_an_unknown_topic_is_told():
    with pytest.raises(UnknownName, match="Did you mean `pooling`"):
        draw_key("poling", seed=0, students=1)


@pytest.mark.parametrize("topic", ALL_TOPICS)
def test_no_sheet_gives_a_number_that_nothing_needs(topic):
    for seed in range(8):
        exercise = draw_key(topic, seed=seed, students=1).exercises["01"]
        used = {name for line in exercise.lines for name in names_in(line.formula)}
        assert set(exercise.given) <= used
