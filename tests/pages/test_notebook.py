from html.parser import HTMLParser
from typing import Any

import pytest

from comparison_fakes import invented
from content_fakes import CONTENTS, reproduction
from steepest.byhand.backpropagation import backprop
from steepest.byhand.dense import DEFAULT
from steepest.comparison.tuned import Tuned
from steepest.data.dataset import Dataset
from steepest.evaluation import Evaluation
from steepest.explanation import Explanation, LabelRanking
from steepest.lazy import html_of
from steepest.models import layer_table
from steepest.runs.run import Run


class Tags(HTMLParser):
    """The elements of a fragment."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


@pytest.fixture(scope="module")
def given_back(
    run: Run,
    evaluation: Evaluation,
    explanation: Explanation,
    dataset: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """One of each value that a user gets back."""
    compared = invented(("adam", "momentum", "sgd"), (0.95, 0.949, 0.93), studies=10, spread=0.002)
    side, folder = compared.question.sides[0], tmp_path_factory.mktemp("notebook")
    trials = tuple(each for each in compared.trials if each.trial.side == side.name)
    worked = backprop(DEFAULT, steps=30)
    return {
        "run": run,
        "evaluation": evaluation,
        "explanation": explanation,
        "comparison": compared,
        "tuned": Tuned(side, compared.question.design, trials, folder),
        "reproduction": reproduction(*CONTENTS),
        "dataset": dataset,
        "layers": layer_table("convnet"),
        "backprop": worked,
        "worked table": worked.rows[0],
    }


KINDS = (
    *("run", "evaluation", "explanation", "comparison", "tuned", "reproduction", "dataset", "layers"),
    *("backprop", "worked table"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_user_gets_back_shows_itself(given_back: dict[str, Any], kind: str) -> None:
    value = given_back[kind]
    shown = value._repr_html_()
    assert shown == html_of(value)
    assert shown.startswith('<div class="steepest"><style>')
    tags = Tags(shown).tags
    assert tags.isdisjoint({"script", "link", "iframe", "object"})
    assert tags & {"table", "svg", "img"}


def test_no_values_repr_fills_the_screen(
    given_back: dict[str, Any], dataset: Dataset, explanation: Explanation
) -> None:
    train, names = dataset.train, dataset.classes
    ranking = LabelRanking(train.labels[:, None].repeat(1, 5) * 1.0, train.labels, names, train.names)
    values = [*given_back.values(), train, *explanation.images, ranking, given_back["tuned"].trials[0]]
    assert {kind: len(repr(each)) for kind, each in enumerate(values) if len(repr(each)) > 500} == {}
    assert repr(train) == "<Split: images [200, 3, 8, 8], labels [200], names of 200>"


def test_an_evaluation_shows_itself(evaluation: Evaluation) -> None:
    shown = evaluation._repr_html_()
    assert f"<dt>{evaluation.accuracy:.2%}</dt><dd>test accuracy</dd>" in shown
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "unverified copy: &lt;b&gt;" in shown


def test_a_run_shows_its_curves_and_how_far_it_is(run: Run) -> None:
    shown = run._repr_html_()
    assert "run small: adam, 3 of 3 epochs" in shown
    assert shown.split("<details>")[0].count("<svg") == 2


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
        selector.strip().startswith(".steepest") for rule in rules for selector in rule.split("{")[0].split(",")
    )
