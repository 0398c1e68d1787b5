"""Contents and whole pages as HTML: names of strangers are text, and a page asks the network for nothing."""

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import printable
from .content import Cell, Content, Figure, Group, Images, Items, Matrix, Page, Section, Share, Table, Text, Words
from .markup import Html, element, joined, scrolling, styles
from .network import network_svg
from .plots import Contours, Curves, Intervals, Network, Panels
from .png import image_files, png_of
from .svg import svg_of
from .text import counted, shortened, spelled, word_columns

FOLDED_FROM = 40  # rows: a longer table is folded away until it is asked for
SMALL_MATRIX = 30  # classes: above, cells are set smaller
LONGEST_NAME = 24  # columns of a class's name beside the matrix; its tooltip holds all of it
SHORT_NAME = 10  # characters: cards with longer names are wider
# nothing is fetched and nothing is run: not by us, and not by what a file's name may smuggle in
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
SHEETS = ("page.css", "charts.css")
# around a part that comes and goes without the rest; no name can spell these, since whatever is put into an
# element is escaped
START, END = "<!--explanation-->", "<!--/explanation-->"
PLACE = re.compile(f"{START}.*?{END}", re.DOTALL)


def content_html(content: Content, under: str = "") -> Html:
    """Return one content with its title, unless it stands ``under`` it already, and its note."""
    title = getattr(content, "title", "")
    shown = "" if isinstance(content, UNTITLED) or title == under else title
    note = getattr(content, "note", "")
    return element(
        "div",
        element("h3", prose(shown)) if shown else None,
        WRITERS[content.kind](content, under),
        element("p", prose(note), class_="quiet") if note else None,
        class_="content",
    )


def contents_html(contents: Sequence[Content], under: str = "") -> Html:
    """Return contents one below the other."""
    return joined(content_html(each, under) for each in contents)


def prose(text: str) -> Html:
    """Return text in which what stands between backticks is set as code.

    >>> prose("What does `backward` do?")
    'What does <code>backward</code> do?'
    """
    pieces = text.split("`")
    return joined(
        element("code", piece) if place % 2 and place + 1 < len(pieces) else piece
        for place, piece in enumerate(pieces)
    )


def _table(table: Table, under: str) -> Html:
    """Return a table, its wrong cells marked; a long one folded."""
    words = word_columns(table)
    head = (
        element("th", name, scope="col", class_=None if words[place] else "n")
        for place, name in enumerate(table.columns)
    )
    body = (element("tr", *_cells(table, number, row, words)) for number, row in enumerate(table.rows))
    whole = scrolling(
        element(
            "table",
            element("caption", table.title, class_="unseen"),
            element("thead", element("tr", *head)),
            element("tbody", *body),
            class_=" ".join(filter(None, [table.style, "labelled" * table.labelled])) or None,
        ),
        table.title,
    )
    if len(table.rows) >= FOLDED_FROM and table.title != under:
        return _folded(counted(len(table.rows), "row"), whole)
    return whole


def _cells(table: Table, number: int, row: Sequence[Cell], words: Sequence[bool]) -> list[Html]:
    made = []
    for place, cell in enumerate(row):
        kinds = [] if words[place] else ["n"]
        kinds += ["marked"] if (number, place) in table.marked else []
        kinds += ["words", cell.kind] if isinstance(cell, Words) else []
        shown = _cell(cell)
        if place in table.code:
            shown = element("code", shown)
        if (number, place) in table.marked:
            shown = element("mark", shown, title="wrong as published")
        class_ = " ".join(filter(None, kinds)) or None
        if place == 0:
            made.append(element("th", shown, scope="row", class_=class_))
        else:
            label = table.columns[place] if table.labelled else ""
            made.append(element("td", shown, class_=class_, data_label=label or None))
    return made


