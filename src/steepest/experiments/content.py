"""What a page about an experiment is made of: plain records, which ``reporting`` draws and JSON can hold.

Figure      a published number beside ours: a row of the main table
Table       rows of words and numbers
Curves      lines over one x axis;      Panels    several of them side by side
Contours    heights over a plane, with paths on them
Images      pictures in a grid;         Matrix    counts of K classes by K
Network     a small network drawn with its numbers
Text        paragraphs
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from ..errors import UserError

if TYPE_CHECKING:
    from ..byhand.dense import DenseNetwork
    from ..byhand.table import Table as WorkedTable

Cell = str | int | float | None  # None is left empty
Array = NDArray[Any]


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
        title: stands above it.
        columns: the headings.
        rows: each as long as ``columns``; None is an empty cell; floats are shown with 6 significant digits,
            so give text where the digits matter.
        note: a sentence below it.
        marked: (row, column), counted from 0, of cells that are wrong as they were published.
    """

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    marked: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise UserError(
                    f"Row {number} of the table `{self.title}` has {len(row)} cells "
                    f"for {len(self.columns)} columns."
                )


@dataclass(frozen=True)
class Line:
    """A named line through points; a y that is NaN or infinite is left out."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise UserError(f"The line `{self.name}` has {len(self.x)} x and {len(self.y)} y.")


@dataclass(frozen=True)
class Curves:
    """Lines over one x axis."""

    kind: ClassVar[str] = "curves"
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    note: str = ""
    log_y: bool = False
    log_x: bool = False


@dataclass(frozen=True)
class Panels:
    """Several plots side by side; lines of one name have one colour in all of them."""

    kind: ClassVar[str] = "panels"
    title: str
    panels: tuple[Curves, ...]
    note: str = ""


@dataclass(frozen=True)
class Contours:
    """Heights over a plane, with paths drawn on them.

    Args:
        title: stands above it.
        x_label: of the horizontal axis.
        y_label: of the vertical axis.
        x: [X] places of the columns of ``heights``.
        y: [Y] places of its rows.
        heights: [Y, X].
        paths: on the plane, the first point first.
        note: a sentence below it.
    """

    kind: ClassVar[str] = "contours"
    title: str
    x_label: str
    y_label: str
    x: Array
    y: Array
    heights: Array
    paths: tuple[Line, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Images:
    """Pictures in a grid.

    Args:
        title: stands above them.
        images: each [H, W] grey or [H, W, 3] colour, of floats; each is stretched from its least to its
            greatest value, unless they are ``diverging``, or in colour and within [0, 1].
        captions: one for each; '' for none.
        columns: how many side by side, where the page is wide enough.
        diverging: signed values around 0, in two colours, on one scale for all of them.
        note: a sentence below them.
    """

    kind: ClassVar[str] = "images"
    title: str
    images: tuple[Array, ...]
    captions: tuple[str, ...]
    columns: int = 8
    diverging: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if len(self.images) != len(self.captions):
            raise UserError(
                f"`{self.title}` has {len(self.images)} images and {len(self.captions)} captions."
            )
        for each in self.images:
            if not (each.ndim == 2 or (each.ndim == 3 and each.shape[2] == 3)):
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
class Network:
    """A small network by hand, drawn with the numbers of one row of its table."""

    kind: ClassVar[str] = "network"
    title: str
    network: "DenseNetwork"
    row: "WorkedTable"
    note: str = ""


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    kind: ClassVar[str] = "text"
    title: str
    paragraphs: tuple[str, ...]


Content = Figure | Table | Curves | Panels | Contours | Images | Matrix | Network | Text
KINDS = (Figure, Table, Curves, Panels, Contours, Images, Matrix, Network, Text)
