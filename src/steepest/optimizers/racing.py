"""Rules raced over a surface, each at the learning rate that suits it best there."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..randomness import generator
from .choosing import Choice, choose
from .surfaces import Surface

# Every rule gets the same number of tries: its own rate times these, a factor of about three apart
FACTORS = tuple(10.0 ** (exponent / 2) for exponent in range(-8, 7))


@dataclass(frozen=True)
class Path:
    """Where a rule went.

    Args:
        text: the rule as it was written.
        lr: the learning rate it ran with.
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
        surface: what to descend.
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
    params, points = problem.start, [problem.start]
    state = rule.init(params, problem.layout)
    for number in range(steps):
        noise = generator(seed, "optimizer", number)
        params, state, _ = rule.step(problem.objective, params, state, choice.lr, noise)
        points.append(rule.weights(params, state).clone())
    path = torch.stack(points)
    return Path(text, choice.lr, path, surface.height(path))


def _best_path(surface: Surface, text: str, steps: int, seed: int) -> Path:
    stated = choose(text)
    if "lr=" in text:
        return follow(surface, text, stated, steps, seed)
    tried = [
        follow(surface, text, Choice(stated.rule, stated.lr * factor), steps, seed)
        for factor in FACTORS
    ]
    return min(tried, key=lambda path: float(path.heights[-1].nan_to_num(float("inf"))))
