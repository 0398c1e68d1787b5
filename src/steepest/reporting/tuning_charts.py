"""Tuning drawn as inline SVG: validation accuracy over the learning rate, every trial a dot."""

from collections.abc import Sequence
from math import ceil, floor, log10

from ..comparison.tuning import TrialResult
from .axes import Axes, ticks
from .comparison_words import setting_text
from .curves import short_percent
from .markup import Html, element, joined
from .wording import percent

EXPLAINED = "Every trial's validation accuracy by its learning rate. Orange: a study's best; hollow: diverged."


def tuning_panels(trials: dict[str, Sequence[TrialResult]], chosen: Sequence[TrialResult]) -> Html:
    """Return a panel for each side; all have the same scale of accuracy.

    Args:
        trials: by side.
        chosen: those that tuning led to.
    """
    every = [each.accuracy for side in trials.values() for each in side]
    low, high = min(every), max(every)
    room = 0.04 * (high - low) or 0.01
    heights = (max(0.0, low - room), min(1.0, high + room))
    kept = {each.trial.place for each in chosen}
    panels = (_panel(side, found, kept, heights) for side, found in trials.items() if found)
    return element("div", *panels, class_="panels")


def _panel(
    side: str,
    trials: Sequence[TrialResult],
    kept: set[tuple[str, int, int]],
    heights: tuple[float, float],
) -> Html:
    rates = [log10(each.trial.settings["lr"]) for each in trials]
    axes = Axes((min(rates) - 0.15, max(rates) + 0.15), heights)
    powers = [float(k) for k in range(ceil(axes.x_range[0]), floor(axes.x_range[1]) + 1)]
    ordered = sorted(trials, key=lambda each: each.trial.place in kept)  # the chosen on top
    drawing = [
        axes.levels(ticks(*heights), short_percent),
        axes.marks(powers, _power, "learning rate"),
        *(_dot(axes, each, each.trial.place in kept) for each in ordered),
    ]
    best = max(trials, key=lambda each: each.rank)
    spoken = (
        f"{side}: {len(trials)} trials; the best has {setting_text(best.trial.settings)} and the validation "
        f"accuracy {percent(best.accuracy)}."
    )
    svg = element(
        "svg", joined(drawing), viewBox="0 0 400 236", role="img", aria_label=spoken, class_="chart"
    )
    return element("figure", element("figcaption", side), svg)


def _power(value: float) -> str:
    return f"{10**value:g}"


def _dot(axes: Axes, each: TrialResult, kept: bool) -> Html:
    said = (
        f"{setting_text(each.trial.settings)}: "
        + ("diverged" if each.diverged else percent(each.accuracy))
        + f" (study {each.trial.study}, trial {each.trial.number})"
    )
    x = axes.x(log10(each.trial.settings["lr"]))
    kind = " ".join(
        ["trial", *(["kept-trial"] if kept else []), *(["lost"] if each.diverged else [])]
    )
    dot = element("circle", cx=x, cy=axes.y(each.accuracy), r=5 if kept else 3, class_=kind)
    return element("g", element("title", said), dot)
