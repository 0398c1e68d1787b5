"""What is drawn over axes, and the network: lines, rows with their intervals, heights, neurons and edges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..errors import UserError

Array = NDArray[Any]


@dataclass(frozen=True)
class Line:
    """A named line through points; a y that is NaN or infinite is left out."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    dashed: bool = False

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise UserError(f"The line `{self.name}` has {len(self.x)} x and {len(self.y)} y.")


@dataclass(frozen=True)
class Dot:
    """A single value: where it lies, what is said of it, and its kind."""

    x: float
    y: float
    said: str
    kind: str


@dataclass(frozen=True)
class Field:
    """A rectangle of a plot, of the kind ``bar``, ``gap`` or ``count``; one without height is an ``edge``."""

    x: tuple[float, float]
    y: tuple[float, float]
    kind: str
    said: str = ""


@dataclass(frozen=True)
class Curves:
    """Lines over one x axis; the fields lie behind them, the dots before them.

    Args:
        y_label: accuracies and probabilities are told in percent.
        lines: each in a colour of its own.
        y_range: the ends of the vertical axis; None finds them, also across.
        marks: places on the x axis with a word each, such as ``kept: epoch 3``.
    """

    kind: ClassVar[str] = "curves"
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    note: str = ""
    log_y: bool = False
    log_x: bool = False
    y_range: tuple[float, float] | None = None
    x_range: tuple[float, float] | None = None
    marks: tuple[tuple[float, str], ...] = ()
    fields: tuple[Field, ...] = ()
    dots: tuple[Dot, ...] = ()


@dataclass(frozen=True)
class Row:
    """A row of a chart, under its name."""

    name: str
    value: float  # its mean
    ends: tuple[float, float] | None = None  # of its interval, infinite where it is open
    kind: str = ""  # of verdict: its colour
    said: str = ""  # stands under the pointer
    dots: tuple[tuple[float, str], ...] = ()  # its single values, each with its words


@dataclass(frozen=True)
class Intervals:
    """A row for each name, over one x axis.

    Args:
        x_label: accuracies are told in percent.
        rows: at least one.
        margin: values so near to 0 do not matter, and lie on a band; None draws neither band nor 0.
    """

    kind: ClassVar[str] = "intervals"
    title: str
    x_label: str
    rows: tuple[Row, ...]
    margin: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Panels:
    """Several plots side by side; lines of one name have one colour in all of them."""

    kind: ClassVar[str] = "panels"
    title: str
    panels: tuple[Curves | Intervals, ...]
    note: str = ""


@dataclass(frozen=True)
class Contours:
    """Heights over a plane, with paths drawn on them.

    Args:
        x: [X] places of the columns of ``heights``.
        y: [Y] places of its rows.
        heights: [Y, X].
        paths: on the plane, the first point first.
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
class Neuron:
    """What stands on a neuron, line by line, and below it."""

    lines: tuple[str, ...]
    below: str = ""


@dataclass(frozen=True)
class Edge:
    """From neuron ``source`` of a layer to neuron ``target`` of the next, with a number and its derivative."""

    layer: int
    source: int
    target: int
    lines: tuple[str, str]


@dataclass(frozen=True)
class Network:
    """A small network with the numbers on its nodes and edges.

    Args:
        said: of which numbers it is.
        layers: inputs first.
        edges: in the order in which their labels are placed.
        values: every number by its name, for JSON.
    """

    kind: ClassVar[str] = "network"
    title: str
    said: str
    layers: tuple[tuple[Neuron, ...], ...]
    edges: tuple[Edge, ...]
    values: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
