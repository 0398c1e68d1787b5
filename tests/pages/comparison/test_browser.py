"""The judge's pages in a real browser: they ask for nothing, fit every width, and can always be read."""

from pathlib import Path

import pytest

from browsing import NEEDS_CHROMIUM, Visit, visits
from comparison_fakes import invented
from steepest.comparison.tuned import Tuned
from steepest.pages.comparison import page as comparison_page
from steepest.pages.comparison import tuning as tuning_page

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module", params=["tuned", "fixed", "one side"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    tuned = invented(("adam", "momentum", "sgd"), (0.95, 0.949, 0.93), studies=10, spread=0.002)
    if request.param == "one side":
        first = tuned.question.sides[0]
        trials = tuple(each for each in tuned.trials if each.trial.side == first.name)
        tuning_page.write_page(Tuned(first, tuned.question.design, trials, path.parent), path)
    else:
        fixed = invented(fixed=True, target=0.93, diverge="sgd")
        comparison_page.write_page(tuned if request.param == "tuned" else fixed, path)
    return path


visit = visits()


def test_it_asks_for_nothing_and_complains_of_nothing(visit: Visit) -> None:
    assert visit.outside == []
    assert visit.complaints == []


def test_it_never_scrolls_sideways(visit: Visit) -> None:
    wide, window = visit.width_and_window()
    assert wide <= window


def test_every_text_stands_out_from_its_ground(visit: Visit) -> None:
    rows = visit.contrasts()
    assert len(rows) > 50
    assert [text for contrast, text in rows if contrast < 4.5] == []  # WCAG 2.1, level AA


def test_no_label_of_a_chart_lies_on_another(visit: Visit) -> None:
    overlaps = visit.page.evaluate(
        """() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
          const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
          return boxes.flatMap(([a, x], i) => boxes.slice(i + 1)
            .filter(([b, y]) => x.left < y.right - 1 && y.left < x.right - 1
              && x.top < y.bottom - 2 && y.top < x.bottom - 2)
            .map(([b]) => a + ' / ' + b));
        })"""
    )
    assert overlaps == []
