from steepest.evaluation import Evaluation
from steepest.runs import Run


def test_an_evaluation_shows_itself(evaluation: Evaluation) -> None:
    shown = evaluation._repr_html_()
    assert f"test accuracy {evaluation.accuracy:.2%}" in shown
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "unverified copy: &lt;b&gt;" in shown


def test_a_run_shows_its_curves_and_how_far_it_is(run: Run) -> None:
    shown = run._repr_html_()
    assert "run small: adam, 3 of 3 epochs" in shown
    assert shown.count("<svg") == 2


def test_a_run_that_has_not_begun_says_how_to_begin(begun: Run) -> None:
    shown = begun._repr_html_()
    assert "0 of 2 epochs" in shown
    assert f"steepest train --resume {begun.path}" in shown
    assert "<svg" not in shown


def test_its_styles_touch_nothing_else_in_the_notebook(evaluation: Evaluation) -> None:
    style = evaluation._repr_html_().split("<style>")[1].split("</style>")[0]
    rules = [line for line in style.splitlines() if "{" in line]
    assert rules
    assert all(
        selector.strip().startswith(".steepest")
        for rule in rules
        for selector in rule.split("{")[0].split(",")
    )
