"""The gradient-free ancestor: what selection without any slope reaches in one epoch, by choice of biases."""

from statistics import fmean

from .blind_pairs import with_spread
from .content import Content, Table
from .context import Context
from .parts import part


@part("blind-ancestor")
def blind_ancestor(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what each ancestor reached, and at which price.

    Args:
        context: of the experiment.
        cases: of gradient-free search, and what to hold them against.
    """
    rows = tuple(_row(context, case) for case in cases)
    return [
        Table(
            "One epoch without a gradient",
            ("", "test accuracy", "test loss", "forwards", "backwards", "seconds a run", "seeds"),
            rows,
            "New biases: every candidate is a new network with copied weights, whose biases are drawn afresh, as "
            "published. Searched biases: they are redrawn near themselves like any weight, which is the idea.",
        )
    ]


def _row(context: Context, case: str) -> tuple[str | int, ...]:
    outcomes = context.outcomes(case)
    return (
        context.experiment.case(case).title,
        with_spread(outcomes),
        f"{fmean(each.loss('test') for each in outcomes):.2f}",
        outcomes[0].forwards,
        outcomes[0].backwards,
        f"{fmean(each.seconds for each in outcomes):.1f}",
        len(outcomes),
    )
