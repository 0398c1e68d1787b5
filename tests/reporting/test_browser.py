"""Every page in a real browser: it asks for nothing, fits every width, and can be read in light and dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
SCHEMES = ("light", "dark")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

# of every element with text of its own: the contrast of that text with the first background behind it
CONTRAST = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const painted = (colour, below) => {
    canvas.fillStyle = below; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (let each = node; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour;
    }
    return 'white';
  };
  const rows = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
    if (!own || node.closest('title, style, .unseen')) continue;
    const ground = behind(node), style = getComputedStyle(node);
    const ink = node instanceof SVGElement ? style.fill : style.color;
    const pair = [light(painted(ground, 'white')), light(painted(ink, ground))].sort((a, b) => b - a);
    rows.push([(pair[0] + 0.05) / (pair[1] + 0.05), node.tagName + ': ' + node.textContent.trim().slice(0, 40)]);
  }
  return rows;
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        launched = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


class Visit:
    """A page as a visitor sees it, with everything noted that it asks for or complains about."""

    def __init__(self, browser: Any, path: Path, width: int, scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())
        self.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


LOOKS = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]


@pytest.fixture(
    scope="module", params=["report", "explained report", "explanation", "label errors"]
)
def page(request: pytest.FixtureRequest, pages: dict[str, Path]) -> Path:
    """Each kind of page; all show names that want to break it."""
    return pages[request.param]


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]} {look[1]}")
def visit(request: pytest.FixtureRequest, browser: Any, page: Path) -> Iterator[Visit]:
    made = Visit(browser, page, *request.param)
    yield made
    made.context.close()


def test_it_asks_for_nothing_but_itself(visit: Visit) -> None:
    outside = [url for url in visit.requests if not url.startswith(("file:", "data:"))]
    assert outside == []
    assert len([url for url in visit.requests if url.startswith("file:")]) == 1


def test_it_complains_of_nothing(visit: Visit) -> None:
    assert visit.complaints == []


def test_the_page_never_scrolls_sideways(visit: Visit) -> None:
    wide, window = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window


def test_every_text_stands_out_from_its_ground(visit: Visit) -> None:
    rows = visit.page.evaluate(CONTRAST)
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
        grounds.append(
            visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        )
        visit.context.close()
    assert grounds[0] == "rgb(255, 255, 255)"
    assert grounds[1] != grounds[0]


def test_a_script_that_slipped_in_would_not_run(
    browser: Any, written: list[Path], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    text = written[0].read_text().replace("<main>", "<main><script>document.title = 'run'</script>")
    page.write_text(text)
    visit = Visit(browser, page, 800, "light")
    assert visit.page.title() != "run"
    assert any("Content Security Policy" in each for each in visit.complaints)
    visit.context.close()
