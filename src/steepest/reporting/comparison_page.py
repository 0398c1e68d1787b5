"""``comparison.html``: the verdicts, what they rest on, and how to ask again; one file that fetches nothing."""

from pathlib import Path

from ..comparison.comparison import Comparison
from ..comparison.equivalence import EQUIVALENT
from ..comparison.judging import measure_of
from ..comparison.verdict import Verdict
from ..storage import write_durably
from .about_run import fold
from .comparison_budget import budget_chart
from .comparison_charts import difference_chart, seed_chart
from .comparison_command import compare_command
from .comparison_parts import matrix, settings, side_table, tuning
from .comparison_words import (
    design_line,
    population,
    subject,
)
from .document import Part, links, page, sections, styles
from .markup import Html, element, joined

SHEETS = ("report.css", "charts.css", "comparison.css")
# pairs above which their verdicts stand in a section of their own, behind the table of all
MANY = 6


def write_page(comparison: Comparison, path: Path) -> None:
    """Write a comparison's page."""
    write_durably(path, comparison_page(comparison))


def comparison_page(comparison: Comparison) -> str:
    """Return the whole page."""
    parts = _parts(comparison)
    title = " against ".join(comparison.sides[:2]) if len(comparison.sides) == 2 else "Comparison"
    return page(title, _header(comparison), links(parts), sections(parts), SHEETS)


def comparison_html(comparison: Comparison) -> str:
    """Return verdicts and table for a notebook, the rest behind folds."""
    style = element("style", *map(styles, ("charts.css", "notebook.css", "comparison.css")))
    shown = [fold(title, content) for title, content in _parts(comparison)[1:]]
    return element(
        "div",
        style,
        element("b", f"{', '.join(comparison.sides)}: {subject(comparison.question)}"),
        element("div", design_line(comparison.question)),
        _first_verdicts(comparison),
        side_table(comparison),
        *shown,
        class_="steepest",
    )


def _header(comparison: Comparison) -> Html:
    names, count = ", ".join(comparison.sides), len(comparison.sides)
    few = len(comparison.verdicts) <= MANY
    notes = (element("p", note, class_="note", role="note") for note in comparison.notes)
    return element(
        "header",
        element("h1", names if few else f"{count} sides, each against each"),
        *([] if few else [element("p", f"{names}.")]),
        element("p", subject(comparison.question)),
        element("p", f"{design_line(comparison.question).capitalize()}.", class_="quiet"),
        *notes,
        _first_verdicts(comparison),
        element("p", f"Population: {population(comparison)}.", class_="quiet"),
    )


def _first_verdicts(comparison: Comparison) -> Html:
    """Return the verdicts, or of many how they count."""
    verdicts = comparison.verdicts.values()
    if len(verdicts) <= MANY:
        return _verdict_list(comparison)
    decided = [each.kind for each in verdicts if each.decided]
    same = decided.count(EQUIVALENT)
    told = f"in {len(decided) - same} one side is better, {same} are equivalent"
    said = f"{len(decided)} of {len(verdicts)} pairs are decided: {told}."
    return element("p", element("b", said))


def _verdict_list(comparison: Comparison) -> Html:
    items = []
    for (candidate, reference), verdict in comparison.verdicts.items():
        found = comparison.correlations[candidate, reference]
        paired = (
            "one side never varied" if found is None else f"correlation of the pairs {found:.2f}"
        )
        items.append(
            element(
                "li",
                element("b", f"{candidate} against {reference}"),
                verdict.sentence,
                element("div", f"{paired}; {_bootstrap(comparison, verdict)}", class_="quiet"),
                class_=verdict.kind,
            )
        )
    return element("ul", *items, class_="verdicts")


def _bootstrap(comparison: Comparison, verdict: Verdict) -> str:
    measure, (low, high) = measure_of(comparison), (verdict.bootstrap_low, verdict.bootstrap_high)
    if low != low or high != high:  # noqa: PLR0124  # NaN: there was none
        return f"test: {verdict.method}"
    return f"bootstrap interval {measure.number(low)} to {measure.number(high)}; test: {verdict.method}"


def _parts(comparison: Comparison) -> list[Part]:
    curve = budget_chart(comparison)
    parts = [
        ("Sides", side_table(comparison)),
        *([("Every pair", matrix(comparison))] if len(comparison.sides) > 2 else []),
        *([("In words", _verdict_list(comparison))] if len(comparison.verdicts) > MANY else []),
        ("Differences", _differences(comparison)),
        ("Every run", seed_chart(comparison)),
    ]
    if comparison.trials:
        parts.append(("Tuning", tuning(comparison)))
    if curve is not None:
        said = "Had each study tried fewer settings: the difference, its interval, and the margin as a band."
        parts.append(("Verdict by tuning budget", joined([element("p", said), curve])))
    return [*parts, ("Settings", settings(comparison)), ("Ask again", _again(comparison))]


def _differences(comparison: Comparison) -> Html:
    measure, margin = measure_of(comparison), next(iter(comparison.verdicts.values())).margin
    said = (
        f"Mean of the paired differences with its 95 % interval; the band holds differences up to "
        f"{measure.told(margin)}, which do not matter. To the right the first side of a pair is better."
    )
    return joined([element("p", said), difference_chart(comparison)])


def _again(comparison: Comparison) -> Html:
    environment = comparison.circumstances.environments[0]
    machine = (
        f"Made with torch {environment['packages']['torch']} on {environment['processor']} "
        f"({environment['cpu_capability']}), one thread a run."
    )
    command = compare_command(comparison.question)
    return joined(
        [
            element("pre", command, tabindex=0, role="region", aria_label="Command"),
            element("p", machine),
            element(
                "p",
                "With --claim claim.json it writes what ",
                element("code", "steepest verify claim.json"),
                " checks.",
            ),
        ]
    )
