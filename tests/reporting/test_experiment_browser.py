"""An experiment's page in a real browser: it asks for nothing, fits every width, and can always be read."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steepest.experiments import open_experiment
from steepest.experiments.reproducing import reproduce
from steepest.reporting.experiment_files import write_reproduction

OTHERS = runpy.run_path(str(Path(__file__).with_name("test_browser.py")))
LOOKS = [(360, "light"), (1280, "dark")]
pytestmark = OTHERS["pytestmark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=OTHERS["CHROMIUM"], args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module", params=["gradient-descent", "backprop"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    *_, done = reproduce(open_experiment(request.param), folder=folder)
    return write_reproduction(done, folder)[0]


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]} {look[1]}")
def visit(request: pytest.FixtureRequest, browser: Any, page: Path) -> Iterator[Any]:
    made = OTHERS["Visit"](browser, page, *request.param)
    yield made
    made.context.close()


def test_it_asks_for_nothing_and_complains_of_nothing(visit: Any) -> None:
    assert [url for url in visit.requests if not url.startswith(("file:", "data:"))] == []
    assert visit.complaints == []


def test_it_never_scrolls_sideways(visit: Any) -> None:
    wide, window = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window


def test_every_text_stands_out_from_its_ground(visit: Any) -> None:
    rows = visit.page.evaluate(OTHERS["CONTRAST"])
    assert len(rows) > 100
    assert [text for contrast, text in rows if contrast < 4.5] == []  # WCAG 2.1, level AA


def test_every_line_of_a_plot_has_a_colour_of_its_own(visit: Any) -> None:
    colours = visit.page.evaluate(
        "[...document.querySelectorAll('svg.lines')].map(svg => "
        "[...svg.querySelectorAll('.line')].map(line => getComputedStyle(line).stroke))"
    )
    assert colours
    assert all(len(set(each)) == len(each) for each in colours)


def test_on_a_phone_the_verdict_is_in_sight(visit: Any) -> None:
    right = visit.page.evaluate(
        "Math.max(...[...document.querySelectorAll('.verdict')].map(each => each.getBoundingClientRect().right))"
    )
    assert right <= visit.page.viewport_size["width"]
