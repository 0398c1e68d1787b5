"""Verdicts as sentences: what the user reads."""

from math import isfinite
from typing import TYPE_CHECKING

from .measure import Measure
from .reach import units_needed

if TYPE_CHECKING:
    from .verdict import Verdict


def sentence_of(verdict: "Verdict", measure: Measure) -> str:
    """Return a verdict in words, with the numbers that carry it."""
    if verdict.n == 0:
        return "undecided: nothing has come yet"
    if verdict.kind == "equivalent":
        return _equivalent(verdict, measure)
    if verdict.kind == "undecided":
        return _undecided(verdict, measure)
    return f"{verdict.kind}: {_difference(verdict, measure)}, {_p(verdict)} over {measure.counted(verdict.n)}"


def _equivalent(verdict: "Verdict", measure: Measure) -> str:
    family = _family(verdict, "Bonferroni")
    told = (
        f"equivalent within {measure.told(verdict.margin)}: {_difference(verdict, measure)}, "
        f"p = {chance(verdict.p_equivalent_adjusted)}{family} over {measure.counted(verdict.n)}"
    )
    if verdict.p_adjusted <= verdict.alpha:
        told += f"; the difference is real (p = {chance(verdict.p_adjusted)}) but smaller than the margin"
    return told


def _undecided(verdict: "Verdict", measure: Measure) -> str:
    told = f"{_difference(verdict, measure)}, {_p(verdict)} over {measure.counted(verdict.n)}"
    out_of_reach = verdict.floor * verdict.pairs > verdict.alpha
    if out_of_reach:
        told = (
            f"{measure.counted(verdict.n)} can never reach p < {verdict.alpha:g} for better or worse"
            f"{_family(verdict)} (the floor is {chance(verdict.floor * verdict.pairs)}); "
            f"{measure.signed(verdict.mean)} so far"
        )
    if verdict.more is not None:
        return f"undecided: {told}; {measure.counted(verdict.more)} more would probably decide"
    if out_of_reach:
        least = units_needed(verdict.alpha / verdict.pairs, verdict.method == "anytime")
        told += f"; it takes {measure.counted(least)} or more"
    return f"undecided: {told}; {verdict.why}"


def _difference(verdict: "Verdict", measure: Measure) -> str:
    coverage = f"{100 * (1 - verdict.alpha):g} %"
    if not isfinite(verdict.low):
        return f"{measure.signed(verdict.mean)} (no {coverage} interval from so few)"
    ends = f"{measure.number(verdict.low)} to {measure.number(verdict.high)}"
    return f"{measure.signed(verdict.mean)} ({coverage} interval {ends})"


def _p(verdict: "Verdict") -> str:
    return f"p = {chance(verdict.p_adjusted)}{_family(verdict)}"


def _family(verdict: "Verdict", rule: str = "Holm") -> str:
    return f" after {rule} over {verdict.pairs} comparisons" if verdict.pairs > 1 else ""


def chance(p: float) -> str:
    """Return a p-value for a reader.

    >>> chance(0.0625), chance(0.03125), chance(0.00000191), chance(0.99998)
    ('0.0625', '0.0312', '0.0000019', '1')
    """
    if p >= 1:
        return "1"
    if p < 1e-9:  # more digits would only be zeros
        return f"{p:.0e}"
    digits = 4 if p >= 0.001 else min(9, 2 - int(f"{p:e}".split("e")[1]) - 1)
    return f"{p:.{digits}f}".rstrip("0").removesuffix(".")
