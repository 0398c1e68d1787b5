"""HTML from functions: whatever is put into an element is escaped, unless it is markup already."""

from collections.abc import Iterable
from html import escape

from .wording import printable

VOID = {"br", "img", "meta", "link", "line", "circle", "rect", "path", "polyline"}
Child = object


class Html(str):
    """Text that is markup; any other text is escaped where it is put into an element."""

    __slots__ = ()


def markup(child: Child) -> Html:
    """Return a child as markup: escaped unless it is ``Html``, nothing for None.

    >>> markup("<script>")
    '&lt;script&gt;'
    """
    if child is None:
        return Html("")
    return child if isinstance(child, Html) else Html(escape(printable(child)))


def joined(children: Iterable[Child], between: str = "") -> Html:
    """Return several children as one piece of markup."""
    return Html(between.join(markup(child) for child in children))


def element(name: str, /, *children: Child, **attributes: object) -> Html:
    """Return an element.

    Args:
        name: of the element.
        children: texts, which are escaped, and ``Html``, which is not.
        attributes: ``class_`` stands for ``class``, ``aria_label`` for ``aria-label``; None leaves one out.

    >>> element("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(printable(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID and not children:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def table(
    headings: Iterable[Child],
    rows: Iterable[Iterable[Child]],
    *,
    caption: str,
    text_columns: int = 1,
    class_: str | None = None,
) -> Html:
    """Return a table in a box of its own that scrolls where the table is wider than the page.

    Args:
        headings: one a column.
        rows: the first cell of each is its heading.
        caption: what the table shows, for those who hear it instead of seeing it.
        text_columns: how many columns at the left hold words; the others hold numbers, set to the right.
        class_: of the table.
    """
    head = element("tr", *(_heading(each, i < text_columns) for i, each in enumerate(headings)))
    body = (element("tr", *_cells(row, text_columns)) for row in rows)
    whole = element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", head),
        element("tbody", *body),
        class_=class_,
    )
    return scrolling(whole, caption)


def scrolling(wide: Html, label: str) -> Html:
    """Return a box that scrolls sideways by itself, reachable by keyboard."""
    return element("div", wide, class_="wide", role="region", aria_label=label, tabindex=0)


def _heading(text: Child, words: bool) -> Html:
    return element("th", text, scope="col", class_=None if words else "n")


def _cells(row: Iterable[Child], text_columns: int) -> Iterable[Html]:
    for place, cell in enumerate(row):
        if place == 0:
            yield element("th", cell, scope="row")
        else:
            yield element("td", cell, class_=None if place < text_columns else "n")