def _cell(cell: Cell) -> Html:
    match cell:
        case Words():
            more = element("small", prose(cell.more)) if cell.more else None
            return joined([element("span", cell.text, class_=f"verdict {cell.kind}"), more])
        case Share():
            depth = round(100 * cell.value, 1)
            return element("span", element("span", style=f"--d:{depth}"), class_="track")
    return joined([spelled(cell)])


def _matrix(matrix: Matrix, under: str) -> Html:
    """Return counts as a table: blue where right, red where wrong, deeper for a larger share."""
    shares = matrix.values / np.maximum(matrix.values.sum(axis=1, keepdims=True), 1)
    depths = np.rint(100 * np.sqrt(shares)).astype(int)
    names = [element("span", shortened(printable(name), LONGEST_NAME), title=name) for name in matrix.names]
    corner = element("th", "true \\ predicted", scope="col", class_="corner")
    head = element("tr", corner, *(element("th", name, scope="col") for name in names))
    rows = [
        element("tr", element("th", name, scope="row"), *_counts(place, matrix, depths))
        for place, name in enumerate(names)
    ]
    long = max(len(printable(name)) for name in matrix.names) > 4
    kinds = ["matrix", "upright" * long, "dense" * (len(names) > SMALL_MATRIX)]
    whole = element(
        "table",
        element("caption", matrix.title, class_="unseen"),
        element("thead", head),
        element("tbody", *rows),
        class_=" ".join(filter(None, kinds)),
    )
    return scrolling(whole, matrix.title)


def _counts(row: int, matrix: Matrix, depths: Any) -> list[Html]:
    return [
        element("td", f"{count:g}", class_="right" if column == row else None, style=f"--d:{depths[row, column]}")
        if count
        else Html("<td></td>")
        for column, count in enumerate(matrix.values[row].tolist())
    ]


def _images(images: Images, under: str) -> Html:
    """Return pictures in a grid, each with its caption."""
    files: Sequence[bytes | None] = image_files(images) or [None] * len(images.captions)
    shown = list(zip(files, images.words, strict=True))
    if images.style == "mosaic":
        return joined(
            element("figure", element("figcaption", caption), _picture(file, caption), class_="mosaic")
            for file, (caption, *_) in shown
        )
    items = (
        element(
            "li",
            _picture(file, caption or images.title),
            element("b", caption) if more else caption,
            *(element("span", each) for each in more),
        )
        for file, (caption, *more) in shown
    )
    columns = min(images.columns, max(1, len(shown)))
    longest = max((len(each) for words in images.words for each in words), default=0)
    worded = images.style == "cards" and longest > 2 * SHORT_NAME
    kind = f"{images.style} worded" if worded else images.style
    return element("ul", *items, class_=kind, style=f"--columns:{columns}")


def _picture(file: bytes | None, said: str, kind: str | None = None) -> Html | None:
    if file is None:
        return None
    return element("img", src=f"data:image/png;base64,{b64encode(file).decode()}", alt=said, class_=kind)


def _contours(contours: Contours, under: str) -> Html | None:
    said = f"{contours.title}: {contours.y_label} against {contours.x_label}"
    return _picture(png_of(contours), said, "plot")


def _plot(content: Curves | Intervals | Panels, under: str) -> Html:
    return element("div", svg_of(content), class_=None if isinstance(content, Panels) else "single")


def _network(network: Network, under: str) -> Html:
    return scrolling(network_svg(network), network.title or network.said)


def _text(text: Text, under: str) -> Html:
    if text.style == "command":
        said = joined(text.paragraphs, "\n")
        return element("pre", said, tabindex=0, role="region", aria_label="Command")
    if text.style == "list":
        items = (element("li", prose(each)) for each in text.paragraphs)
        return element("ul", *items, class_="reasons")
    if text.style == "link":
        *before, file = text.paragraphs
        return element("p", *before, element("a", file, href=file))
    role = "note" if text.style == "note" else None
    return joined(element("p", prose(each), class_=text.style or None, role=role) for each in text.paragraphs)


