"""Whether better or worse is within reach at all: the least p that so many units can come to, against the level.

Equivalence needs one unit fewer: each of its two tests is one-sided, and their floor is half as high.
"""

from ..errors import UserError
from . import anytime, signflip
from .design import Design
from .sizing import units_to_reach

LEVEL = 0.05  # of all verdicts of a comparison together


def floor_of(units: int, until_decided: bool) -> float:
    """Return what p of better or worse cannot fall below with so many units."""
    return anytime.floor(units) if until_decided else signflip.floor(units)


def units_needed(level: float, until_decided: bool) -> int:
    """Return the smallest number of units with which better or worse can reach a level.

    >>> [units_needed(level, watched) for watched in (False, True) for level in (0.05, 0.05 / 28)]
    [6, 11, 7, 11]
    """
    if not until_decided:
        return units_to_reach(level)
    units = 1
    while anytime.floor(units) >= level:
        units += 1
    return units


def refuse_too_few(design: Design) -> None:
    """Refuse a design in which better or worse can never be reached, not even for a single pair.

    Raises:
        UserError: says how many units there must be, and why.
    """
    fewest = units_needed(LEVEL, design.until_decided)
    if design.units >= fewest:
        return
    test = "anytime" if design.until_decided else "exact"
    floor = floor_of(design.units, design.until_decided)
    raise UserError(
        f"{_counted(design, design.units)} can never decide better or worse: the {test} test of "
        f"{design.units} pairs has no p below {floor:.3g}, and {LEVEL:g} is asked. Give at least "
        f"{_counted(design, fewest)}."
    )


def out_of_reach(design: Design, pairs: int) -> str:
    """Return what to say before training where no pair can come out better or worse; else nothing.

    Args:
        design: with enough units for one pair.
        pairs: judged together; the first that is found different must reach the level divided by their number.
    """
    floor = floor_of(design.units, design.until_decided)
    if floor * pairs <= LEVEL:
        return ""
    least = units_needed(LEVEL / pairs, design.until_decided)
    flag = f"--studies {least}" if design.tuned else f"--seeds {least}"
    if design.until_decided:
        flag = f"--max-seeds {least * design.seeds_each}"
    return (
        f"With {_counted(design, design.units)} none of the {pairs} pairs can come out better or worse: after "
        f"Holm over {pairs} comparisons p cannot fall below {floor * pairs:.3g}, and {LEVEL:g} is asked. "
        f"It takes at least {_counted(design, least)} ({flag}), or fewer pairs."
    )


def _counted(design: Design, units: int) -> str:
    noun = "studies" if design.tuned else "seeds"
    return f"{units} {noun if units != 1 else design.unit}"
