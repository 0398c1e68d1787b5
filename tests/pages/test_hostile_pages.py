"""Whatever the texts on a page say, it stays a page: it asks for nothing, runs nothing and complains of nothing.

Every text of every page's contents is given an end that wants out of it, so no place is left to its usual words.
"""

import ast
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import steepest
from browsing import NEEDS_CHROMIUM, Visit
from comparison_fakes import invented
from steepest.byhand.answer_key import draw_key
from steepest.byhand.backpropagation import backprop, check_backprop
from steepest.byhand.dense import DEFAULT
from steepest.comparison.tuned import Tuned
from steepest.content.content import Page
from steepest.content.html import fragment_html
from steepest.content.svg import svg_of
from steepest.experiments import open_experiment
from steepest.experiments.reproducing import reproduce
from steepest.explanation import LabelRanking
from steepest.models import layer_table
from steepest.pages import notebook
from steepest.pages.byhand import page as byhand_pages
from steepest.pages.comparison.page import comparison_page
from steepest.pages.comparison.tuning import tuning_page
from steepest.pages.document import document
from steepest.pages.experiment import experiment_page
from steepest.pages.explanation.page import explanation_page, label_errors_page
from steepest.pages.run.page import run_page

PAGES = Path(steepest.__file__).parent / "pages"
RUN = "window.pwned=1"
INJECTION = (
    f"<script>{RUN}</script>\"><img src=http://steepest.invalid/ onerror={RUN}>'><svg onload='{RUN}'>"
    f"</style></title></textarea>]]>--><iframe src='javascript:{RUN}'></iframe>"
    f"<a href=javascript:{RUN}>&lt;script&gt;\u202e\u2066\x1b]0;x\x07"
)
KEPT = {"style", "kind"}  # chosen by us: they say how a content is drawn


def poisoned(value: Any, name: str = "") -> Any:
    """Return a record in which every text ends with an injection."""
    if isinstance(value, str):
        return value if name in KEPT else value + INJECTION
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.init}
        return dataclasses.replace(value, **{key: poisoned(each, key) for key, each in fields.items()})
    if isinstance(value, tuple | list):
        return type(value)(poisoned(each, name) for each in value)
    return value


@pytest.fixture(scope="module")
def made(
    explained: Any, evaluation: Any, dataset: Any, explanation: Any, tmp_path_factory: Any
) -> dict[str, Callable[[], Page | str]]:
    """Each function that makes a page, with something to make it of."""
    folder = tmp_path_factory.mktemp("hostile pages")
    question = invented(studies=6)
    side = question.question.sides[0]
    trials = tuple(each for each in question.trials if each.trial.side == side.name)
    tuned = Tuned(side, question.question.design, trials, folder)
    worked = backprop(DEFAULT, steps=3)
    *_, done = reproduce(open_experiment("backprop"), folder=folder / "backprop")
    labels = dataset.train.labels
    shares = explanation_shares(labels, len(dataset.classes))
    ranking = LabelRanking(shares, labels, dataset.classes, dataset.train.names)
    key = draw_key("backprop", students=2, seed=1, digits=4)
    record = {
        name: dataclasses.replace(each, title=INJECTION, task=(*each.task, INJECTION))
        for name, each in key.exercises.items()
    }
    hostile = dataclasses.replace(key, topic=key.topic + INJECTION, exercises=record)
    return {
        "run/page.py:run_page": lambda: run_page(explained, evaluation, dataset.test),
        "explanation/page.py:explanation_page": lambda: explanation_page(explanation),
        "explanation/page.py:label_errors_page": lambda: label_errors_page(ranking, dataset.train, INJECTION, 24),
        "comparison/page.py:comparison_page": lambda: comparison_page(question),
        "comparison/tuning.py:tuning_page": lambda: tuning_page(tuned),
        "experiment.py:experiment_page": lambda: experiment_page(done),
        "byhand/page.py:backprop_page": lambda: byhand_pages.backprop_page(worked, check_backprop(worked)),
        "byhand/page.py:sheets_page": lambda: byhand_pages.sheets_page(hostile, filled=True),
        "notebook.py:run_fragment": lambda: notebook.run_fragment(explained),
        "notebook.py:evaluation_page": lambda: notebook.evaluation_page(evaluation),
        "notebook.py:dataset_page": lambda: notebook.dataset_page(dataset),
        "notebook.py:layer_page": lambda: notebook.layer_page(layer_table("{8C3p1-B}-R-G-F5")),
        "notebook.py:worked_page": lambda: notebook.worked_page(worked.rows[0]),
        "notebook.py:backprop_page": lambda: notebook.backprop_page(worked),
    }


