"""What is tuned of a side: its learning rate, and the hyperparameters for which its rule declares a search range.

The learning rate's range is the rule's own default times ``LR_REACH`` to either side. Rules live on different
scales (0.1 for SGD, 0.0003 for Lion): a common range that holds them all would be 6 decades wide, and of 16
trials two would hit the decade that matters. Everybody's range is equally wide, 4 decades, and is widened where
the best lies at its edge, so that a badly stated default costs trials and hides nothing.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from typing import Any

import numpy as np

from ..config import Config
from ..errors import UserError
from ..optimizers.choosing import WRAPS, choose, class_of
from ..optimizers.hyperparameter import Scale, hyperparameters, search_of
from ..randomness import seed_of
from ..specification import Specification

LR_REACH = 100.0  # to either side of the rule's default
DIMENSIONS = 8  # that the design has points for; a side uses the first few
DIGITS = 4  # of a tuned value: more would only make commands longer
BITS = 30  # of scipy's Sobol points

Settings = dict[str, float]


@dataclass(frozen=True)
class Dimension:
    """One tuned value.

    Args:
        name: ``lr``, or a hyperparameter's; with `` of RULE`` where it belongs to a wrapped rule.
        scale: as of ``Search``.
        part: which rule of ``a of b`` it belongs to, counted from 0; for ``lr`` it means nothing.
    """

    name: str
    low: float
    high: float
    scale: Scale = "log"
    part: int = 0

    def at(self, share: float) -> float:
        """Return the value at a share in [0, 1) of the range, with few digits.

        >>> Dimension("lr", 1e-3, 10).at(0.5)
        0.1
        >>> Dimension("beta", 0.9, 0.999, "complement").at(0.5)
        0.99
        """
        if self.scale == "linear":
            value = self.low + share * (self.high - self.low)
        elif self.scale == "complement":
            value = 1 - _between(1 - self.low, 1 - self.high, share)
        else:
            value = _between(self.low, self.high, share)
        return float(f"{value:.{DIGITS}g}")


def _between(low: float, high: float, share: float) -> float:
    return exp(log(low) + share * (log(high) - log(low)))


@dataclass(frozen=True)
class Space:
    """The values tuned of one side, the learning rate first."""

    dimensions: tuple[Dimension, ...]

    @property
    def lr(self) -> Dimension:
        """The learning rate's dimension."""
        return self.dimensions[0]

    def at(self, point: Sequence[float]) -> Settings:
        """Return the settings at a point of the unit cube, of which the first coordinates are used."""
        return {each.name: each.at(share) for each, share in zip(self.dimensions, point, strict=False)}

    def within(self, low: float, high: float) -> "Space":
        """Return the space with another range of the learning rate."""
        lr = dataclasses.replace(self.lr, low=low, high=high)
        return Space((lr, *self.dimensions[1:]))


def space_of(name: str, config: Config) -> Space:
    """Return what is tuned of a side.

    Args:
        name: the side's, for errors.

    Raises:
        UserError: the learning rate is given, which a tuned comparison chooses, or too much is to be tuned.
    """
    parts = _parts(config)
    if lr_is_given(config):
        raise UserError(
            f"`{name}` has its learning rate given, but every side is tuned alike here. "
            "Leave lr out, or compare at the settings given: --fixed."
        )
    default = choose(config.optimizer).lr
    found = [Dimension("lr", default / LR_REACH, default * LR_REACH)]
    for place, part in enumerate(parts):
        found += _declared(part, place)
    if len(found) > DIMENSIONS:
        raise UserError(
            f"`{name}` declares {len(found) - 1} hyperparameters to search; at most {DIMENSIONS - 1} can be "
            "tuned. Give some of them a value."
        )
    return Space(tuple(found))


def lr_is_given(config: Config) -> bool:
    """Return whether a config has its learning rate given, by itself or in its optimizer."""
    return config.lr is not None or any("lr" in part.settings for part in _parts(config))


def _parts(config: Config) -> list[Specification]:
    return [Specification.parse(part) for part in config.optimizer.split(WRAPS)]


def _declared(part: Specification, place: int) -> list[Dimension]:
    """Return the dimensions that a rule declares and the user left open."""
    cls = class_of(part.name)
    if not dataclasses.is_dataclass(cls):
        return []
    suffix = f" of {part.name}" if place else ""
    declared = [(each.name, search_of(each)) for each in hyperparameters(cls)]
    return [
        Dimension(key + suffix, search.low, search.high, search.scale, place)
        for key, search in declared
        if search is not None and key not in part.settings
    ]


def with_settings(config: Config, space: Space, settings: Mapping[str, float]) -> Config:
    """Return a side's config with tuned values put in.

    >>> space = Space((Dimension("lr", 0.1, 1), Dimension("rho", 0.1, 1)))
    >>> tuned = with_settings(Config(optimizer="sam of sgd"), space, {"lr": 0.2, "rho": 0.3})
    >>> tuned.lr, tuned.optimizer
    (0.2, 'sam:rho=0.3 of sgd')
    """
    parts = _parts(config)
    for each in space.dimensions[1:]:
        key = each.name.partition(WRAPS)[0]
        written = parts[each.part]
        parts[each.part] = Specification(written.name, {**written.settings, key: settings[each.name]})
    return config.with_(lr=settings["lr"], optimizer=WRAPS.join(map(str, parts)))


@cache
def _sobol(count: int) -> Any:
    """Return the first ``count`` points of Sobol's sequence as whole numbers [count, DIMENSIONS]."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(DIMENSIONS, scramble=False, bits=BITS)
    points = sequence.random_base2((count - 1).bit_length())[:count]
    return (points * 2**BITS).astype(np.int64)


def design_points(count: int, seed: int) -> list[tuple[float, ...]]:
    """Return the points of the unit cube that every side of one study tries, in order: [count, DIMENSIONS].

    Sobol's sequence, shifted digit by digit (exclusive or) by random bits of the study: each point is
    uniform by itself, and each 2^k successive points from a multiple of 2^k fill all 2^k equal slices of every
    coordinate. Points do not depend on how many are asked for.

    Args:
        seed: the study's tuning seed.

    Source: Sobol' 1967; the shift: L'Ecuyer and Lemieux 2002, "Recent advances in randomized quasi-Monte Carlo".
    """
    shift = [seed_of(seed, "tuning design", place) % 2**BITS for place in range(DIMENSIONS)]
    shifted = _sobol(count) ^ np.array(shift)
    return [tuple(row) for row in ((shifted + 0.5) / 2**BITS).tolist()]
