"""``comparison.html``: the verdicts, what they rest on, and how to ask again; one file that fetches nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...comparison.comparison import Comparison, Pair, measure_of, number_of, values_of, verdicts_of
from ...comparison.tuning import TrialResult
from ...config import Config
from ...content.content import Content, Group, Item, Items, Page, Section, Table, Text, Words
from ...content.plots import Curves, Dot, Intervals, Panels, Row
from ...content.text import counted, percent
from ...judge.signflip import EQUIVALENT
from ...judge.verdict import Verdict
from ...storage import write_durably
from ..commands import compare_command
from ..document import document, section
from ..run.page import spelled
from .text import (
    costs_table,
    design_line,
    metric_name,
    paired,
    population,
    setting_text,
    side_table,
    subject,
    value_text,
)

# pairs above which their verdicts stand in a section of their own, behind the table of all
MANY = 6
EXPLAINED = "Every trial's validation accuracy by its learning rate. Orange: a study's best; hollow: diverged."


def write_page(comparison: Comparison, path: Path) -> None:
    """Write a comparison's page."""
    write_durably(path, document(comparison_page(comparison)))


def comparison_page(comparison: Comparison) -> Page:
    """Return what stands on the page."""
    names, count = ", ".join(comparison.sides), len(comparison.sides)
    few, design = len(comparison.verdicts) <= MANY, design_line(comparison.question)
    head = (
        Text("", (*([] if few else [f"{names}."]), subject(comparison.question))),
        Text("", (f"{design[0].upper()}{design[1:]}.",), "quiet"),
        Text("", comparison.notes, "note"),
        _first_verdicts(comparison),
        Text("", (f"Population: {population(comparison)}.",), "quiet"),
    )
    title = " against ".join(comparison.sides[:2]) if count == 2 else "Comparison"
    heading = names if few else f"{count} sides, each against each"
    return Page(title, heading, head, tuple(_sections(comparison)))


def _first_verdicts(comparison: Comparison) -> Content:
    """Return the verdicts, or of many how they count."""
    verdicts = comparison.verdicts.values()
    if len(verdicts) <= MANY:
        return _verdicts(comparison)
    decided = [each.kind for each in verdicts if each.decided]
    same = decided.count(EQUIVALENT)
    told = f"in {len(decided) - same} one side is better, {same} are equivalent"
    return Text("", (f"{len(decided)} of {len(verdicts)} pairs are decided: {told}.",))


def _verdicts(comparison: Comparison) -> Items:
    items = tuple(
        Item(
            " against ".join(pair),
            verdict.sentence,
            f"{paired(comparison, pair)}; {_bootstrap(comparison, verdict)}",
            verdict.kind,
        )
        for pair, verdict in comparison.verdicts.items()
    )
    return Items("", items, "verdicts")


def _bootstrap(comparison: Comparison, verdict: Verdict) -> str:
    measure, (low, high) = measure_of(comparison), (verdict.bootstrap_low, verdict.bootstrap_high)
    if low != low or high != high:  # noqa: PLR0124  # NaN: there was none
        return f"test: {verdict.method}"
    return f"bootstrap interval {measure.number(low)} to {measure.number(high)}; test: {verdict.method}"


def _sections(comparison: Comparison) -> list[Section]:
    curve, matrix = budget_chart(comparison), "The row's side against the column's."
    parts = [section("Sides", side_table(comparison))]
    if len(comparison.sides) > 2:
        parts.append(section("Every pair", matrix, pair_table(comparison)))
    if len(comparison.verdicts) > MANY:
        parts.append(section("In words", _verdicts(comparison)))
    margin = next(iter(comparison.verdicts.values())).margin
    said = (
        "Mean of the paired differences with its 95 % interval; the band holds differences up to "
        f"{measure_of(comparison).told(margin)}, which do not matter. To the right the first side of a pair is "
        "better."
    )
    parts.append(section("Differences", said, difference_chart(comparison)))
    parts.append(section("Every run", seed_chart(comparison)))
    if comparison.trials:
        parts.append(section("Tuning", *tuning(comparison)))
    if curve is not None:
        said = "Had each study tried fewer settings: the difference, its interval, and the margin as a band."
        parts.append(section(curve.title, said, curve))
    return [*parts, section("Settings", settings(comparison)), _again(comparison)]


def _again(comparison: Comparison) -> Section:
    environment = comparison.circumstances.environments[0]
    machine = (
        f"Made with torch {environment['packages']['torch']} on {environment['processor']} "
        f"({environment['cpu_capability']}), one thread a run."
    )
    claim = "With --claim claim.json it writes what `steepest verify claim.json` checks."
    command = Text("", (compare_command(comparison.question),), "command")
    return section("Ask again", command, machine, claim)


def pair_table(comparison: Comparison) -> Table:
    """Return the verdict of each row's side against each column's."""
    measure, sides = measure_of(comparison), comparison.sides

    def cell(side: str, other: str) -> Words | None:
        kind, mean = comparison.seen_from(side, other) or ("", 0.0)
        return Words(kind, kind, measure.signed(mean)) if kind else None

    rows = tuple((side, *(cell(side, other) for other in sides)) for side in sides)
    return Table("Every pair", ("", *sides), rows, style="kinds", words=1 + len(sides))