def explanation_shares(labels: Any, classes: int) -> Any:
    import torch

    draws = torch.Generator().manual_seed(3)
    return torch.rand(len(labels), classes, generator=draws).softmax(dim=1)


def makers() -> set[str]:
    """Return each function of the room that gives a page, or the text of one."""
    found = set()
    for path in PAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                called = {each.func.id for each in ast.walk(node) if is_call(each)}
                if (node.returns and ast.unparse(node.returns) == "Page") or "file_html" in called:
                    found.add(f"{path.relative_to(PAGES).as_posix()}:{node.name}")
    return found


def is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_every_maker_of_a_page_is_tried(made: dict[str, Any]) -> None:
    assert set(made) == makers()


def contents_of(value: Any) -> list[Any]:
    """Return every content of a page, those within others too."""
    if isinstance(value, tuple | list):
        return [each for part in value for each in contents_of(part)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, each.name) for each in dataclasses.fields(value)]
        return [value] * hasattr(value, "kind") + contents_of(inner)
    return []


def check(browser: Any, path: Path, text: str, scripts: int, closed: bool = True) -> None:
    path.write_text(text, encoding="utf-8")
    visit = Visit(browser, path, 1000, "light")
    visit.page.wait_for_load_state("load")
    assert [url for url in visit.requests if not url.startswith("data:")] == [path.as_uri()]
    assert visit.complaints == []
    assert visit.page.evaluate("window.pwned") is None
    assert visit.page.evaluate("document.querySelectorAll('script').length") == scripts
    assert (
        visit.page.evaluate("document.querySelectorAll('iframe, object, embed, form, [onerror], [onload]').length")
        == 0
    )
    assert (
        visit.page.evaluate(
            "[...document.querySelectorAll('[href]')].filter(e => e.protocol === 'javascript:').length"
        )
        == 0
    )
    policy = visit.page.evaluate("document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content")
    assert not closed or policy.startswith("default-src 'none';")
    visit.context.close()


def in_browser(test: Callable[..., None]) -> Callable[..., None]:
    for mark in NEEDS_CHROMIUM:
        test = mark(test)
    return pytest.mark.parametrize("name", sorted(makers()))(test)


@in_browser
def test_it_runs_and_asks_for_nothing(made: dict[str, Any], name: str, browser: Any, tmp_path: Path) -> None:
    page = made[name]()
    path = tmp_path / "page.html"
    if isinstance(page, str):
        assert "default-src &#x27;none&#x27;; style-src" in page
        check(browser, path, page, 2 * ("backprop" in name))
    elif name.startswith("notebook"):
        # with no policy of ours, nothing but escaping stands between a text and the browser
        part = fragment_html(poisoned(page))
        check(browser, path, f"<!doctype html><meta charset=utf-8><title>x</title>{part}", 0, closed=False)
    else:
        text = document(poisoned(page))
        assert text.count("onerror") > 5  # they are there, as text
        check(browser, path, text, 0)


@in_browser
def test_its_drawings_run_nothing_as_files(made: dict[str, Any], name: str, browser: Any, tmp_path: Path) -> None:
    page = made[name]()
    contents = [] if isinstance(page, str) else contents_of(poisoned(page))
    drawings = {each.kind: svg for each in contents if (svg := svg_of(each))}
    for svg in drawings.values():
        path = tmp_path / "drawing.svg"
        path.write_text(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', "xmlns=" not in svg))
        visit = Visit(browser, path, 1000, "light")
        assert visit.complaints == []
        assert visit.page.evaluate("window.pwned") is None
        assert visit.page.evaluate("document.querySelectorAll('parsererror, script, iframe').length") == 0
        assert [url for url in visit.requests if not url.startswith("data:")] == [path.as_uri()]
        visit.context.close()
