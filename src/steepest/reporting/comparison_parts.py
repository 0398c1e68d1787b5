"""The parts of a comparison's page that are tables: sides, every pair, tuning, settings."""

from ..comparison.comparison import Comparison
from ..comparison.costs import tuning_costs
from ..comparison.judging import measure_of
from ..config import Config
from .about_run import fold, spelled
from .comparison_text import side_cells, tuning_cells
from .comparison_words import setting_text
from .markup import Html, element, joined, scrolling, table
from .tuning_charts import EXPLAINED, tuning_panels
from .wording import counted, percent


def side_table(comparison: Comparison) -> Html:
    """Return a row a side: what it came to, and what a run of it costs."""
    headings, cells = side_cells(comparison)
    said = (
        f"Means over {counted(comparison.units, comparison.question.design.unit, _units(comparison))}; seconds "
        "and passes are those of one run. Each interval is of one side alone: pairs vary less than their sides."
    )
    return joined([table(headings, cells, caption="Sides"), element("p", said, class_="quiet")])


def _units(comparison: Comparison) -> str:
    return "studies" if comparison.question.design.tuned else "seeds"


def matrix(comparison: Comparison) -> Html:
    """Return the verdict of each row's side against each column's."""
    measure, sides = measure_of(comparison), comparison.sides
    head = element("tr", element("th", ""), *(element("th", side, scope="col") for side in sides))
    rows = []
    for side in sides:
        cells = []
        for other in sides:
            kind, mean = comparison.seen_from(side, other) or ("", 0.0)
            text = [kind, element("small", measure.signed(mean))] if kind else []
            cells.append(element("td", *text, class_=kind or None))
        rows.append(element("tr", element("th", side, scope="row"), *cells))
    caption = "Verdict of each row's side against each column's"
    whole = element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", head),
        element("tbody", *rows),
        class_="kinds",
    )
    return joined([element("p", "The row's side against the column's."), scrolling(whole, caption)])


def tuning(comparison: Comparison) -> Html:
    """Return every trial, what tuning took, and what each study chose."""
    units = range(comparison.units)
    trials = {
        side: [each for unit in units for each in comparison.trials_of(side, unit)]
        for side in comparison.sides
    }
    chosen = [comparison.chosen(side, unit) for side in comparison.sides for unit in units]
    headings = ("side", "trials", "widened", "diverged", "forwards", "backwards", "time")
    costs = tuning_costs(comparison)
    rows = [
        (side, str(unit), setting_text(each.trial.settings), percent(each.accuracy))
        for side in comparison.sides
        for unit in units
        for each in [comparison.chosen(side, unit)]
    ]
    return joined(
        [
            element("p", EXPLAINED),
            tuning_panels(dict(trials), chosen),
            element("p", "What tuning took, over all studies:"),
            table(headings, map(tuning_cells, costs), caption="Cost of tuning"),
            fold(
                "What each study chose",
                table(
                    ("side", "study", "settings", "validation accuracy"),
                    rows,
                    caption="Chosen settings",
                    text_columns=3,
                ),
            ),
        ]
    )


def settings(comparison: Comparison) -> Html:
    """Return every setting that is no default or differs between the sides."""
    defaults = Config().to_dict()
    configs = {side.name: side.config.to_dict() for side in comparison.question.sides}
    shown = [
        key
        for key, default in defaults.items()
        if key in {"model", "data"} or any(each[key] != default for each in configs.values())
    ]
    rows = [(key, *(spelled(each[key]) for each in configs.values())) for key in shown]
    return table(("setting", *configs), rows, caption="Settings", text_columns=1 + len(configs))
