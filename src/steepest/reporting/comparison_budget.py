"""The verdict as a function of the tuning budget, as inline SVG."""

from ..comparison.comparison import Comparison, Pair
from ..comparison.judging import measure_of, verdicts_of
from ..comparison.verdict import Verdict
from .axes import Axes, ticks
from .comparison_charts import difference_range
from .markup import Html, element, joined


def budget_chart(comparison: Comparison) -> Html | None:
    """Return each pair's difference after less tuning; None where no smaller budget was reported."""
    budgets = comparison.budgets
    if len(budgets) < 2:
        return None
    found = {budget: verdicts_of(comparison, budget) for budget in budgets}
    panels = (_budget_panel(comparison, pair, found) for pair in comparison.question.pairs)
    return element("div", *panels, class_="panels")


def _budget_panel(
    comparison: Comparison, pair: Pair, found: dict[int, dict[Pair, Verdict]]
) -> Html:
    verdicts = [(budget, each[pair]) for budget, each in found.items()]
    measure, margin = measure_of(comparison), verdicts[0][1].margin
    low, high = difference_range([each for _, each in verdicts])
    axes = Axes((-0.5, len(verdicts) - 0.5), (low, high))
    band = element(
        "rect",
        x=axes.left,
        width=axes.right - axes.left,
        y=axes.y(margin),
        height=round(axes.y(-margin) - axes.y(margin), 1),
        class_="margin",
    )
    places = range(len(verdicts))
    drawing = [
        band,
        axes.levels(ticks(low, high), lambda value: f"{value * measure.factor:g}"),
        axes.marks(places, lambda place: str(verdicts[int(place)][0]), "tuning trials"),
        element("line", x1=axes.left, x2=axes.right, y1=axes.y(0), y2=axes.y(0), class_="zero"),
        *(_at_budget(axes, place, *verdicts[place]) for place in places),
    ]
    words = "; ".join(f"{budget} trials: {each.sentence}" for budget, each in verdicts)
    title = f"{pair[0]} against {pair[1]}"
    svg = element(
        "svg",
        joined(drawing),
        viewBox="0 0 400 236",
        role="img",
        aria_label=f"{title}. {words}",
        class_="chart",
    )
    return element("figure", element("figcaption", title), svg)


def _at_budget(axes: Axes, place: int, budget: int, verdict: Verdict) -> Html:
    x, (low, high) = axes.x(place), axes.y_range
    ends = max(low, verdict.low), min(high, verdict.high)
    return element(
        "g",
        element("title", f"{budget} trials: {verdict.sentence}"),
        axes.strip(x - 20, 40),
        element("line", x1=x, x2=x, y1=axes.y(ends[0]), y2=axes.y(ends[1]), class_="reach"),
        element("circle", cx=x, cy=axes.y(verdict.mean), r=4.5, class_="mean"),
        class_=verdict.kind,
    )
