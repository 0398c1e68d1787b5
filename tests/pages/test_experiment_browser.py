"""An experiment's page in a real browser: it asks for nothing, fits every width, and can always be read."""

from pathlib import Path

import pytest

from browsing import NEEDS_CHROMIUM, Visit, visits
from steepest.experiments import open_experiment
from steepest.experiments.reproducing import reproduce
from steepest.pages.experiment import write_reproduction

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module", params=["gradient-descent", "backprop"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    *_, done = reproduce(open_experiment(request.param), folder=folder)
    return write_reproduction(done, folder)[0]


visit = visits([(360, "light"), (1280, "dark")])


def test_it_asks_for_nothing_and_complains_of_nothing(visit: Visit) -> None:
    assert visit.outside == []
    assert visit.complaints == []


def test_it_never_scrolls_sideways(visit: Visit) -> None:
    wide, window = visit.width_and_window()
    assert wide <= window


def test_every_text_stands_out_from_its_ground(visit: Visit) -> None:
    rows = visit.contrasts()
    assert len(rows) > 100
    assert [text for contrast, text in rows if contrast < 4.5] == []  # WCAG 2.1, level AA


def test_every_line_of_a_plot_has_a_colour_of_its_own(visit: Visit) -> None:
    colours = visit.page.evaluate(
        "[...document.querySelectorAll('svg.chart:has(.line)')].map(svg => "
        "[...svg.querySelectorAll('.line')].map(line => getComputedStyle(line).stroke))"
    )
    assert colours
    assert all(len(set(each)) == len(each) for each in colours)


def test_on_a_phone_the_verdict_is_in_sight(visit: Visit) -> None:
    right = visit.page.evaluate(
        "Math.max(...[...document.querySelectorAll('.verdict')].map(each => each.getBoundingClientRect().right))"
    )
    assert right <= visit.page.viewport_size["width"]
