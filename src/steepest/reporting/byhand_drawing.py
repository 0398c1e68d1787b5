"""A small dense network as a drawing: its numbers on the nodes and edges."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..byhand.backprop import Neuron, layers_of, target_of
from ..byhand.dense import DenseNetwork
from ..byhand.formula import spelled
from ..byhand.table import Table
from .markup import Html, element, joined

RADIUS = 36  # of a node: holds two lines of a name and four digits
ACROSS = 290  # between layers: a weight and its derivative fit on an edge
DOWN = 118  # between the nodes of the largest layer, at least
LABEL = 31  # height of an edge's two lines
LETTER = 6.6  # width of a letter, on average
MARGIN = 64
READABLE = 8  # nodes a layer up to which edges carry their numbers
DIGITS = 4

Places = dict[str, tuple[float, float]]  # of each neuron, by its activation's name
Box = tuple[float, float, float, float]  # centre, half width, half height

STYLE = """
.net text { font: 12.5px/1.2 system-ui, sans-serif; fill: var(--text, #1d2126); }
.net .edge { stroke: var(--quiet, #59616b); stroke-opacity: .45; stroke-width: 1.2; }
.net circle { fill: var(--soft, #eef2f7); stroke: var(--train, #2a69ac); stroke-width: 1.5; }
.net .bias { fill: var(--quiet, #59616b); }
.net .name { font-weight: 650; }
.net .halo { paint-order: stroke; stroke: var(--page, #fff); stroke-width: 5px; stroke-linejoin: round; }
.net .grad { fill: var(--val, #b4581a); }
"""


def network_drawing(network: DenseNetwork, table: Table) -> Html:
    """Return an SVG of one row: sums and activations on nodes, weights and derivatives on edges."""
    layers = layers_of(network)
    most = max(network.sizes)
    # the more edges meet, the more room their labels need
    down, across = max(DOWN, LABEL * (most + 1)), ACROSS + 40 * (most - 2)
    width = 2 * MARGIN + across * (len(layers) - 1) + 20
    height = 2 * MARGIN + down * (most - 1) + 24
    places: Places = {
        neuron.active: (
            float(MARGIN + depth * across),
            height / 2 - 6 + (k - (len(layer) - 1) / 2) * down,
        )
        for depth, layer in enumerate(layers)
        for k, neuron in enumerate(layer)
    }
    values = table.values
    edges = list(_edges(layers, places))
    labels = _labels(layers, places, values) if most <= READABLE else iter(())
    nodes = _nodes(layers, places, values)
    title = f"{network}; the numbers are those of the first row"
    return element(
        "svg",
        element("title", title),
        element("style", Html(STYLE)),
        *edges,
        *labels,
        *nodes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:g}",
        width=width,
        class_="net",
        role="img",
        aria_label=title,
    )


def _edges(layers: Sequence[Sequence[Neuron]], places: Places) -> Iterator[Html]:
    for before, layer in pairwise(layers):
        for neuron in layer:
            for source in before:
                (x1, y1), (x2, y2) = places[source.active], places[neuron.active]
                yield element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="edge")


def _labels(
    layers: Sequence[Sequence[Neuron]], places: Places, values: dict[str, float]
) -> Iterator[Html]:
    """Yield each edge's weight and derivative, where on the edge they cover least of what is there."""
    taken: list[Box] = [(x, y, RADIUS, RADIUS) for x, y in places.values()]
    for before, layer in pairwise(layers):
        for neuron in layer:
            for weight, source in zip(neuron.weights, before, strict=True):
                lines = (
                    f"{weight} {spelled(values[weight], DIGITS)}",
                    f"dE/d{weight} {spelled(values[f'dE_d{weight}'], 3)}",
                )
                half = max(map(len, lines)) * LETTER / 2
                x, y = _free_place(places[source.active], places[neuron.active], half, taken)
                taken.append((x, y, half, LABEL / 2))
                yield _label(x, y, lines)


def _free_place(
    start: tuple[float, float], end: tuple[float, float], half: float, taken: Sequence[Box]
) -> tuple[float, float]:
    """Return the point between 1/5 and 4/5 of an edge whose label covers least; near the source, if many do."""

    def covered(share: float) -> float:
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        areas = (
            max(0.0, half + w - abs(x - u)) * max(0.0, LABEL / 2 + h - abs(y - v))
            for u, v, w, h in taken
        )
        return sum(areas) + share  # of equals the one nearest to the source

    best = min((step / 100 for step in range(20, 81, 2)), key=covered)
    x, y = (a + best * (b - a) for a, b in zip(start, end, strict=True))
    return x, y


def _label(x: float, y: float, lines: tuple[str, str]) -> Html:
    weight = element("tspan", lines[0], x=f"{x:.1f}")
    grad = element("tspan", lines[1], x=f"{x:.1f}", dy="1.15em", class_="grad")
    return element("text", weight, grad, y=f"{y - 3:.1f}", class_="halo", text_anchor="middle")


def _nodes(
    layers: Sequence[Sequence[Neuron]], places: Places, values: dict[str, float]
) -> Iterator[Html]:
    for depth, layer in enumerate(layers):
        for k, neuron in enumerate(layer):
            x, y = places[neuron.active]
            lines = [(neuron.net, "name"), (spelled(values[neuron.net], DIGITS), "")]
            if depth:
                lines.append((f"→ {spelled(values[neuron.active], DIGITS)}", ""))
            yield element("circle", cx=x, cy=y, r=RADIUS)
            yield _lines(x, y, lines)
            below = [f"{neuron.bias} {spelled(values[neuron.bias], DIGITS)}"] if neuron.bias else []
            if depth == len(layers) - 1:
                target = target_of(k)
                below.append(
                    f"{target} {spelled(values[target], DIGITS)}, E{k + 1} {spelled(values[f'E{k + 1}'], DIGITS)}"
                )
            if below:
                text = "; ".join(below)
                yield element(
                    "text", text, x=x, y=y + RADIUS + 15, text_anchor="middle", class_="halo bias"
                )


def _lines(x: float, y: float, lines: Sequence[tuple[str, str]]) -> Html:
    top = y - 7.5 * (len(lines) - 1) + 4
    spans = (
        element("tspan", text, x=x, y=f"{top + 15 * i:.1f}", class_=class_ or None)
        for i, (text, class_) in enumerate(lines)
    )
    return element("text", joined(spans), text_anchor="middle")
