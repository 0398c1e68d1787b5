"""Worksheets for a class as one HTML file: a page a student, ready for the browser's print; and their key."""

from ..byhand.answer_key import AnswerKey
from ..byhand.exercise import Exercise
from ..byhand.formula import label, spelled
from ..byhand.maps import Matrix
from .document import styles
from .markup import Html, element

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def sheets_page(key: AnswerKey, *, filled: bool = False) -> str:
    """Return all students' sheets.

    Args:
        key: the exercises.
        filled: with the right answers in the blanks, for whoever grades.
    """
    sheets = (_sheet(student, each, key, filled) for student, each in key.exercises.items())
    kind = "answers" if filled else "worksheets"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{key.topic}: {kind}"),
        element("style", styles("byhand_sheets.css")),
    )
    page = element("html", head, element("body", element("main", *sheets)), lang="en")
    return f"<!doctype html>\n{page}\n"


def _sheet(student: str, exercise: Exercise, key: AnswerKey, filled: bool) -> Html:
    who = f"sheet {student} · seed {key.seed}"
    name = "answers" if filled else "name: ______________________________"
    hint = (
        f"Write every answer with {key.digits} significant digits, and go on with what you wrote. "
        "A wrong number costs you one cell, not all that follow from it."
    )
    return element(
        "article",
        element(
            "header",
            element("h1", exercise.title),
            element("span", f"{who} · {name}", class_="who"),
        ),
        *(element("p", each) for each in exercise.task),
        _given(exercise),
        element("h2", "Answers"),
        element("p", hint, class_="hint"),
        _blanks(exercise, key.digits, filled),
        class_="sheet",
        id=f"sheet-{student}",
    )


def _given(exercise: Exercise) -> Html:
    in_grids = {
        f"{name}{i + 1}_{j + 1}"
        for name, matrix in exercise.matrices.items()
        for i, row in enumerate(matrix)
        for j, _ in enumerate(row)
    }
    # what a recipe starts from at zero is said by the task's zeros; t_1 = 1 says nothing
    single = {
        k: v for k, v in exercise.given.items() if k not in in_grids and not k.startswith("t_")
    }
    items = (element("li", f"{label(name)} = {spelled(value)}") for name, value in single.items())
    grids = (_grid(name, matrix) for name, matrix in exercise.matrices.items())
    matrices = element("div", *grids, class_="matrices") if exercise.matrices else None
    return element("div", element("ul", *items, class_="given"), matrices)


def _grid(name: str, matrix: Matrix) -> Html:
    rows = (element("tr", *(element("td", spelled(value)) for value in row)) for row in matrix)
    return element("table", element("caption", name), element("tbody", *rows))


def _blanks(exercise: Exercise, digits: int, filled: bool) -> Html:
    items = (
        element(
            "li",
            element("b", f"{label(cell)} ="),
            element("span", spelled(right, digits) if filled else ""),
            data_cell=cell,
        )
        for cell, right in exercise.answers.items()
    )
    return element("ol", *items, class_="blanks")
