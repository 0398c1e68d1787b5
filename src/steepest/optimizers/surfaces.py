"""A small zoo of surfaces over the plane, each with something at which rules differ."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UnknownName
from ..layout import Layout
from ..objective import FunctionObjective
from .problems import Problem


@dataclass(frozen=True)
class Surface:
    """A height over the plane.

    Args:
        name: what the command line calls it.
        shows: what rules differ in here, as one phrase.
        height: of points [..., 2], as [...].
        start: where the race begins.
        minima: the lowest points.
        window: what is drawn: (left, right, bottom, top).
        source: where it comes from.
    """

    name: str
    shows: str
    height: Callable[[Tensor], Tensor]
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    window: tuple[float, float, float, float]
    source: str

    def problem(self) -> Problem:
        """Return the surface as a problem in double precision."""
        layout = Layout(("w",), ((2,),))
        first = torch.tensor(self.start, dtype=torch.float64)
        return Problem(self.name, FunctionObjective(self.height, layout), layout, first)


def surface(name: str) -> Surface:
    """Return a surface by name.

    Raises:
        UnknownName: there is none of this name.

    >>> surface("saddle").shows
    'leaving a point where the gradient is almost zero'
    """
    if name not in SURFACES:
        raise UnknownName("surface", name, SURFACES)
    return SURFACES[name]


def _xy(points: Tensor) -> tuple[Tensor, Tensor]:
    return points[..., 0], points[..., 1]


def ravine_height(points: Tensor) -> Tensor:
    """Return ``(x^2 + 50 y^2) / 2``."""
    x, y = _xy(points)
    return (x.square() + 50 * y.square()) / 2


def rosenbrock_height(points: Tensor) -> Tensor:
    """Return ``(1 - x)^2 + 100 (y - x^2)^2``."""
    x, y = _xy(points)
    return (1 - x).square() + 100 * (y - x.square()).square()


def himmelblau_height(points: Tensor) -> Tensor:
    """Return ``(x^2 + y - 11)^2 + (x + y^2 - 7)^2``."""
    x, y = _xy(points)
    return (x.square() + y - 11).square() + (x + y.square() - 7).square()


def beale_height(points: Tensor) -> Tensor:
    """Return the sum of ``(c - x + x y^n)^2`` over c, n = (1.5, 1), (2.25, 2), (2.625, 3)."""
    x, y = _xy(points)
    terms = [(c - x + x * y**n).square() for c, n in ((1.5, 1), (2.25, 2), (2.625, 3))]
    return terms[0] + terms[1] + terms[2]


def saddle_height(points: Tensor) -> Tensor:
    """Return ``x^2 - y^2 + y^4 / 4``: a saddle at 0 between two minima."""
    x, y = _xy(points)
    return x.square() - y.square() + y**4 / 4


def rastrigin_height(points: Tensor) -> Tensor:
    """Return ``20 + sum(w^2 - 10 cos(2 pi w))``."""
    waves = points.square() - 10 * torch.cos(2 * torch.pi * points)
    return 20 + waves.sum(-1)


SURFACES = {
    each.name: each
    for each in (
        Surface(
            "ravine",
            "one direction that is fifty times steeper than the other",
            ravine_height,
            start=(-4.0, 1.0),
            minima=((0.0, 0.0),),
            window=(-5.0, 1.5, -1.6, 1.6),
            source="the quadratic of every textbook",
        ),
        Surface(
            "rosenbrock",
            "following a curved valley with a flat floor",
            rosenbrock_height,
            start=(-1.2, 1.0),
            minima=((1.0, 1.0),),
            window=(-1.7, 1.6, -0.7, 1.8),
            source="Rosenbrock 1960, https://doi.org/10.1093/comjnl/3.3.175",
        ),
        Surface(
            "himmelblau",
            "which of four equal minima is found",
            himmelblau_height,
            start=(-0.3, -1.0),
            minima=(
                (3.0, 2.0),
                (-2.805118, 3.131313),
                (-3.77931, -3.283186),
                (3.584428, -1.848127),
            ),
            window=(-5.0, 5.0, -5.0, 5.0),
            source="Himmelblau 1972, Applied Nonlinear Programming",
        ),
        Surface(
            "beale",
            "a flat plain between steep corners",
            beale_height,
            start=(-1.0, 1.5),
            minima=((3.0, 0.5),),
            window=(-2.0, 4.2, -1.5, 2.2),
            source="Beale 1958, On an iterative method for finding a local minimum of a function",
        ),
        Surface(
            "saddle",
            "leaving a point where the gradient is almost zero",
            saddle_height,
            start=(-1.5, 0.001),
            minima=((0.0, 2**0.5), (0.0, -(2**0.5))),
            window=(-2.0, 2.0, -2.2, 2.2),
            source="the double well, a normal form",
        ),
        Surface(
            "rastrigin",
            "many local minima around the lowest one",
            rastrigin_height,
            start=(-2.3, 1.7),
            minima=((0.0, 0.0),),
            window=(-3.2, 3.2, -3.2, 3.2),
            source="Rastrigin 1974, Systems of Extremal Control",
        ),
    )
}
