"""A student who works a sheet, and what the grading makes of the answers."""

from steepest.byhand.formula import evaluate, names_in
from steepest.byhand.grading import grade
from steepest.errors import UserError

ALL_TOPICS = ["backprop", "convolution", "pooling", "softmax", "step", "size"]


def work_sheet(exercise, slip=None, digits=4):
    """Return the answers of a student who takes a slip, and stops where no number comes out."""
    formulas = {line.name: line.formula for line in exercise.lines}
    if slip:
        formulas[slip.cell] = slip.formula
    values = dict(exercise.given)

    def value(name):
        if name not in values:
            inner = {each: value(each) for each in names_in(formulas[name])}
            values[name] = float(f"{evaluate(formulas[name], inner):.{digits}g}")
        return values[name]

    answers = {}
    for cell in exercise.answers:
        try:
            answers[cell] = f"{value(cell):.{digits}g}"
        except UserError:
            continue
    return answers


def graded(key, student, answers):
    (found,) = [each for each in grade(key, {student: answers}) if each.student == student]
    return found
