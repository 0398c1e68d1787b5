"""HTML from functions: whatever is put into an element is escaped, unless it is markup already."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files

from ..errors import printable

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


def scrolling(wide: Html, label: str) -> Html:
    """Return a box that scrolls sideways by itself, reachable by keyboard."""
    return element("div", wide, class_="wide", role="region", aria_label=label, tabindex=0)


def styles(name: str) -> Html:
    """Return a style sheet of this room."""
    return Html(files(__package__).joinpath(name).read_text(encoding="utf-8"))
