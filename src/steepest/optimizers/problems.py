"""Three small problems in double precision, on which rules are held to their references and to the contract.

All numbers come from sines, so that any other library can build the same problems from these lines.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..layout import Layout
from ..objective import FunctionObjective, ModelObjective, Objective

DOUBLE = torch.float64


@dataclass(frozen=True)
class Problem:
    """A loss to be lowered.

    Args:
        objective: a function of ``start.numel()`` parameters; always the same batch.
        first: where to start, [P].
    """

    name: str
    objective: Objective
    layout: Layout
    first: Tensor

    @property
    def start(self) -> Tensor:
        """A new vector [P] at the start, for a rule to own."""
        return self.first.clone()


def waves(count: int, frequency: float) -> Tensor:
    """Return ``sin(frequency * (1, 2, ..., count))`` [count]."""
    return torch.sin(frequency * torch.arange(1, count + 1, dtype=DOUBLE))


def quadratic() -> Problem:
    """Return a bowl over a [3, 4] matrix, twenty times steeper along one axis than along another.

    loss = sum(h * (w - c)^2) / 2 + (sum(w - c))^2 / 20,  h = 0.1 ... 2,  c = sin(1.3 n)
    """
    steepness = torch.logspace(-1, 0.3010299956639812, 12, dtype=DOUBLE)  # 0.3010... = log10(2)
    centre = waves(12, 1.3)

    def loss(params: Tensor) -> Tensor:
        away = params - centre.to(params)
        return (steepness.to(params) * away.square()).sum() / 2 + away.sum().square() / 20

    layout = Layout(("w",), ((3, 4),))
    return Problem("quadratic", FunctionObjective(loss, layout), layout, 2 * waves(12, 2.1))


def rosenbrock() -> Problem:
    """Return Rosenbrock's curved valley, from the classic start (-1.2, 1)."""

    def loss(params: Tensor) -> Tensor:
        x, y = params
        height: Tensor = (1 - x).square() + 100 * (y - x.square()).square()
        return height

    layout = Layout(("w",), ((2,),))
    first = torch.tensor([-1.2, 1.0], dtype=DOUBLE)
    return Problem("rosenbrock", FunctionObjective(loss, layout), layout, first)


def network_model(hidden: int = 6) -> nn.Sequential:
    """Return the 4-6-3 tanh network of the third problem, or one with another number of hidden units."""
    return nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, 3)).double()


def network_batch() -> tuple[Tensor, Tensor]:
    """Return its 20 inputs [20, 4] and their classes [20]."""
    return waves(80, 0.7).view(20, 4), torch.arange(20) * 7 % 3


def network(hidden: int = 6) -> Problem:
    """Return a 4-6-3 tanh network on 20 points in three classes, with cross-entropy.

    Args:
        hidden: units between. With 6 the first gradients leave several directions out that later ones enter, and
            no mathematics says which axes SOAP gives them; with 3 one at most.
    """
    objective = ModelObjective(network_model(hidden), cross_entropy)
    first = 0.7 * waves(objective.layout.count, 1.9)
    objective.begin(*network_batch(), first)
    return Problem("small network", objective, objective.layout, first)


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "quadratic": quadratic,
    "rosenbrock": rosenbrock,
    "small network": network,
}
