"""How an experiment's figures are spelled, the same in the terminal, on the page and in the documentation."""

from collections.abc import Sequence
from math import floor, isfinite, log10

from ..experiments.agreement import (
    AGREES,
    AGREES_RECOMPUTED,
    DIFFERS,
    DIFFERS_RECOMPUTED,
    QUICK,
    UNPUBLISHED,
    Agreement,
)
from ..experiments.content import Figure
from .wording import duration, number

SCIENTIFIC_BELOW = 1e-4
MORE = 1  # digits of ours beyond the published ones, where ours is a mean
SIGNS = {AGREES: "✓", AGREES_RECOMPUTED: "✓", DIFFERS: "✗", DIFFERS_RECOMPUTED: "✗"}
HEADINGS = ("figure", "published", "ours", "sd", "n", "", "seconds")


def spelled_as(value: float, figure: Figure, more: int = 0) -> str:
    """Return a value with as many digits as the figure was published with.

    Args:
        value: in the figure's own unit, such as a fraction in [0, 1].
        figure: whose digits and unit count.
        more: further digits.

    >>> figure = Figure("test accuracy", 0.9826, (0.98301,), unit="%", digits=4)
    >>> spelled_as(0.9826, figure), spelled_as(0.98301, figure, more=1)
    ('98.26%', '98.301%')
    >>> spelled_as(1.279e-13, Figure("loss", 1.279e-13, (1.28e-13,), digits=16))
    '1.279e-13'
    """
    if not isfinite(value):
        return number(value)
    digits = figure.digits + more
    if figure.unit == "%":
        return f"{value:.{max(0, digits - 2)}%}"
    size = abs(figure.published or figure.ours[0] or 1.0)
    if size < SCIENTIFIC_BELOW:
        return f"{value:.{max(0, digits + floor(log10(size)))}e}"
    return f"{value:,.{digits}f}"


def figure_cells(figure: Figure, found: Agreement) -> tuple[str, ...]:
    """Return the cells of a figure's row: see ``HEADINGS``; the reason is left to the caller."""
    averaged = found.seeds > 1 and not figure.exact
    more = MORE if averaged else 0
    return (
        figure.name,
        _published(figure),
        spelled_as(found.mean, figure, more),
        "" if found.deviation is None or not averaged else spelled_as(found.deviation, figure, 1),
        str(found.seeds),
        found.verdict,
        "" if figure.seconds is None else duration(figure.seconds),
    )


def _published(figure: Figure) -> str:
    if figure.published is None:
        return ""
    said = spelled_as(figure.published, figure)
    return f"recomputed {said}" if figure.recomputed else said


def summary(verdicts: Sequence[str]) -> str:
    """Return how many figures agree, in words; what was recomputed is counted apart.

    >>> summary(["agrees"] * 3 + ["differs"] + ["not published"] * 2)
    '3 agree, 1 differs, 2 not published'
    >>> summary(["agrees", "differs", "differs", "agrees with the recomputed"])
    '1 agrees, 2 differ, 1 agrees with a recomputed value'
    """
    agree, differ = verdicts.count(AGREES), verdicts.count(DIFFERS)
    same, other = verdicts.count(AGREES_RECOMPUTED), verdicts.count(DIFFERS_RECOMPUTED)
    unpublished, incomparable = verdicts.count(UNPUBLISHED), verdicts.count(QUICK)
    parts = [
        f"{agree} agree{'s' * (agree == 1)}",
        f"{differ} differ{'s' * (differ == 1)}",
        _recomputed("agree", "with", same) if same else "",
        _recomputed("differ", "from", other) if other else "",
        f"{unpublished} not published" if unpublished else "",
        f"{incomparable} not comparable" if incomparable else "",
    ]
    return ", ".join(filter(None, parts))


def _recomputed(verb: str, joint: str, count: int) -> str:
    if count == 1:
        return f"1 {verb}s {joint} a recomputed value"
    return f"{count} {verb} {joint} recomputed values"
