"""A comparison as plain text for a terminal."""

from collections.abc import Sequence
from textwrap import fill

from ..comparison.comparison import Comparison
from ..comparison.costs import SideRow, TuningCost, side_rows, tuning_costs
from ..comparison.judging import verdicts_of
from .columns import aligned
from .comparison_words import (
    design_line,
    metric_name,
    population,
    setting_text,
    subject,
    target_text,
    value_text,
)
from .wording import duration, percent, printable

WIDTH = 100  # columns of prose


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison for a person to read."""
    headings, sides = side_cells(comparison)
    parts = [
        _head(comparison),
        aligned([headings, *sides], words=1),
        verdict_lines(comparison),
        _budget_lines(comparison),
        _tuning_table(comparison),
        [_filled(f"note: {printable(note)}") for note in comparison.notes],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _head(comparison: Comparison) -> list[str]:
    question = comparison.question
    return [
        f"{', '.join(comparison.sides)}: {subject(question)}",
        design_line(question),
        _filled(f"population: {population(comparison)}"),
    ]


def _filled(text: str) -> str:
    return fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def side_cells(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return headings, and a row a side: what it came to, and what a run of it costs."""
    target, rows = comparison.question.criterion.target, side_rows(comparison)
    diverged = any(row.diverged for row in rows)
    headings = ["side", metric_name(comparison), "95 % interval"]
    headings += ["seconds", "forwards", "backwards"]
    headings += [] if target is None else [f"steps to {target_text(target)}", "arrived"]
    headings += ["diverged"] if diverged else []
    return headings, [_side_cells(comparison, row, diverged) for row in rows]


def _side_cells(comparison: Comparison, row: SideRow, diverged: bool) -> list[str]:
    low, high = (value_text(comparison, each) for each in (row.low, row.high))
    cells = [row.side, value_text(comparison, row.mean), f"{low} to {high}"]
    cells += [f"{row.seconds:.2f}", f"{row.forwards:,.0f}", f"{row.backwards:,.0f}"]
    if row.arrived is not None:
        cells += ["-" if row.steps is None else f"{row.steps:,.0f}", f"{row.arrived}/{row.runs}"]
    return [*cells, *([f"{row.diverged}/{row.runs}"] if diverged else [])]


def verdict_lines(comparison: Comparison) -> list[str]:
    """Return each pair's verdict, and how much its two sides move together."""
    lines = []
    for (candidate, reference), verdict in comparison.verdicts.items():
        found = comparison.correlations[candidate, reference]
        paired = (
            "one side never varied" if found is None else f"correlation of the pairs {found:.2f}"
        )
        lines += [
            f"{candidate} against {reference}",
            _indented(verdict.sentence),
            _indented(paired),
        ]
    return lines


def _indented(text: str) -> str:
    return fill(
        text,
        WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _budget_lines(comparison: Comparison) -> list[str]:
    """Return the verdicts that less tuning would have given."""
    smaller = comparison.budgets
    if len(smaller) < 2:
        return []
    pairs = comparison.question.pairs
    rows: list[Sequence[str]] = [("tuning trials", *(f"{a} - {b}" for a, b in pairs))]
    for budget in smaller:
        found = verdicts_of(comparison, budget)
        rows.append(
            (
                str(budget),
                *(_short(found[pair].kind, found[pair].mean, comparison) for pair in pairs),
            )
        )
    return ["the verdict by tuning budget", *(f"  {line}" for line in aligned(rows, words=1))]


def _short(kind: str, mean: float, comparison: Comparison) -> str:
    if comparison.question.criterion.metric == "accuracy":
        return f"{kind} {100 * mean:+.2f}"
    return f"{kind} {mean:+.4g}"


def _tuning_table(comparison: Comparison) -> list[str]:
    costs = tuning_costs(comparison)
    if not costs:
        return []
    headings = ("tuning in all", "trials", "widened", "diverged", "forwards", "backwards", "time")
    lines = aligned([headings, *map(tuning_cells, costs)], words=1)
    first = [
        f"  {side}: {setting_text(comparison.chosen(side, 0).trial.settings)}"
        f"  (validation {percent(comparison.chosen(side, 0).accuracy)})"
        for side in comparison.sides
    ]
    return [*lines, "chosen in the first study", *first]


def tuning_cells(cost: TuningCost) -> list[str]:
    """Return what tuning a side took, spelled."""
    counts = (cost.trials, cost.widened, cost.diverged, cost.forwards, cost.backwards)
    return [cost.side, *(f"{count:,}" for count in counts), duration(cost.seconds)]
