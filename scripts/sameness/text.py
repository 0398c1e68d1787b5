"""How printed text and pages differ: words and numbers count; the clock, line breaks and widths do not."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html.parser import HTMLParser
from itertools import groupby

from .findings import Findings, Pair, Places

LONGEST = 160  # characters of a value in a line about a difference
# What a clock, a calendar or a speed made of printed text: each fits the spellings in use, and no more.
PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("a time of day", r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d|Z)?", "TIME"),
    ("a file's time in nanoseconds", r"\b1\d{18}\b", "TIME"),
    ("a date", r"\b20\d\d-\d\d-\d\d\b", "DATE"),
    ("a ratio of times", r"\b[\d.]+ (to [\d.]+ )?times the seconds\b", "RATIO times the seconds"),
    ("hours", r"\b\d+ h \d+ min\b", "DURATION"),
    ("minutes", r"\b\d+ min \d+ s\b", "DURATION"),
    ("seconds", r"\b\d[\d,]*(\.\d+)? (s|seconds)\b", "DURATION"),
    ("a speed", r"\b\d[\d,]*(\.\d+)? (samples|images)/s", "SPEED"),
    ("the rule under a heading", r"-{3,}", "---"),
)
# Weights that no layer table orders come as the file's library gives them, in another order each time.
UNORDERED = re.compile(r"[\w.]+\.(weight|bias|running_mean|running_var|num_batches_tracked) ")
CLOCK_HEADINGS = re.compile(r"(mean )?(seconds|time)( a run| / .*)?", re.IGNORECASE)


def plain(text: str, places: Places) -> str:
    """Return text without paths, times, dates and speeds.

    >>> plain("done in 3.2 s, loss 0.3200", Places({}))
    'done in DURATION, loss 0.3200'
    """
    text = places.hidden(text)
    for _, pattern, word in PATTERNS:
        text = re.sub(pattern, word, text)
    return text


def printed_lines(text: str, places: Places) -> list[str]:
    """Return the lines of printed text that are not empty, as they are compared."""
    lines = [plain(line, places) for line in without_clock_columns(text.splitlines())]
    return [joined for line in lines if (joined := " ".join(line.split()))]


def without_clock_columns(lines: Sequence[str]) -> list[str]:
    """Return lines in which the numbers below a heading such as ``seconds`` are gone.

    Columns are two blanks apart or more, and numbers stand to the right: a cell of the column ends where its
    heading ends. A table goes on to the next empty line.

    >>> without_clock_columns(["side  seconds  runs", "adam     1.25     6", "", "adam     1.25     6"])
    ['side  seconds  runs', 'adam     CLOCK     6', '', 'adam     1.25     6']
    """
    ends: set[int] = set()
    found = []
    for line in lines:
        cells = list(re.finditer(r"\S+(?: \S+)*", line))
        headings = {each.end() for each in cells if CLOCK_HEADINGS.fullmatch(each[0])}
        ends = headings or (ends if cells else set())
        masked = line
        for each in reversed(cells):
            if not headings and each.end() in ends:
                masked = f"{masked[: each.start()]}CLOCK{masked[each.end() :]}"
        found.append(masked)
    return found


def text_findings(old: str, new: str, places: Pair) -> Findings:
    """Return how printed text differs: words and numbers count, line breaks and widths of columns do not."""
    found = Findings()
    before, after = (printed_lines(text, each) for text, each in zip((old, new), places, strict=True))
    found.compared["lines"] += len(before)
    if " ".join(before) == " ".join(after):
        found.equal += len(before)
        return found
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.equal += j - i
            continue
        old_lines, new_lines = before[i:j], after[k:m]
        for place in range(max(len(old_lines), len(new_lines))):
            was, now = (lines[place : place + 1] for lines in (old_lines, new_lines))
            found.differences.append(f"{_said(was)} → {_said(now)}")
    return found


def _said(lines: Sequence[str]) -> str:
    return f"`{short(lines[0])}`" if lines else "nothing"


def short(text: str) -> str:
    """Return text cut to what a line about a difference holds."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def flags_findings(old: str, new: str, places: Pair) -> Findings:
    """Return which flags of a help page are gone; one that only the newer side has is added."""
    found = Findings()
    before, after = (set(re.findall(r"--[a-z][a-z-]+", text)) for text in (old, new))
    for flag in sorted(before):
        found.note("values", None if flag in after else f"{flag}: is gone")
    found.added += sorted(after - before)
    return found


class _Words(HTMLParser):
    """Collects what a page says and holds: a row of a table, or a value of JSON, is a line."""

    SILENT = ("script", "style")
    ROW = "tr"
    CELLS = ("td", "th")
    DATA = ("type", "application/json")  # of a script that is none

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._silent = self._data = False
        self._cells: list[str] | None = None
        self._clock: set[int] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._data = self.DATA in attrs
        self._silent = tag in self.SILENT and not self._data
        if tag == "table":
            self._clock = set()
        elif tag == self.ROW:
            self._cells = []
        elif tag in self.CELLS and self._cells is not None:
            self._cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._silent = self._data = False
        if tag == self.ROW and self._cells is not None:
            self._end_row(self._cells)
            self._cells = None

    def _end_row(self, cells: list[str]) -> None:
        headings = {n for n, cell in enumerate(cells) if CLOCK_HEADINGS.fullmatch(cell.strip())}
        if headings:
            self._clock = headings
        else:
            cells = ["CLOCK" if n in self._clock else cell for n, cell in enumerate(cells)]
        self.lines.append("  ".join(cells))

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._cells:
            self._cells[-1] += data
        else:
            self.lines += data.split(", ") if self._data else [data]


def page_words(page: str) -> str:
    """Return what an HTML page says, and the JSON in it, without what the clock made in its tables.

    >>> page_words("<p>a <b>b</b></p><table><tr><th>seconds</th></tr><tr><td>1.2</td></tr></table>")
    'a \\nb\\nseconds\\nCLOCK'
    """
    reader = _Words()
    reader.feed(page)
    reader.close()
    lines = [line for line in reader.lines if line.strip()]
    ordered: list[str] = []
    for weights, group in groupby(lines, key=lambda line: bool(UNORDERED.match(line))):
        block = list(group)
        ordered += sorted(block) if weights else block
    return "\n".join(ordered)


def page_findings(old: str, new: str, places: Pair) -> Findings:
    """Return how the words of two pages differ."""
    return text_findings(page_words(old), page_words(new), places)
