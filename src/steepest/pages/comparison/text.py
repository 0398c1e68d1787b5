"""A comparison as plain text for a terminal."""

from collections.abc import Mapping, Sequence
from math import isfinite
from textwrap import fill
from typing import Any

from ...comparison.comparison import Comparison, Pair, verdicts_of
from ...comparison.costs import SideRow, side_rows, tuning_costs
from ...comparison.question import Question
from ...content.content import Table
from ...content.text import aligned, counted, duration, percent, table_lines
from ...errors import printable

WIDTH = 100  # columns of prose
UNBROKEN: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison for a person to read."""
    parts = [
        _head(comparison),
        table_lines(side_table(comparison)),
        verdict_lines(comparison),
        _budget_lines(comparison),
        _tuning_table(comparison),
        [_filled(f"note: {printable(note)}") for note in comparison.notes],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _head(comparison: Comparison) -> list[str]:
    question = comparison.question
    return [
        printable(f"{', '.join(comparison.sides)}: {subject(question)}"),
        design_line(question),
        _filled(f"population: {population(comparison)}"),
    ]


def _filled(text: str, indent: str = "") -> str:
    further = f"{indent}  "
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=further, **UNBROKEN)


def side_table(comparison: Comparison) -> Table:
    """Return a row a side: what it came to, and what a run of it costs."""
    design, target = comparison.question.design, comparison.question.criterion.target
    rows = side_rows(comparison)
    diverged = any(row.diverged for row in rows)
    headings = ["side", metric_name(comparison), "95 % interval", "seconds", "forwards", "backwards"]
    headings += [] if target is None else [f"steps to {target_text(target)}", "arrived"]
    headings += ["diverged"] if diverged else []
    note = (
        f"Means over {counted(comparison.units, design.unit, 'studies' if design.tuned else 'seeds')}; seconds "
        "and passes are those of one run. Each interval is of one side alone: pairs vary less than their sides."
    )
    cells = tuple(tuple(_side_cells(comparison, row, diverged)) for row in rows)
    return Table("Sides", tuple(headings), cells, words=1, note=note)


def _side_cells(comparison: Comparison, row: SideRow, diverged: bool) -> list[str]:
    low, high = (value_text(comparison, each) for each in (row.low, row.high))
    cells = [row.side, value_text(comparison, row.mean), f"{low} to {high}"]
    cells += [f"{row.seconds:.2f}", f"{row.forwards:,.0f}", f"{row.backwards:,.0f}"]
    if row.arrived is not None:
        cells += ["-" if row.steps is None else f"{row.steps:,.0f}", f"{row.arrived}/{row.runs}"]
    return [*cells, *([f"{row.diverged}/{row.runs}"] if diverged else [])]


def verdict_lines(comparison: Comparison) -> list[str]:
    """Return each pair's verdict, and how much its two sides move together."""
    return [
        line
        for pair, verdict in comparison.verdicts.items()
        for line in (
            printable(" against ".join(pair)),
            _filled(verdict.sentence, "  "),
            _filled(paired(comparison, pair), "  "),
        )
    ]


def paired(comparison: Comparison, pair: Pair) -> str:
    """Return how much a pair's two sides move together."""
    found = comparison.correlations[pair]
    return "one side never varied" if found is None else f"correlation of the pairs {found:.2f}"


def _budget_lines(comparison: Comparison) -> list[str]:
    """Return the verdicts that less tuning would have given."""
    smaller = comparison.budgets
    if len(smaller) < 2:
        return []
    pairs = comparison.question.pairs
    rows: list[Sequence[str]] = [("tuning trials", *(printable(f"{a} - {b}") for a, b in pairs))]
    for budget in smaller:
        found = verdicts_of(comparison, budget)
        rows.append((str(budget), *(_short(found[pair].kind, found[pair].mean, comparison) for pair in pairs)))
    return ["the verdict by tuning budget", *(f"  {line}" for line in aligned(rows, words=1))]


def _short(kind: str, mean: float, comparison: Comparison) -> str:
    if comparison.question.criterion.metric == "accuracy":
        return f"{kind} {100 * mean:+.2f}"
    return f"{kind} {mean:+.4g}"


