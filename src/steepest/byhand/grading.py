"""Grading: the first wrong cell of each student, the slip behind it, and what merely follows from it.

A cell is right where it is the right value, rounded as stated; or where it is what the student's own, right but
rounded, earlier values give. A cell that is what the student's own wrong values give follows from them: the
calculation was right. What is left is held against the common slips, worked out from the student's own values.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Literal

from ..errors import UserError
from .answer_key import AnswerKey, Answers
from .exercise import Exercise, half_unit, slack
from .formula import evaluate, names_in

Verdict = Literal["right", "follows", "slip", "wrong", "missing"]
FAULTS = ("slip", "wrong", "missing")


@dataclass(frozen=True)
class CellGrade:
    """One answer judged.

    Args:
        cell: its name.
        verdict: ``follows`` for right work from an earlier wrong value.
        written: as the student wrote it.
        right: the right value.
        slips: names of the slips that give this answer, with ``verdict`` slip.
        formula: what the first of them works out.
    """

    cell: str
    verdict: Verdict
    written: str
    right: float
    slips: tuple[str, ...] = ()
    formula: str = ""


@dataclass(frozen=True)
class Grade:
    """One student's sheet judged, cell by cell in the sheet's order."""

    student: str
    cells: tuple[CellGrade, ...]

    def count(self, *verdicts: str) -> int:
        """Return how many cells got one of these verdicts."""
        return sum(cell.verdict in verdicts for cell in self.cells)

    @property
    def handed_in(self) -> bool:
        """Whether there is any answer at all."""
        return self.count("missing") < len(self.cells)

    @cached_property
    def faults(self) -> tuple[CellGrade, ...]:
        """The cells that are neither right nor follow from an earlier one."""
        return tuple(cell for cell in self.cells if cell.verdict in FAULTS)

    @property
    def first_wrong(self) -> CellGrade | None:
        """The first fault, or None."""
        return self.faults[0] if self.faults else None

    def as_json(self) -> dict[str, object]:
        """Return the grade as plain values."""
        first = self.first_wrong
        return {
            "student": self.student,
            "right": self.count("right"),
            "follows": self.count("follows"),
            "cells": len(self.cells),
            "first_wrong": None if first is None else first.cell,
            "slips": [] if first is None else list(first.slips),
            "faults": [vars(each) for each in self.faults],
        }


def grade(key: AnswerKey, answers: Answers) -> tuple[Grade, ...]:
    """Return every student's grade, in the key's order; who handed in nothing has only missing cells."""
    return tuple(
        Grade(student, tuple(_Sheet(exercise, answers.get(student, {}), key.digits).judged()))
        for student, exercise in key.exercises.items()
    )


class _Sheet:
    """One student's answers beside the exercise."""

    def __init__(self, exercise: Exercise, written: dict[str, str], digits: int) -> None:
        self.exercise = exercise
        self.written = written
        self.digits = digits
        self.formulas = {line.name: line.formula for line in exercise.lines}
        self.answers = {cell: number for cell, text in written.items() if (number := _read(text)) is not None}
        self._own = dict(exercise.given) | self.answers
        self._wrong: set[str] = set()

    def judged(self) -> Iterable[CellGrade]:
        for cell, right in self.exercise.answers.items():
            judged = self._judge(cell, right)
            if judged.verdict not in ("right", "missing"):
                self._wrong.add(cell)
            yield judged

    def _judge(self, cell: str, right: float) -> CellGrade:
        written = self.written.get(cell, "")
        if not written:
            return CellGrade(cell, "missing", "", right)
        if cell not in self.answers:
            return CellGrade(cell, "wrong", written, right)
        answer = self.answers[cell]
        if abs(answer - right) <= half_unit(right, self.digits) * ROUNDING:
            return CellGrade(cell, "right", written, right)
        if self._gives(self.formulas[cell], answer):
            verdict: Verdict = "follows" if self._stands_on_wrong(cell) else "right"
            return CellGrade(cell, verdict, written, right)
        slips = [s for s in self.exercise.slips if s.cell == cell and self._gives(s.formula, answer)]
        if slips:
            names = tuple(dict.fromkeys(slip.name for slip in slips))
            return CellGrade(cell, "slip", written, right, names, slips[0].formula)
        return CellGrade(cell, "wrong", written, right)

    def _gives(self, formula: str, answer: float) -> bool:
        """Say whether a formula gives the answer from the student's own values, all rounded as stated."""
        try:
            values = {name: self._value(name) for name in names_in(formula)}
            result = evaluate(formula, values)
            unsure = slack(formula, values, self.answers, self.digits)
        except UserError:  # their own value can make a formula impossible: the logarithm of a negative p
            return False
        return isfinite(result) and abs(answer - result) <= unsure * ROUNDING

    def _value(self, name: str) -> float:
        """Return the student's own value, or what follows from their values where they gave none."""
        if name not in self._own:
            formula = self.formulas[name]
            self._own[name] = evaluate(formula, {each: self._value(each) for each in names_in(formula)})
        return self._own[name]

    def _stands_on_wrong(self, cell: str) -> bool:
        for name in names_in(self.formulas[cell]):
            if name in self._wrong:
                return True
            if name in self.formulas and name not in self.answers and self._stands_on_wrong(name):
                return True
        return False


# answers come as decimals: one that lies exactly half a unit away must not fail by the last bit
ROUNDING = 1 + 1e-9


def _read(text: str) -> float | None:
    """Return a written number, or None; a minus sign may be typeset."""
    try:
        number = float(text.replace("−", "-"))
    except ValueError:
        return None
    return number if isfinite(number) else None
