"""How a comparison is told: what was compared, in which unit, and for which population its verdicts hold."""

from collections.abc import Mapping
from math import isfinite

from ..comparison.comparison import Comparison
from ..comparison.question import Question
from .wording import counted, percent


def subject(question: Question) -> str:
    """Return what is compared on what, in a line."""
    config = question.sides[0].config
    parts = [
        f"on {config.data}",
        counted(config.epochs, "epoch"),
        f"batches of {config.batch_size}",
    ]
    named = {"model": config.model, "optimizer": config.optimizer}
    parts = [*(text for setting, text in named.items() if setting != question.vary), *parts]
    return ", ".join(each for each in parts if _equal_on_all(question, each))


def _equal_on_all(question: Question, part: str) -> bool:
    """Leave out what is not the same for every side."""
    configs = [side.config for side in question.sides]
    if part.endswith(("epoch", "epochs")):
        return len({each.epochs for each in configs}) == 1
    if part.startswith("batches"):
        return len({each.batch_size for each in configs}) == 1
    return True


def design_line(question: Question) -> str:
    """Return how it was decided: tuned or at fixed settings, and what the unit is."""
    design = question.design
    until = " at most, until every pair is decided" if design.until_decided else ""
    if not design.tuned:
        return f"fixed settings: {design.units} seeds{until}; the unit is the seed"
    budget = f"{design.trials} trials"
    if design.budget == "passes":
        spelled = ", ".join(f"{name} {count}" for name, count in question.trials().items())
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