def _tuning_table(comparison: Comparison) -> list[str]:
    costs = costs_table(comparison)
    if not costs.rows:
        return []
    chosen = {side: comparison.chosen(side, 0) for side in comparison.sides}
    first = [
        f"  {printable(side)}: {setting_text(each.trial.settings)}  (validation {percent(each.accuracy)})"
        for side, each in chosen.items()
    ]
    return [*table_lines(costs), "chosen in the first study", *first]


def costs_table(comparison: Comparison) -> Table:
    """Return what tuning took, a row a side, over all studies."""
    columns = ("tuning in all", "trials", "widened", "diverged", "forwards", "backwards", "time")
    rows = tuple(
        (*(e.side, e.trials, e.widened, e.diverged, e.forwards, e.backwards), duration(e.seconds))
        for e in tuning_costs(comparison)
    )
    return Table("Tuning", columns, rows, words=1)


def subject(question: Question) -> str:
    """Return what is compared on what, in a line."""
    configs = [side.config for side in question.sides]
    config = configs[0]
    named = {"model": config.model, "optimizer": config.optimizer}
    parts = [*(text for setting, text in named.items() if setting != question.vary), f"on {config.data}"]
    # what is not the same for every side is left out
    parts += [counted(config.epochs, "epoch")] * (len({each.epochs for each in configs}) == 1)
    parts += [f"batches of {config.batch_size}"] * (len({each.batch_size for each in configs}) == 1)
    return ", ".join(parts)


def design_line(question: Question) -> str:
    """Return how it was decided: tuned or at fixed settings, and what the unit is."""
    design = question.design
    until = " at most, until every pair is decided" if design.until_decided else ""
    if not design.tuned:
        return f"fixed settings: {design.units} seeds{until}; the unit is the seed"
    budget = f"{design.trials} trials"
    if design.budget == "passes":
        spelled = printable(", ".join(f"{name} {count}" for name, count in question.trials().items()))
        budget = f"trials for equal passes: {spelled}"
    each = counted(design.seeds_each, "seed")
    return f"tuned: {design.units} studies x {each}{until}; {budget} in each study; the unit is the study"


def population(comparison: Comparison) -> str:
    """Return what the verdicts speak of: nothing beyond what was drawn anew from unit to unit."""
    drawn = ["initial weights", "batch order"]
    question = comparison.question
    if any(side.config.augment for side in question.sides):
        drawn.append("augmentation")
    if question.design.tuned:
        drawn += ["validation images"] if question.sides[0].config.val else []
        drawn.append("tuning")
    images = counted(comparison.circumstances.test_images, "image")
    data = question.sides[0].config.data
    chance = f"luck with {', '.join(drawn[:-1])} and {drawn[-1]}"
    if question.criterion.images:
        return f"{chance}, and with test images like these {images} of {data}"
    return f"{chance}, on exactly these {images} of {data} (--test-images widens it to new ones)"


def metric_name(comparison: Comparison) -> str:
    """Return what is compared, as a column is headed."""
    criterion = comparison.question.criterion
    if criterion.is_time:
        return f"{criterion.metric} to {target_text(criterion.target)}"
    return f"test {criterion.metric}"


def target_text(target: float | None) -> str:
    """Return a target accuracy without needless digits.

    >>> target_text(0.95), target_text(0.985)
    ('95 %', '98.5 %')
    """
    return f"{100 * (target or 0):g} %"


def value_text(comparison: Comparison, value: float) -> str:
    """Return a side's number in the metric's unit."""
    metric = comparison.question.criterion.metric
    if not isfinite(value):
        return "-"
    if metric == "accuracy":
        return percent(value)
    return f"{value:.4f}" if metric == "loss" else f"{value:,.{2 if metric == 'seconds' else 0}f}"


def setting_text(settings: Mapping[str, float]) -> str:
    """Return tuned values as words.

    >>> setting_text({"lr": 0.01, "rho": 0.05})
    'lr 0.01, rho 0.05'
    """
    return ", ".join(f"{name} {value:g}" for name, value in settings.items())
