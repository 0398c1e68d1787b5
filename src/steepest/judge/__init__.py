"""Is one better than the other? Paired differences in, verdicts out, whatever was measured.

    from steepest.judge import judge, judge_all

    judge([0.004, 0.006, 0.005, 0.003, 0.007, 0.005], margin=0.001).sentence

Every test asks about the centre of n differences, candidate minus reference, one a unit, the units independent.
A verdict is *better* or *worse* (the centre is not 0; two-sided), *equivalent* (it lies within a margin; two
one-sided tests), or *undecided*. Chances are at the level alpha, 0.05 unless another is given.

``judge``           One pair, n fixed beforehand. Flips of sign, exact up to n = 20, random and valid beyond: a
                    false verdict has a chance of at most alpha where differences are symmetric about their centre.
``judge_all``       Several pairs, however they depend on one another. Even one false better or worse: at most
                    alpha (Holm). Even one false equivalent: at most alpha (Bonferroni).
``judge_anytime``   Looked at after each difference, by bets on its sign: the same at any stopping time, where each
                    sign is fair given the past; ``judge_all_anytime``, ``Sequential``.
``judge_times``     Times to a target, some censored at a common horizon: flips of sign of restricted times, which
                    speak of the mean of ``min(time, horizon)``; ``judge_all_times``, of ``Arrivals``.
``judge_images``    Units and images both drawn from more: crossed variance and Student's t, approximate, for many
                    images, and flips of sign besides; ``judge_all_images``.
``units_needed``    The fewest units that can come out better or worse. ``more_units`` forecasts how many more
                    would decide, from normal differences, and promises nothing.
``holm``            and ``bonferroni``: p adjusted for several tests. ``correlation``: what pairing was worth.

``Verdict`` holds the numbers and a sentence; ``Measure`` the unit in which it is told (``POINTS``: hundredths).
The pieces stand in ``signflip`` (tests and intervals of whole batches, and how four verdicts follow from two
p-values), ``anytime`` (betting), ``bootstrap`` (a cross-check on which nothing rests) and ``sizing``.

Where two unlike sides differ in shape, symmetry fails, and with it the level. How often the judge errs then, and
on simulated and recorded studies of many kinds, is measured: docs/judge.md, by ``make calibration``.

Of the house this room knows its errors alone. It loads numpy and scipy.special; names are loaded when first used.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .censored import Arrivals as Arrivals
    from .censored import judge_all_times as judge_all_times
    from .censored import judge_times as judge_times
    from .images import judge_all_images as judge_all_images
    from .images import judge_images as judge_images
    from .measure import POINTS as POINTS
    from .measure import Measure as Measure
    from .sequential import Sequential as Sequential
    from .sequential import judge_all_anytime as judge_all_anytime
    from .sequential import judge_anytime as judge_anytime
    from .signflip import bonferroni as bonferroni
    from .signflip import holm as holm
    from .sizing import more_units as more_units
    from .sizing import units_needed as units_needed
    from .verdict import Verdict as Verdict
    from .verdict import correlation as correlation
    from .verdict import judge as judge
    from .verdict import judge_all as judge_all

_HOMES = {
    "Arrivals": "censored",
    "Measure": "measure",
    "POINTS": "measure",
    "Sequential": "sequential",
    "Verdict": "verdict",
    "bonferroni": "signflip",
    "correlation": "verdict",
    "holm": "signflip",
    "judge": "verdict",
    "judge_all": "verdict",
    "judge_all_anytime": "sequential",
    "judge_all_images": "images",
    "judge_all_times": "censored",
    "judge_anytime": "sequential",
    "judge_images": "images",
    "judge_times": "censored",
    "more_units": "sizing",
    "units_needed": "sizing",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
