"""The surfaces are what they say."""

import pytest
import torch

from steepest.errors import UnknownName
from steepest.optimizers.surfaces import FACTORS, SURFACES, race, surface


@pytest.mark.parametrize("name", SURFACES)
def test_the_gradient_is_zero_and_the_curvature_positive_at_every_minimum(name):
    ground = surface(name)
    for point in ground.minima:
        at = torch.tensor(point, dtype=torch.float64)
        _, grad = ground.problem().objective.loss_and_grad(at)
        assert grad.norm() < 1e-4
        hessian = torch.autograd.functional.hessian(ground.height, at)
        assert torch.linalg.eigvalsh(hessian).min() > 0


@pytest.mark.parametrize("name", SURFACES)
def test_no_point_of_the_window_lies_lower_than_the_minima(name):
    ground = surface(name)
    left, right, bottom, top = ground.window
    grid = torch.cartesian_prod(
        torch.linspace(left, right, 80, dtype=torch.float64), torch.linspace(bottom, top, 80, dtype=torch.float64)
    )
    minima = ground.height(torch.tensor(ground.minima, dtype=torch.float64))
    assert ground.height(grid).min() > minima.min() - 1e-6
    assert minima.max() - minima.min() < 1e-6
    for x, y in (*ground.minima, ground.start):
        assert left < x < right
        assert bottom < y < top


def test_an_unknown_surface_gets_advice():
    with pytest.raises(UnknownName, match=r"No surface is called `rosenbruck`\. Did you mean `rosenbrock`"):
        surface("rosenbruck")


def test_a_race_gives_each_rule_the_rate_that_takes_it_lowest():
    ground = surface("ravine")
    (best,) = race(ground, ["sgd"], steps=30)
    others = [race(ground, [f"sgd:lr={0.1 * factor}"], steps=30)[0] for factor in FACTORS]
    heights = torch.stack([each.heights[-1] for each in others]).nan_to_num(float("inf"))
    assert best.heights[-1] == heights.min()
    assert len(FACTORS) == 15
    assert best.points.shape == (31, 2)


def test_a_stated_rate_is_kept():
    (path,) = race(surface("ravine"), ["sgd:lr=0.001"], steps=3)
    assert path.lr == 0.001
    assert path.label == "sgd:lr=0.001  (lr 0.001)"


def test_a_race_shows_the_weights_that_would_be_evaluated():
    (path,) = race(surface("ravine"), ["lookahead:k=4,lr=0.01 of sgd"], steps=4)
    assert torch.equal(path.points[:4], path.points[0].expand(4, 2))
    assert not torch.equal(path.points[4], path.points[0])
