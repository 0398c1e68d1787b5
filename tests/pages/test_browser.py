"""Every page in a real browser: it asks for nothing, fits every width, and can be read in light and dark."""

from pathlib import Path
from typing import Any

import pytest

from browsing import NEEDS_CHROMIUM, SCHEMES, Visit, visits

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module", params=["report", "explained report", "explanation", "label errors"])
def page(request: pytest.FixtureRequest, pages: dict[str, Path]) -> Path:
    """Each kind of page; all show names that want to break it."""
    return pages[request.param]


visit = visits()


def test_it_asks_for_nothing_but_itself(visit: Visit) -> None:
    assert visit.outside == []
    assert len([url for url in visit.requests if url.startswith("file:")]) == 1


def test_it_complains_of_nothing(visit: Visit) -> None:
    assert visit.complaints == []


def test_the_page_never_scrolls_sideways(visit: Visit) -> None:
    wide, window = visit.width_and_window()
    assert wide <= window


def test_every_text_stands_out_from_its_ground(visit: Visit) -> None:
    rows = visit.contrasts()
    assert len(rows) > 100
    assert [text for contrast, text in rows if contrast < 4.5] == []  # WCAG 2.1, level AA


def test_all_pictures_are_shown(visit: Visit) -> None:
    widths = visit.page.evaluate("[...document.images].map(each => each.naturalWidth)")
    assert len(widths) >= 10
    assert all(widths)


def test_light_and_dark_are_two_grounds(browser: Any, written: list[Path]) -> None:
    grounds = []
    for scheme in SCHEMES:
        visit = Visit(browser, written[0], 800, scheme)
        grounds.append(visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        visit.context.close()
    assert grounds[0] == "rgb(255, 255, 255)"
    assert grounds[1] != grounds[0]


def test_a_script_that_slipped_in_would_not_run(browser: Any, written: list[Path], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    text = written[0].read_text().replace("<main>", "<main><script>document.title = 'run'</script>")
    page.write_text(text)
    visit = Visit(browser, page, 800, "light")
    assert visit.page.title() != "run"
    assert any("Content Security Policy" in each for each in visit.complaints)
    visit.context.close()
