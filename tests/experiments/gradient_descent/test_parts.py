import numpy as np
import pytest

from steepest.content.content import Contours, Figure, Panels, Table
from steepest.experiments import open_experiment
from steepest.experiments.gradient_descent.parts import (
    behaviour,
    descend_by_hand,
    descend_by_machine,
    descent_path,
    descent_rates,
    descent_table,
    exact_loss,
)
from steepest.experiments.reproduction import agreement

PUBLISHED = {10: "0.150094673", 20: "0.018248018", 150: "1.279e-13"}


def arguments(use: str) -> dict:
    experiment = open_experiment("gradient-descent")
    return dict(next(each.arguments for each in experiment.parts if each.use == use))


def test_float32_by_hand_prints_the_published_digits() -> None:
    run = descend_by_hand(0.01, 150, np.float32)
    shown = {step: run.losses[step - 1] for step in PUBLISHED}
    assert f"{shown[10]:.9f}" == PUBLISHED[10]
    assert f"{shown[20]:.9f}" == PUBLISHED[20]
    assert f"{shown[150]:.3e}" == PUBLISHED[150]
    assert len(set(run.weights[-1])) == 1
    assert run.weights[-1][0] == pytest.approx(0.2, abs=1e-6)


def test_float64_follows_the_exact_losses_to_the_end() -> None:
    run = descend_by_hand(0.01, 150)
    exact = [exact_loss(0.01, step) for step in range(1, 151)]
    np.testing.assert_allclose(run.losses, exact, rtol=1e-6)
    assert run.losses[-1] == pytest.approx(2.31e-14, abs=0.005e-14)


def test_the_rule_with_autograd_takes_the_same_way() -> None:
    hand, machine = descend_by_hand(0.01, 150, np.float32), descend_by_machine(0.01, 150)
    np.testing.assert_allclose(machine.weights, hand.weights, atol=2e-7)
    assert machine.losses[0] == 1.0


def test_one_step_at_the_best_rate_is_enough() -> None:
    run = descend_by_hand(0.1, 3)
    assert run.losses[1] < 1e-30
    assert run.weights[1] == pytest.approx([0.2] * 5)


@pytest.mark.parametrize("lr", [0.15, 0.19])
def test_between_the_best_rate_and_the_last_stable_one_it_oscillates_and_converges(lr) -> None:
    first, second, third = (each[0] - 0.2 for each in descend_by_hand(lr, 3).weights[1:])
    assert first > 0 > second
    assert abs(third) < abs(second) < abs(first)


def test_at_the_last_stable_rate_it_stays_and_beyond_it_diverges() -> None:
    assert descend_by_hand(0.2, 50).losses[-1] == pytest.approx(1.0)
    losses = descend_by_hand(0.21, 50).losses
    assert list(losses) == sorted(losses)
    assert behaviour(0.21) == "diverges"


def test_every_published_digit_becomes_a_figure_that_agrees() -> None:
    *figures, float64, table = descent_table(None, **arguments("parts.py:descent_table"))
    assert [each.published for each in figures] == [0.150094673, 0.018248018, 1.279e-13, 0.2]
    assert {agreement(each).verdict for each in figures} == {"agrees"}
    assert all(each.exact for each in figures)
    assert isinstance(float64, Figure)
    assert float64.published is None
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == list(range(10, 151, 10))
    assert {row[0]: row[1] for row in table.rows if row[1]} == PUBLISHED


def test_each_path_ends_at_the_nearest_minimum() -> None:
    plane, losses = descent_path(None, **arguments("parts.py:descent_path"))
    assert isinstance(plane, Contours)
    for path in plane.paths:
        assert path.x[-1] + 4 * path.y[-1] == pytest.approx(1, abs=1e-6)
        # along (1, 1, 1, 1, 1): every weight has moved alike
        assert path.x[-1] - path.x[0] == pytest.approx(path.y[-1] - path.y[0])
        assert plane.x[0] <= min(path.x)
        assert max(path.x) <= plane.x[-1]
    assert (plane.paths[0].x[-1], plane.paths[0].y[-1]) == pytest.approx((0.2, 0.2), abs=1e-6)
    assert len(losses.lines) == 2


def test_the_rates_are_told_in_words_and_only_those_that_converge_have_steps() -> None:
    table, panels = descent_rates(None, **arguments("parts.py:descent_rates"))
    words = {row[0]: (row[2], row[4]) for row in table.rows}
    assert words["0.1"] == (1, "optimal")
    assert words["0.2"] == (None, "oscillates for ever")
    assert words["0.21"] == (None, "diverges")
    assert words["0.05"] == (*words["0.15"][:1], "slow")
    assert isinstance(panels, Panels)
    assert all(len(line.x) >= 2 for each in panels.panels for line in each.lines)
