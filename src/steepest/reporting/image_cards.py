"""An explained image as the page and the report show it: sentences and small pictures, ready to be written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from .markup import Html, element

PICTURE = "data:image/png;base64,"  # how every picture begins: nothing else is ever put into a page


@dataclass(frozen=True)
class View:
    """A picture with its words.

    Args:
        caption: what it shows.
        uri: a PNG file's bytes as a ``data:`` URI.
    """

    caption: str
    uri: str

    def __post_init__(self) -> None:
        if not self.uri.startswith(PICTURE):
            raise ValueError(f"a picture begins with {PICTURE}, not with {self.uri[:40]}")


@dataclass(frozen=True)
class ImageCard:
    """What is said and shown of one image.

    Args:
        said: what it is and what it was taken for.
        details: its name, and more about the answer.
        views: itself and its maps.
        reasons: why the network says so, a sentence each.
    """

    said: str
    details: str
    views: tuple[View, ...]
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """Return the card that ``dataclasses.asdict`` made a record of.

        Raises:
            KeyError, TypeError, ValueError: it was made of something else.
        """
        views = tuple(View(**each) for each in record["views"])
        return cls(record["said"], record["details"], views, tuple(record["reasons"]))


def card(shown: ImageCard, *more: Html | None, answer: Html | None = None) -> Html:
    """Return a card as an article.

    Args:
        shown: the card.
        more: what stands below it.
        answer: what stands above the reasons.
    """
    return element(
        "article",
        element("h3", shown.said, element("span", f"  {shown.details}", class_="quiet")),
        views(shown.views),
        answer,
        element("ul", *(element("li", each) for each in shown.reasons), class_="reasons"),
        *more,
        class_="subject",
    )


def views(shown: Iterable[View], kind: str = "views") -> Html:
    """Return pictures side by side, each above its words."""
    items = (
        element("li", element("img", src=each.uri, alt=each.caption), each.caption)
        for each in shown
    )
    return element("ul", *items, class_=kind)


def mosaic(shown: View) -> Html:
    """Return one wide picture below its words."""
    image = element("img", src=shown.uri, alt=shown.caption)
    return element("figure", element("figcaption", shown.caption), image, class_="mosaic")
