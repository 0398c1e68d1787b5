"""`steepest byhand worksheet` and `grade`: exercises for a class, and what went wrong in the answers."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ..errors import UserError
from .byhand_words import Json, write

Topic = Literal["backprop", "convolution", "pooling", "softmax", "step", "size"]


def worksheet(
    *,
    topic: Topic,
    out: Annotated[Path, Parameter(help="A new folder.")],
    students: int = 1,
    seed: int = 0,
    digits: Annotated[int, Parameter(help="Significant digits of an answer.")] = 4,
    as_json: Json = False,
) -> None:
    """Write exercise sheets with small numbers, every student's own, and their key.

    Print worksheets.html from a browser; `grade` takes key.json and the filled-in answers.csv.

    Example: `steepest byhand worksheet --topic backprop --seed 7 --students 30 --out sheets`
    """
    from ..byhand.answer_key import draw_key, key_csv, key_json
    from ..reporting.byhand_sheets import sheets_page

    key = draw_key(topic, seed=seed, students=students, digits=digits)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(
            f"{out} is not an empty folder: students may have written into it. Take another --out."
        )
    out.mkdir(parents=True, exist_ok=True)
    files = {
        "worksheets.html": sheets_page(key),
        "answers.csv": key_csv(key, filled=False),
        "key.html": sheets_page(key, filled=True),
        "key.json": key_json(key),
        "key.csv": key_csv(key),
    }
    for name, text in files.items():
        write(out / name, text)
    if as_json:
        print(
            json.dumps({"folder": str(out), "files": list(files), "students": len(key.exercises)})
        )
        return
    print(
        f"{out}: {len(key.exercises)} sheets in worksheets.html; answers.csv to fill in; "
        "the key in key.html, key.json, key.csv"
    )


def grade(
    key: Annotated[Path, Parameter(help="key.json of the worksheets.")],
    answers: Annotated[
        Path, Parameter(help="A CSV: student,cell,answer; or a row a student, a column a cell.")
    ],
    /,
    *,
    csv: Annotated[Path | None, Parameter(help="Write every cell's verdict here.")] = None,
    as_json: Json = False,
) -> None:
    """Find each student's first wrong cell and the slip behind it.

    What is worked out rightly from an earlier wrong value is not held against a student.

    Example: `steepest byhand grade sheets/key.json sheets/answers.csv`
    """
    from ..byhand.answer_key import read_answers, read_key
    from ..byhand.grading import grade as grade_answers
    from ..reporting.byhand_text import grades_csv, grades_text

    known = read_key(key)
    grades = grade_answers(known, read_answers(answers, known))
    if csv:
        write(csv, grades_csv(grades))
    if as_json:
        print(json.dumps({"grades": [each.as_json() for each in grades]}))
        return
    print(grades_text(grades))
