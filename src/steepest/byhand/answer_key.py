"""The answer key of a set of worksheets as JSON and CSV, and the students' answers as CSV."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any

from ..content.text import csv_text
from ..errors import IntegrityError, UnknownName, UserError
from ..randomness import seed_of
from ..storage.schema import number, one_of, read_json, record, rows, table, text, whole
from .drawn import TOPICS
from .exercise import DIGITS, MOST_STUDENTS, TRIES, Exercise, Slip
from .formula import LONGEST, evaluate
from .table import Line

FORMAT = "steepest by-hand key, version 1"
NAME, FORMULA, VALUE = text(1_000), text(LONGEST), number(-1e300, 1e300)
KEY = record(
    {
        "format": one_of(FORMAT),
        "topic": one_of(*TOPICS),
        "seed": whole(0, 2**63 - 1),
        "significant_digits": whole(2, 9),
        "students": table(
            text(8, "[0-9]+", "a student's number"),
            record(
                {
                    "given": table(NAME, VALUE),
                    "answers": table(NAME, VALUE),
                    "lines": rows(rows(FORMULA, 2, 2)),
                    "slips": rows(rows(FORMULA, 3, 3)),
                }
            ),
            MOST_STUDENTS,
        ),
    }
)
COLUMNS = ("student", "cell", "answer")


@dataclass(frozen=True)
class AnswerKey:
    """The exercises of a class.

    Args:
        topic: of all sheets.
        seed: they were drawn from.
        digits: significant ones to which answers are compared.
        exercises: by the students' numbers, ``01`` onwards.
    """

    topic: str
    seed: int
    digits: int
    exercises: dict[str, Exercise]


def draw_key(topic: str, *, seed: int, students: int, digits: int = DIGITS) -> AnswerKey:
    """Return a class's exercises with small friendly numbers; every student has numbers of their own.

    Raises:
        UnknownName: there is no such topic.
        UserError: students or digits is outside its range.
    """
    if not 1 <= students <= MOST_STUDENTS:
        raise UserError(f"Sheets are written for 1 to {MOST_STUDENTS:,} students, not {students}.")
    if not 2 <= digits <= 9:
        raise UserError(f"Answers are compared to 2 to 9 significant digits, not {digits}.")
    width = max(2, len(str(students)))
    exercises = {
        f"{number:0{width}d}": draw_exercise(topic, seed, number, digits) for number in range(1, students + 1)
    }
    return AnswerKey(topic, seed, digits, exercises)


def key_json(key: AnswerKey) -> str:
    """Return a key as JSON: all that grading needs, formulas included."""
    record = {
        "format": FORMAT,
        "topic": key.topic,
        "seed": key.seed,
        "significant_digits": key.digits,
        "students": {student: _record(each) for student, each in key.exercises.items()},
    }
    return json.dumps(record, indent=1) + "\n"


def _record(exercise: Exercise) -> dict[str, Any]:
    return {
        "given": exercise.given,
        "answers": exercise.answers,
        "lines": [[line.name, line.formula] for line in exercise.lines],
        "slips": [[slip.cell, slip.name, slip.formula] for slip in exercise.slips],
    }


def read_key(path: Path) -> AnswerKey:
    """Return the key in a JSON file.

    Raises:
        UserError: there is no such file, or it is no key.
        IntegrityError: it is damaged, or its answers are not what its formulas give.
    """
    try:
        record = read_json(path, KEY, "key of worksheets")
    except IntegrityError as error:
        raise IntegrityError(f"{error} Give the key.json that `steepest byhand worksheet` wrote.") from None
    exercises = {name: _exercise(each) for name, each in record["students"].items()}
    for student, each in record["students"].items():
        if not _agrees(exercises[student], each["answers"]):
            raise IntegrityError(f"{path}: the answers of student {student} are not what its formulas give.")
    return AnswerKey(record["topic"], record["seed"], record["significant_digits"], exercises)


def _exercise(record: dict[str, Any]) -> Exercise:
    lines = tuple(Line(name, formula) for name, formula in record["lines"])
    slips = tuple(Slip(*each) for each in record["slips"])
    given = {name: float(value) for name, value in record["given"].items()}
    return Exercise("", (), given, lines, slips, asked=tuple(record["answers"]))


def _agrees(exercise: Exercise, answers: dict[str, float]) -> bool:
    """Say whether formulas give these answers, and each slip a number in place of one."""
    try:
        slips = [evaluate(slip.formula, exercise.table.values) for slip in exercise.slips]
        known = {slip.cell for slip in exercise.slips} <= exercise.answers.keys()
        return known and exercise.answers == answers and all(map(isfinite, (*slips, *answers.values())))
    except (UserError, KeyError, TypeError, RecursionError):  # of a formula that is none
        return False


def key_csv(key: AnswerKey, *, filled: bool = True) -> str:
    """Return a line for each student and cell: with its right answer, or to be filled in."""
    rows = [
        (student, cell, f"{value:.{key.digits}g}" if filled else "")
        for student, exercise in key.exercises.items()
        for cell, value in exercise.answers.items()
    ]
    return csv_text([COLUMNS, *rows])


Answers = dict[str, dict[str, str]]  # student -> cell -> what was written


def read_answers(path: Path, key: AnswerKey) -> Answers:
    """Return what students wrote, from a CSV with a row per answer or a row per student.

    A row per answer: ``student,cell,answer``. A row per student: ``student`` and then a column per cell.

    Raises:
        UserError: there is no such file, or it has neither form, or a cell is answered twice.
        UnknownName: the key knows no such student or cell.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            found = [row for row in csv.reader(file) if any(map(str.strip, row))]
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV: {error}.") from None
    heads = [each.strip() for each in found[0]] if found else []
    if heads[:1] != ["student"] or len(heads) < 2:
        raise UserError(f"{path} must begin with the line {','.join(COLUMNS)}, or student and the cells' names.")
    answers: Answers = {}
    for line, row in enumerate(found[1:], start=2):
        for answer in _answers_in(row, heads, f"{path}, line {line}"):
            _take(answers, key, answer, f"{path}, line {line}")
    return answers


