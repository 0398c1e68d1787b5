"""A small zoo of surfaces over the plane, each with something at which rules differ, and rules raced over them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from ..errors import find_name
from ..layout import Layout
from ..objective import FunctionObjective
from .choosing import Choice, choose
from .descending import descend
from .problems import Problem

# Every rule gets the same number of tries: its own rate times these, a factor of about three apart
FACTORS = tuple(10.0 ** (exponent / 2) for exponent in range(-8, 7))


@dataclass(frozen=True)
class Surface:
    """A height over the plane.

    Args:
        name: what the command line calls it.
        shows: what rules differ in here, as one phrase.
        height: of points [..., 2], as [...].
        window: what is drawn: (left, right, bottom, top).
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
    return SURFACES[find_name("surface", name, SURFACES)]


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
            minima=((3.0, 2.0), (-2.805118, 3.131313), (-3.77931, -3.283186), (3.584428, -1.848127)),
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


@dataclass(frozen=True)
class Path:
    """Where a rule went.

    Args:
        points: what would be evaluated after each step, the start first, [steps + 1, 2].
        heights: of the points, [steps + 1].
    """

    text: str
    lr: float
    points: Tensor
    heights: Tensor

    @property
    def label(self) -> str:
        """The rule and its rate, for a legend."""
        return f"{self.text}  (lr {self.lr:.2g})"


def race(surface: Surface, texts: Sequence[str], steps: int = 200, seed: int = 0) -> list[Path]:
    """Return the path of every rule.

    Args:
        texts: the rules; one with its ``lr`` among the settings keeps it, others run with the best of fifteen
            rates: the one after which they stand lowest.
        steps: how many each takes; a rule that evaluates more often per step still gets as many.
        seed: of the noise of those that draw.

    Raises:
        UnknownName: no rule is called so.
    """
    return [_best_path(surface, text, steps, seed) for text in texts]


def follow(surface: Surface, text: str, choice: Choice, steps: int, seed: int = 0) -> Path:
    """Return the path of one rule at the choice's learning rate."""
    problem, rule = surface.problem(), choice.rule
    taken = descend(rule, problem.objective, problem.start, choice.lr, seed)
    ends = (rule.weights(each.params, each.state).clone() for each in islice(taken, steps))
    path = torch.stack([problem.start, *ends])
    return Path(text, choice.lr, path, surface.height(path))


def _best_path(surface: Surface, text: str, steps: int, seed: int) -> Path:
    stated = choose(text)
    if "lr=" in text:
        return follow(surface, text, stated, steps, seed)
    tried = [follow(surface, text, Choice(stated.rule, stated.lr * factor), steps, seed) for factor in FACTORS]
    return min(tried, key=lambda path: float(path.heights[-1].nan_to_num(float("inf"))))
