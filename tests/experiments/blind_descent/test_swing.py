import numpy as np
import pytest
import torch

from steepest.experiments.blind_descent.rule import AsPublished
from steepest.experiments.blind_descent.swing import LAYOUT, blind_swing, small_swing, swing
from steepest.objective import FunctionObjective


def test_a_small_swing_has_the_period_and_growth_of_its_roots():
    small = small_swing(lr=1e-3, beta=0.9, curvature=0.1)
    rule = AsPublished(keeps_momentum=True)
    direction = torch.zeros(10, dtype=torch.float64)
    direction[0], direction[1] = 1e-4, -1e-4  # small enough that softmax is a straight line
    params, state = direction.clone(), rule.init(direction, LAYOUT)
    objective = FunctionObjective(lambda b: torch.logsumexp(b, 0) - b.mean(), LAYOUT)
    places = []
    for _ in range(1600):
        params, state, _ = rule.step(objective, params, state, 1e-3, torch.Generator())
        places.append(float(params[0]))
    path = np.array(places)
    crossings = np.flatnonzero(np.diff(np.sign(path)))
    assert 2 * np.diff(crossings).mean() == pytest.approx(small.period, rel=0.01)
    half = round(small.period / 2)
    peaks = [np.abs(path[start : start + half]).max() for start in (600, 600 + 4 * half)]
    assert peaks[1] / peaks[0] == pytest.approx(small.growth ** (4 * half), rel=0.05)


def test_without_momentum_a_swing_neither_grows_nor_fades():
    assert small_swing(lr=1e-3, beta=0.0, curvature=0.1).growth == pytest.approx(1, abs=1e-9)


def test_biases_at_rest_stay_where_they_are():
    rest = torch.zeros(10, dtype=torch.float64)
    printed = swing(rest, rest, 2, AsPublished(epoch_steps=9))
    assert printed == pytest.approx([np.log(10) * 9 / 10] * 2)


def test_the_swing_is_fitted_to_one_epoch_and_predicts_the_next(tmp_path, monkeypatch, context):
    monkeypatch.setattr("steepest.experiments.blind_descent.swing.STARTS", 2)
    text, table, curves = blind_swing(context, losses=[2.9, 2.5, 3.1])
    assert "208 steps" in text.paragraphs[0]
    assert [row[0] for row in table.rows] == [1, 2, 3]
    assert "fitted" in table.rows[1][2]
    fitted = [line.y[0] for line in curves.lines[1:]]
    predicted = [line.y[1] for line in curves.lines[1:]]
    assert fitted == pytest.approx([2.5, 2.5], abs=0.01)
    assert all(2.8 < each < 3.4 for each in predicted)