def _answers_in(row: Sequence[str], heads: list[str], where: str) -> list[tuple[str, str, str]]:
    fields = [each.strip() for each in row]
    if tuple(heads) == COLUMNS:
        if len(fields) != 3:
            raise UserError(f"{where}: has {len(fields)} fields, not the 3 of {','.join(COLUMNS)}.")
        return [(fields[0], fields[1], fields[2])]
    return [(fields[0], cell, written) for cell, written in zip(heads[1:], fields[1:], strict=False)]


def _take(answers: Answers, key: AnswerKey, answer: tuple[str, str, str], where: str) -> None:
    student, cell, written = answer
    name = student if student in key.exercises else student.zfill(2)  # a spreadsheet turns 01 into 1
    if name not in key.exercises:
        raise UnknownName("student of the key", student, key.exercises, f"({where})")
    # as printed on the sheets, dE/dw1, or as formulas spell it, dE_dw1
    cell = cell.replace("/", "_")
    if cell not in key.exercises[name].answers:
        raise UnknownName("cell of the key", cell, key.exercises[name].answers, f"({where})")
    theirs = answers.setdefault(name, {})
    if cell in theirs and written:
        raise UserError(f"{where}: {cell} of student {name} is answered twice.")
    if written:
        theirs[cell] = written


def draw_exercise(topic_name: str, seed: int, student: int, digits: int = DIGITS) -> Exercise:
    """Return a student's exercise, a function of topic, seed and student.

    It is drawn anew until each kind of slip shows in at least one cell, or ``TRIES`` times.

    Raises:
        UnknownName: there is no such topic.
    """
    if topic_name not in TOPICS:
        raise UnknownName("topic", topic_name, TOPICS)
    best: Exercise | None = None
    for attempt in range(TRIES):
        purpose = f"worksheet {topic_name} {student}"
        drawn = TOPICS[topic_name](Random(seed_of(seed, purpose, attempt)))
        kept = drawn.telling(digits)
        missing = kinds(drawn) - kinds(kept)
        if best is None or len(kinds(kept)) > len(kinds(best)):
            best = kept
        if not missing:
            return kept
    assert best is not None  # TRIES is above 0
    return best


def kinds(exercise: Exercise) -> set[str]:
    """Return the names of an exercise's slips."""
    return {slip.name for slip in exercise.slips}