def tuning(comparison: Comparison) -> list[Content | str]:
    """Return every trial, what tuning took, and what each study chose."""
    units = range(comparison.units)
    trials = {
        side: [each for unit in units for each in comparison.trials_of(side, unit)] for side in comparison.sides
    }
    chosen = {(side, str(unit)): comparison.chosen(side, unit) for side in comparison.sides for unit in units}
    rows = tuple(
        (*which, setting_text(each.trial.settings), percent(each.accuracy)) for which, each in chosen.items()
    )
    columns, title = ("side", "study", "settings", "validation accuracy"), "What each study chose"
    return [
        EXPLAINED,
        tuning_panels(trials, list(chosen.values())),
        "What tuning took, over all studies:",
        costs_table(comparison),
        Group(title, (Table(title, columns, rows, words=3),), folded=True),
    ]


def settings(comparison: Comparison) -> Table:
    """Return every setting that is no default or differs between the sides."""
    defaults = Config().to_dict()
    configs = {side.name: side.config.to_dict() for side in comparison.question.sides}
    rows = tuple(
        (key, *(spelled(each[key]) for each in configs.values()))
        for key, default in defaults.items()
        if key in {"model", "data"} or any(each[key] != default for each in configs.values())
    )
    return Table("Settings", ("setting", *configs), rows, words=1 + len(configs))


def difference_chart(comparison: Comparison) -> Intervals:
    """Return each pair's mean difference with its interval, over the band of differences that do not matter."""
    named = [(f"{a} - {b}", each) for (a, b), each in comparison.verdicts.items()]
    return _named_differences(comparison, "", named)


def _named_differences(comparison: Comparison, title: str, named: Sequence[tuple[str, Verdict]]) -> Intervals:
    measure = measure_of(comparison)
    factor = measure.factor
    rows = tuple(
        Row(name, each.mean * factor, (each.low * factor, each.high * factor), each.kind, each.sentence)
        for name, each in named
    )
    return Intervals(title, measure.unit, rows, named[0][1].margin * factor)


def seed_chart(comparison: Comparison) -> Intervals:
    """Return every reporting run as a dot, a row a side; beside them the mean of the units."""
    return Intervals("", metric_name(comparison), tuple(_runs(comparison, side) for side in comparison.sides))


def _runs(comparison: Comparison, side: str) -> Row:
    number = number_of(comparison)
    runs = [run for unit in range(comparison.units) for run in comparison.reported(side, unit)]
    least, most = (value_text(comparison, each(map(number, runs))) for each in (min, max))
    dots = tuple((number(run), f"{side}, seed {run.seed}: {value_text(comparison, number(run))}") for run in runs)
    mean = float(values_of(comparison, side).mean())
    return Row(side, mean, said=f"from {least} to {most}", dots=dots)


def budget_chart(comparison: Comparison) -> Panels | None:
    """Return each pair's difference after less tuning; None where no smaller budget was reported."""
    budgets = comparison.budgets
    if len(budgets) < 2:
        return None
    found = {budget: verdicts_of(comparison, budget) for budget in budgets}

    def panel(pair: Pair) -> Intervals:
        named = [(counted(budget, "tuning trial"), each[pair]) for budget, each in found.items()]
        return _named_differences(comparison, f"{pair[0]} against {pair[1]}", named)

    return Panels("Verdict by tuning budget", tuple(map(panel, comparison.question.pairs)))


def tuning_panels(trials: Mapping[str, Sequence[TrialResult]], chosen: Sequence[TrialResult]) -> Panels:
    """Return a panel for each side, every trial a dot, ``chosen`` ones marked; all have one scale of accuracy."""
    every = [each.accuracy for side in trials.values() for each in side]
    low, high = min(every), max(every)
    room = 0.04 * (high - low) or 0.01
    heights = (max(0.0, low - room), min(1.0, high + room))
    kept = {each.trial.place for each in chosen}
    panels = []
    for side, found in trials.items():
        # the chosen on top
        dots = tuple(sorted((_dot(each, kept) for each in found), key=lambda d: "kept" in d.kind))
        if found:
            labels = (side, "learning rate", "validation accuracy", ())
            panels.append(Curves(*labels, log_x=True, y_range=heights, dots=dots))
    return Panels("Tuning", tuple(panels))


def _dot(each: TrialResult, kept: set[tuple[str, int, int]]) -> Dot:
    settings, place = each.trial.settings, each.trial.place
    came = "diverged" if each.diverged else percent(each.accuracy)
    said = f"{setting_text(settings)}: {came} (study {each.trial.study}, trial {each.trial.number})"
    kinds = ["trial", "kept-trial" * (place in kept), "lost" * each.diverged]
    return Dot(settings["lr"], each.accuracy, said, " ".join(filter(None, kinds)))