def _items(items: Items, under: str) -> Html:
    shown = (
        element(
            "div",
            element("dt", prose(each.term)),
            element("dd", prose(each.said)),
            element("dd", prose(each.more), class_="quiet") if each.more else None,
            class_=each.kind or None,
        )
        for each in items.items
    )
    return element("dl", *shown, class_=items.style)


def _group(group: Group, under: str) -> Html:
    if group.folded:
        return _folded(group.title, contents_html(group.contents, group.title))
    detail = element("span", f"  {group.detail}", class_="quiet") if group.detail else None
    heading = element("h3", group.title, detail) if group.title else None
    return element("article", heading, contents_html(group.contents), class_="subject")


def _folded(title: str, content: Html) -> Html:
    return element("details", element("summary", title), content)


def _figure(figure: Figure, under: str) -> Html:
    row = (figure.name, figure.published, *figure.ours)
    ours = tuple("ours" for _ in figure.ours)
    return _table(Table(figure.name, ("figure", "published", *ours), (row,)), under)


UNTITLED = Curves | Intervals | Group
WRITERS: dict[str, Callable[[Any, str], Html | None]] = {
    Figure.kind: _figure,
    Table.kind: _table,
    Curves.kind: _plot,
    Intervals.kind: _plot,
    Panels.kind: _plot,
    Contours.kind: _contours,
    Images.kind: _images,
    Matrix.kind: _matrix,
    Network.kind: _network,
    Text.kind: _text,
    Items.kind: _items,
    Group.kind: _group,
}


def page_html(page: Page, made_by: str) -> str:
    """Return a whole HTML file, which says at its end what it was made by."""
    navigation = element("nav", _links(page.sections), aria_label="Parts")
    header = element("header", element("h1", page.heading), contents_html(page.head))
    parts = [header, navigation if len(page.sections) > 1 else None, _parts(page.sections)]
    body = element("body", element("main", *parts), element("footer", made_by, "."), class_="steepest")
    return file_html(body, page.title, POLICY, SHEETS)


def file_html(body: Html, title: str, policy: str, sheets: Sequence[str]) -> str:
    """Return a body as a whole file.

    Args:
        body: what is seen.
        title: of the window.
        policy: what the browser may fetch and run.
        sheets: of this room.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", *map(styles, sheets)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def fragment_html(page: Page) -> str:
    """Return a page for a notebook, whose colours it takes: the parts behind folds."""
    style = element("style", styles("charts.css"), styles("notebook.css"))
    folds = (
        element("details", element("summary", each.title), contents_html(each.contents, each.title))
        for each in page.sections
        if each.contents
    )
    head = element("b", page.heading), contents_html(page.head)
    return element("div", style, *head, *folds, class_="steepest")


def replaced(text: str, section: Section) -> str | None:
    """Return a page's text with another part in its slot, all else as it was.

    Returns:
        None where the page has no slot.
    """
    pieces = PLACE.split(text)
    if len(pieces) != 3:  # around two places: of the link and of the section
        return None
    before, between, after = map(Html, pieces)
    return joined([before, _links([section]), between, _parts([section]), after])


def _links(sections: Sequence[Section]) -> Html:
    return joined(_kept_apart(each, element("a", each.title, href=f"#{anchor(each.title)}")) for each in sections)


def _parts(sections: Sequence[Section]) -> Html:
    def part(each: Section) -> Html:
        contents = contents_html(each.contents, each.title)
        return element("section", element("h2", each.title), contents, id=anchor(each.title))

    return joined(_kept_apart(each, part(each)) for each in sections)


def _kept_apart(section: Section, content: Html) -> Html:
    """Return a part between marks where it comes and goes; of one without contents, the marks."""
    if not section.slot:
        return content
    return Html(f"{START}{content if section.contents else ''}{END}")


def anchor(title: str) -> str:
    """Return what a link to a part calls it.

    >>> anchor("Confusion matrix")
    'confusion-matrix'
    """
    return title.lower().replace(" ", "-")
