import re

from steepest.byhand.backpropagation import backprop, drawn_network
from steepest.byhand.dense import make_network
from steepest.content.svg import svg_of


def test_the_drawing_has_every_weight_and_neuron():
    run = backprop(make_network({"sizes": [3, 4, 2], "biases": True}, seed=1))
    drawing = svg_of(drawn_network(run.network, run.rows[0]))
    assert drawing.count("<circle") == 9
    assert drawing.count("<line") == 3 * 4 + 4 * 2
    for name in ("w20 ", "dE/dw1 ", "b6 ", "t2 ", "E1 "):
        assert name in drawing


def test_edge_labels_lie_apart():
    run = backprop(make_network({"sizes": [3, 4, 2]}, seed=1))
    drawing = svg_of(drawn_network(run.network, run.rows[0]))
    pattern = r'<text y="([\d.]+)"[^>]*><tspan x="([\d.]+)">w'
    places = [(float(x), float(y)) for y, x in re.findall(pattern, drawing)]
    assert len(places) == 20
    for i, (x, y) in enumerate(places):
        assert all(abs(x - u) > 40 or abs(y - v) > 20 for u, v in places[:i])
