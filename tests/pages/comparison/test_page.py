import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from comparison_fakes import invented
from steepest.comparison.comparison import Comparison
from steepest.comparison.sides import Side
from steepest.content.html import fragment_html
from steepest.pages.comparison import page
from steepest.pages.comparison.page import budget_chart, difference_chart, seed_chart, tuning_panels, write_page
from steepest.pages.document import document

EVIL = "<script>alert(1)</script>"


def comparison_page(comparison: Comparison) -> str:
    return document(page.comparison_page(comparison))


def comparison_html(comparison: Comparison) -> str:
    return fragment_html(page.comparison_page(comparison))


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br", "img", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def balanced(text: str) -> bool:
    parser = Balance()
    parser.feed(text)
    return parser.open == []


@pytest.fixture(scope="module")
def three() -> Comparison:
    return invented(("adam", "momentum", "sgd"), (0.95, 0.949, 0.93), studies=10, spread=0.002)


def test_the_page_has_every_part_and_is_well_formed(three):
    text = comparison_page(three)
    assert balanced(text)
    titles = re.findall(r"<h2>(.*?)</h2>", text)
    assert titles == [
        *("Sides", "Every pair", "Differences", "Every run", "Tuning"),
        *("Verdict by tuning budget", "Settings", "Ask again"),
    ]
    for verdict in three.verdicts.values():
        assert verdict.sentence.split(";")[0] in text
    assert "steepest compare adam momentum sgd --model F4-R-F2 --data stripes" in text
    assert "http" not in text.replace("http-equiv", "")


def test_kinds_are_told_in_words_and_mirrored_in_the_matrix(three):
    text = comparison_page(three)
    assert three.verdicts["adam", "sgd"].kind == "better"
    matrix = text[text.index("<h2>Every pair") :]
    assert matrix.count('class="words better"') >= 2
    assert 'class="words worse"' in matrix
    assert three.verdicts["adam", "momentum"].kind == "equivalent"


def test_of_many_pairs_the_page_says_first_how_many_are_decided():
    sides = ("adam", "momentum", "sgd", "lion", "muon")
    means = (0.95, 0.9501, 0.93, 0.9, 0.9001)
    found = invented(sides, means, studies=14, spread=0.002)
    kinds = [each.kind for each in found.verdicts.values()]
    same, better = kinds.count("equivalent"), kinds.count("better") + kinds.count("worse")
    assert 0 < same < same + better <= 10
    text = comparison_page(found)
    assert balanced(text)
    head = text[: text.index("</header>")]
    assert f"{same + better} of 10 pairs are decided: in {better} one side is better, {same} are equ" in head
    assert "sgd against lion" not in head
    assert text.index("Every pair</h2>") < text.index("In words</h2>") < text.index("sgd against lion")


def test_every_trial_and_every_run_is_a_dot_with_its_numbers(three):
    text = comparison_page(three)
    assert text.count('class="trial') == len(three.trials)
    assert text.count('class="seed"') == 3 * 20
    assert text.count("kept-trial") - text.count(".kept-trial") == 3 * 10


def test_a_page_of_two_at_fixed_settings_has_no_matrix_and_no_tuning():
    text = comparison_page(invented(fixed=True))
    assert balanced(text)
    assert "Every pair" not in text
    assert "Tuning" not in text


@pytest.mark.parametrize(
    "asked",
    [
        {"metric": "loss"},
        {"metric": "steps", "target": 0.93},
        {"metric": "seconds", "target": 0.99},
        {"test_images": True},
        {"until_decided": True, "max_seeds": 20},
        {"margin": 1e-9},
    ],
    ids=str,
)
def test_every_metric_and_mode_has_its_page(asked):
    text = comparison_page(invented(fixed=True, diverge="sgd", **asked))
    assert balanced(text)
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).lower().replace("resonan", "")


def test_sides_that_never_differ_can_be_drawn():
    same = invented(levels=(0.95, 0.95), spread=0.0, fixed=True)
    assert same.correlations["adam", "sgd"] is None
    assert "one side never varied" in comparison_page(same)


def test_a_name_cannot_break_the_page(three):
    question = three.question
    evil = replace(question, sides=(Side(EVIL, question.sides[0].config), *question.sides[1:]))
    results = tuple(replace(r, side=EVIL if r.side == "adam" else r.side) for r in three.results)
    trials = tuple(
        replace(t, trial=replace(t.trial, side=EVIL if t.trial.side == "adam" else t.trial.side))
        for t in three.trials
    )
    comparison = Comparison(evil, trials, results, three.circumstances, notes=(EVIL,))
    for text in (comparison_page(comparison), comparison_html(comparison)):
        assert EVIL not in text
        assert "&lt;script&gt;" in text
        assert balanced(text)


def test_a_notebook_shows_verdicts_and_table_and_folds_the_rest(three):
    text = three._repr_html_()
    assert text.startswith('<div class="steepest">')
    assert text.index("better:") < text.index("<details>")
    assert text.count("<details>") >= 7


def test_the_page_is_written_as_a_file(three, tmp_path: Path):
    write_page(three, tmp_path / "comparison.html")
    assert (tmp_path / "comparison.html").read_text().startswith("<!doctype html>")


@pytest.fixture(scope="module")
def two() -> Comparison:
    return invented(studies=10, spread=0.002)


def test_differences_are_told_in_points_with_their_margin(two: Comparison) -> None:
    (verdict,) = two.verdicts.values()
    chart = difference_chart(two)
    (row,) = chart.rows
    assert row.name == "adam - sgd"
    assert row.value == pytest.approx(100 * verdict.mean)
    assert row.ends == pytest.approx((100 * verdict.low, 100 * verdict.high))
    assert chart.margin == pytest.approx(100 * verdict.margin)
    assert (row.kind, row.said) == (verdict.kind, verdict.sentence)


def test_every_reporting_run_is_a_dot_of_its_side(two: Comparison) -> None:
    rows = seed_chart(two).rows
    assert [row.name for row in rows] == ["adam", "sgd"]
    assert [len(row.dots) for row in rows] == [20, 20]
    assert rows[0].value == pytest.approx(sum(value for value, _ in rows[0].dots) / 20)
    assert rows[0].dots[0][1].startswith("adam, seed ")


def test_each_pair_has_a_row_for_each_budget(two: Comparison) -> None:
    panels = budget_chart(two)
    assert panels is not None
    (panel,) = panels.panels
    assert panel.title == "adam against sgd"
    names = [row.name for row in panel.rows]  # type: ignore[union-attr]
    assert names[0] == "1 tuning trial"
    assert names[1:] == [f"{each} tuning trials" for each in two.budgets[1:]]


def test_without_a_smaller_budget_there_is_no_chart() -> None:
    assert budget_chart(invented(fixed=True)) is None


def test_every_trial_is_a_dot_and_the_chosen_lie_on_top(two: Comparison) -> None:
    trials = {"adam": two.trials_of("adam", 0)}
    (panel,) = tuning_panels(trials, [two.chosen("adam", 0)]).panels
    kinds = [dot.kind for dot in panel.dots]  # type: ignore[union-attr]
    assert len(kinds) == len(trials["adam"])
    assert ["kept" in kind for kind in kinds].count(True) == 1
    assert kinds[-1] == "trial kept-trial"
