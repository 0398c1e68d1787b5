"""What a page is made of: plain records, which html, svg, png, text, csv and json draw.

Figure      a published number beside ours: a row of an experiment's main table
Table       rows of words and numbers
Curves      lines, fields and dots over one x axis;   Panels  several plots side by side
Intervals   a row for each name: its mean, how far it reaches, its single values
Contours    heights over a plane, with paths on them
Images      pictures in a grid;         Matrix    counts of K classes by K
Network     neurons and edges with their numbers
Text        paragraphs;                 Items     terms and what is said of them
Group       contents that belong together, or that are folded away until they are asked for

Of all of them ``title`` stands above, and ``note`` is a sentence below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from math import inf, isfinite
from typing import Any, ClassVar, Union, get_args

import numpy as np

from ..errors import UserError
from .plots import Array, Contours, Curves, Intervals, Line, Network, Panels

# kinds that are drawn over axes stand in plots.py, and are offered here too
__all__ = ["Array", "Contours", "Curves", "Intervals", "Line", "Network", "Panels"]
PNG = b"\x89PNG"  # how every PNG file begins


@dataclass(frozen=True)
class Words:
    """A cell that says something about itself."""

    text: str
    kind: str = ""  # of verdict, such as ``better``: its colour
    more: str = ""  # smaller, below it


@dataclass(frozen=True)
class Share:
    """A cell that shows a fraction in [0, 1] as a bar."""

    value: float


Cell = str | int | float | Words | Share | None  # None is left empty


@dataclass(frozen=True)
class Figure:
    """One number that was published, or that belongs beside those that were.

    Args:
        name: what it is, such as ``sgd: test accuracy``.
        published: None where nothing was published, and there is nothing else to compare with.
        ours: one value for each seed; a single one for what no seed changes.
        tolerance: how far the published value may lie from our mean, whatever the spread over the seeds.
        unit: ``%`` prints fractions in [0, 1] as percent; '' prints the number itself.
        digits: decimals that were published, of the number itself: 0.9826 has 4.
        why: the sentence to show where the two differ, or about what was found.
        seconds: training time of all the seeds together; None where nothing was trained.
        exact: ours must show the published digits, whatever the tolerance.
        comparable: False where ours comes from other data or fewer epochs, as with ``--quick``.
        recomputed: ``published`` was printed nowhere: somebody else worked it out from what was published.
    """

    kind: ClassVar[str] = "figure"
    name: str
    published: float | None
    ours: tuple[float, ...]
    tolerance: float = 0.0
    unit: str = ""
    digits: int = 4
    why: str = ""
    seconds: float | None = None
    exact: bool = False
    comparable: bool = True
    recomputed: bool = False

    def __post_init__(self) -> None:
        if not self.ours:
            raise UserError(f"The figure `{self.name}` has no value of ours.")
        if self.unit not in ("", "%"):
            raise UserError(f"The figure `{self.name}` has the unit `{self.unit}`; give % or none.")


@dataclass(frozen=True)
class Table:
    """Rows of words and numbers.

    Args:
        rows: each as long as ``columns``; None is an empty cell; floats are shown with 6 significant digits,
            so give text where the digits matter.
        marked: (row, column), counted from 0, of cells that are wrong as they were published.
        words: how many columns at the left hold words, or for each whether it does; None finds out from the
            cells.
        style: ``means`` and ``total`` mark their last rows, ``figures`` and ``kinds`` hold verdicts.
        labelled: on a phone each row becomes a paragraph, its numbers with their headings.
        code: columns that are set as code.
    """

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    marked: frozenset[tuple[int, int]] = frozenset()
    words: int | tuple[bool, ...] | None = None
    style: str = ""
    labelled: bool = False
    code: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise UserError(
                    f"Row {number} of the table `{self.title}` has {len(row)} cells "
                    f"for {len(self.columns)} columns."
                )


@dataclass(frozen=True)
class Images:
    """Pictures in a grid.

    Args:
        images: each [H, W] grey or [H, W, 3] colour, of floats: stretched from its least to its greatest value,
            unless they are ``diverging``, or in colour and within [0, 1]. Bytes, also [H, W, 4], are shown as
            they are, and so is a PNG file. None at all shows the captions alone.
        captions: one for each; '' for none.
        columns: how many side by side, where the page is wide enough.
        diverging: signed values around 0, in two colours, on one scale for all of them.
        details: of each, further lines below its caption.
        style: ``tiles``; ``views`` and ``small`` are small, ``cards`` have words, ``mosaic`` is as large as it is.
    """

    kind: ClassVar[str] = "images"
    title: str
    images: tuple[Array | bytes, ...]
    captions: tuple[str, ...]
    columns: int = 8
    diverging: bool = False
    note: str = ""
    details: tuple[tuple[str, ...], ...] = ()
    style: str = "tiles"

    @property
    def words(self) -> list[tuple[str, ...]]:
        """Of each, its caption and the further lines."""
        details = self.details or ((),) * len(self.captions)
        return [(caption, *more) for caption, more in zip(self.captions, details, strict=True)]

    def __post_init__(self) -> None:
        if self.images and len(self.images) != len(self.captions):
            raise UserError(f"`{self.title}` has {len(self.images)} images and {len(self.captions)} captions.")
        for each in self.images:
            if isinstance(each, bytes):
                if not each.startswith(PNG):
                    raise UserError(f"`{self.title}` holds bytes that are no PNG file.")
            elif not (each.ndim == 2 or (each.ndim == 3 and each.shape[2] in (3, 4))):
                raise UserError(
                    f"`{self.title}` holds an array {list(each.shape)}; pictures are [H, W] or [H, W, 3]."
                )


@dataclass(frozen=True)
class Matrix:
    """Counts [K, K]: row the true class, column the predicted one."""

    kind: ClassVar[str] = "matrix"
    title: str
    values: Array
    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Text:
    """Paragraphs.

    Args:
        paragraphs: what stands between backticks is set as code.
        style: '' for words, ``quiet``, ``note``, ``list``, ``command`` for lines to be typed, or ``link``, where
            the last is the path of a file beside the page.
    """

    kind: ClassVar[str] = "text"
    title: str
    paragraphs: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True)
class Item:
    """A term and what is said of it; a kind of verdict has its colour."""

    term: str
    said: str
    more: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Items:
    """Terms and what is said of them, set as ``facts``, ``headline``, ``verdicts`` or ``meanings``."""

    kind: ClassVar[str] = "items"
    title: str
    items: tuple[Item, ...]
    style: str = "meanings"


@dataclass(frozen=True)
class Group:
    """Contents that belong together, folded away until they are asked for or not; ``detail`` follows the title."""

    kind: ClassVar[str] = "group"
    title: str
    contents: tuple["Content", ...]
    folded: bool = False
    detail: str = ""


Content = Union[  # noqa: UP007  # a group holds contents
    Figure, Table, Curves, Intervals, Panels, Contours, Images, Matrix, Network, Text, Items, Group
]
KINDS = get_args(Content)


@dataclass(frozen=True)
class Section:
    """A titled part of a page, which a link at its top leads to.

    Args:
        title: its link is made of it.
        contents: in order.
        slot: it comes and goes without the rest: marks around it say where, also where it is empty.
    """

    title: str
    contents: tuple[Content, ...]
    slot: bool = False


@dataclass(frozen=True)
class Page:
    """A whole page: the window's title, the largest words, what is read first, and the parts."""

    title: str
    heading: str
    head: tuple[Content, ...]
    sections: tuple[Section, ...]


