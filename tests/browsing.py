"""A page as a visitor sees it in a real browser."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

SCHEMES = ("light", "dark")
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in SCHEMES]

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


class Visit:
    """A page as a visitor sees it, with everything noted that it asks for or complains about."""

    def __init__(self, browser: Any, path: Path, width: int, scheme: str) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())
        self.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")

    @property
    def outside(self) -> list[str]:
        """Everything that the page asked for beside itself."""
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]

    def width_and_window(self) -> list[int]:
        """Return how wide the page is, and how wide the window."""
        return self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")

    def contrasts(self) -> list[tuple[float, str]]:
        """Return the contrast of every text, and its beginning."""
        return self.page.evaluate(CONTRAST)


def visits(looks: Sequence[tuple[int, str]] = LOOKS) -> Any:
    """Return a fixture: the module's ``page`` as visitors with these widths and colour schemes see it."""

    @pytest.fixture(scope="module", params=looks, ids=lambda look: f"{look[0]} {look[1]}")
    def visit(request: pytest.FixtureRequest, browser: Any, page: Path) -> Iterator[Visit]:
        made = Visit(browser, page, *request.param)
        yield made
        made.context.close()

    return visit
