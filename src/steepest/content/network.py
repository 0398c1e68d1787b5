"""A small network as a drawing: its numbers on the nodes and edges."""

from collections.abc import Iterator, Sequence

from .markup import Html, element, joined
from .plots import Network

RADIUS = 36  # of a node: holds two lines of a name and four digits
ACROSS = 290  # between layers: a weight and its derivative fit on an edge
DOWN = 118  # between the nodes of the largest layer, at least
LABEL = 31  # height of an edge's two lines
LETTER = 6.6  # width of a letter, on average
MARGIN = 64
READABLE = 8  # nodes a layer up to which edges carry their numbers

Place = tuple[float, float]
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


def network_svg(network: Network) -> Html:
    """Return the network as a file of its own: what stands in its records on nodes and edges."""
    most = max(map(len, network.layers))
    # the more edges meet, the more room their labels need
    down, across = max(DOWN, LABEL * (most + 1)), ACROSS + 40 * (most - 2)
    width = 2 * MARGIN + across * (len(network.layers) - 1) + 20
    height = 2 * MARGIN + down * (most - 1) + 24
    places: list[list[Place]] = [
        [
            (float(MARGIN + depth * across), height / 2 - 6 + (k - (len(layer) - 1) / 2) * down)
            for k in range(len(layer))
        ]
        for depth, layer in enumerate(network.layers)
    ]
    ends = [(places[e.layer][e.source], places[e.layer + 1][e.target]) for e in network.edges]
    labels = _labels(network, places, ends) if most <= READABLE else iter(())
    return element(
        "svg",
        element("title", network.said),
        element("style", Html(STYLE)),
        *(element("line", x1=a, y1=b, x2=c, y2=d, class_="edge") for (a, b), (c, d) in ends),
        *labels,
        *_nodes(network, places),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:g}",
        width=width,
        class_="net",
        role="img",
        aria_label=network.said,
    )


def _labels(
    network: Network, places: Sequence[Sequence[Place]], ends: Sequence[tuple[Place, Place]]
) -> Iterator[Html]:
    """Yield each edge's weight and derivative, where on the edge they cover least of what is there."""
    taken: list[Box] = [(x, y, RADIUS, RADIUS) for layer in places for x, y in layer]
    for edge, (start, end) in zip(network.edges, ends, strict=True):
        half = max(map(len, edge.lines)) * LETTER / 2
        x, y = _free_place(start, end, half, taken)
        taken.append((x, y, half, LABEL / 2))
        yield _label(x, y, edge.lines)


def _free_place(
    start: tuple[float, float], end: tuple[float, float], half: float, taken: Sequence[Box]
) -> tuple[float, float]:
    """Return the point between 1/5 and 4/5 of an edge whose label covers least; near the source, if many do."""

    def covered(share: float) -> float:
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        areas = (max(0.0, half + w - abs(x - u)) * max(0.0, LABEL / 2 + h - abs(y - v)) for u, v, w, h in taken)
        return sum(areas) + share  # of equals the one nearest to the source

    best = min((step / 100 for step in range(20, 81, 2)), key=covered)
    x, y = (a + best * (b - a) for a, b in zip(start, end, strict=True))
    return x, y


def _label(x: float, y: float, lines: tuple[str, str]) -> Html:
    weight = element("tspan", lines[0], x=f"{x:.1f}")
    grad = element("tspan", lines[1], x=f"{x:.1f}", dy="1.15em", class_="grad")
    return element("text", weight, grad, y=f"{y - 3:.1f}", class_="halo", text_anchor="middle")


def _nodes(network: Network, places: Sequence[Sequence[Place]]) -> Iterator[Html]:
    for layer, row in zip(network.layers, places, strict=True):
        for neuron, (x, y) in zip(layer, row, strict=True):
            yield element("circle", cx=x, cy=y, r=RADIUS)
            yield _lines(x, y, neuron.lines)
            if neuron.below:
                below = {"y": y + RADIUS + 15, "text_anchor": "middle", "class_": "halo bias"}
                yield element("text", neuron.below, x=x, **below)


def _lines(x: float, y: float, lines: Sequence[str]) -> Html:
    top = y - 7.5 * (len(lines) - 1) + 4
    spans = (
        element("tspan", text, x=x, y=f"{top + 15 * i:.1f}", class_=None if i else "name")
        for i, text in enumerate(lines)
    )
    return element("text", joined(spans), text_anchor="middle")