def record_of(content: Content) -> dict[str, Any]:
    """Return a content as JSON: its kind and every field.

    >>> record_of(Text("Why", ("Because.",)))
    {'kind': 'text', 'title': 'Why', 'paragraphs': ['Because.'], 'style': ''}
    """
    record: dict[str, Any] = _plain(content)
    return record


def figure_of(record: dict[str, Any]) -> Figure:
    """Return the figure that ``record_of`` made a record of.

    >>> figure = Figure("loss", 0.5, (0.4, float("inf")))
    >>> figure_of(record_of(figure)) == figure
    True
    """
    known = {each.name for each in fields(Figure)}
    values = {key: value for key, value in record.items() if key in known}
    ours = tuple(inf if each is None else each for each in record["ours"])
    return Figure(**{**values, "ours": ours})


def _plain(value: Any) -> Any:
    """Return a value that JSON can spell: what is no finite number becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        kind = {"kind": type(value).kind} if isinstance(value, KINDS) else {}
        known = {each.name: getattr(value, each.name) for each in fields(value)}
        if "images" in known:
            known["sizes"] = [getattr(each, "shape", ()) for each in known.pop("images")]
        return kind | {key: _plain(each) for key, each in known.items()}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, tuple | list | frozenset):
        return [_plain(each) for each in (sorted(value) if isinstance(value, frozenset) else value)]
    return None if isinstance(value, float) and not isfinite(value) else value
