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
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..config import Config
from ..errors import UserError
from ..randomness import seed_of
from ..specification import WRAPS, Specification, like

if TYPE_CHECKING:
    from ..optimizers.hyperparameter import Scale  # rules load torch, and a claim's design is laid out without it

LR_REACH = 100.0  # to either side of the rule's default
DIMENSIONS = 8  # that the design has points for; a side uses the first few
DIGITS = 4  # of a tuned value: more would only make commands longer
BITS = 30  # of a point's coordinate
# Of each coordinate after the first: a primitive polynomial over two elements, its inner coefficients as bits, and
# the first odd numbers of its directions.
DIRECTIONS = (
    *((1, 0, (1,)), (2, 1, (1, 3)), (3, 1, (1, 3, 1)), (3, 2, (1, 1, 1))),
    *((4, 1, (1, 1, 3, 3)), (4, 4, (1, 3, 5, 13)), (5, 2, (1, 1, 5, 5, 17))),
)

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
    scale: "Scale" = "log"
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
    from ..optimizers import choose

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
    return Specification.chain(config.optimizer)


def _declared(part: Specification, place: int) -> list[Dimension]:
    """Return the dimensions that a rule declares and the user left open."""
    from ..optimizers.choosing import class_of
    from ..optimizers.hyperparameter import hyperparameters, search_of

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
    return config.with_(lr=settings["lr"], optimizer=like(config.optimizer, WRAPS.join(map(str, parts))))


@cache
def _sobol(count: int) -> NDArray[np.int64]:
    """Return the first ``count`` points of Sobol's sequence as whole numbers [count, DIMENSIONS].

    Source: Joe and Kuo 2008, https://doi.org/10.1137/070709359 (directions), as ``scipy.stats.qmc.Sobol`` has,
        which takes a second to load and is the tests' oracle; Antonov and Saleev 1979 (the order, by Gray code).
    """
    directions = np.array([_directions(place) for place in range(DIMENSIONS)]).T
    points = np.zeros((count, DIMENSIONS), dtype=np.int64)
    for number in range(1, count):
        lowest = (number & -number).bit_length() - 1
        points[number] = points[number - 1] ^ directions[lowest]
    return points


def _directions(place: int) -> list[int]:
    """Return a coordinate's direction numbers [BITS], the highest bit first."""
    if place == 0:
        return [1 << (BITS - 1 - k) for k in range(BITS)]
    degree, inner, first = DIRECTIONS[place - 1]
    odd = list(first)
    for k in range(degree, BITS):
        new = odd[k - degree] ^ (odd[k - degree] << degree)
        for j in range(1, degree):
            if inner >> (degree - 1 - j) & 1:
                new ^= odd[k - j] << j
        odd.append(new)
    return [each << (BITS - 1 - k) for k, each in enumerate(odd)]


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
