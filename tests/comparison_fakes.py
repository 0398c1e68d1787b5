"""What the tests of comparisons share: a small config, and comparisons that nobody trained."""

from collections.abc import Generator, Sequence
from math import log10
from typing import Any

import numpy as np

from steepest.comparison.comparison import Circumstances, Comparison
from steepest.comparison.question import Question, question_of
from steepest.comparison.results import Arrival, Result, packed
from steepest.comparison.tuning import Trial, TrialResult, budgets, chosen_at
from steepest.config import Config
from steepest.sweeping import LocalEngine, ready

BASE = Config(model="F4-R-F2", data="stripes", epochs=2, batch_size=16, val=0.25)
HERE = LocalEngine(1)  # where the tests' own dataset is known
IMAGES = 1000
ENVIRONMENT = {
    "python": "3.11",
    "packages": {"torch": "2.13"},
    "processor": "a processor",
    "cpu_capability": "AVX2",
    "plan": {"device": "cpu", "threads": 1, "precision": "float32", "channels_last": False},
}


def forget_images() -> None:
    """Let the next sweep load its dataset anew."""
    for cache in (ready._held, ready._loaded):
        cache.cache_clear()


def drained(making: Generator[Any, None, Any]) -> Any:
    """Return what a generator returns."""
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


def invented(
    sides: Sequence[str] = ("adam", "sgd"),
    levels: Sequence[float] = (0.95, 0.94),
    *,
    units: int | None = None,
    spread: float = 0.004,
    diverge: str = "",
    **asked: object,
) -> Comparison:
    """Return a comparison whose sides have these accuracies, under noise of this spread."""
    size = {"studies": 8} if not asked.get("fixed") else {"seeds": 8}
    if not asked.get("until_decided"):
        asked = {**size, **asked}
    question = question_of(sides, BASE, **asked)  # type: ignore[arg-type]
    draw = np.random.default_rng(0)
    made = range(units or question.design.units)
    level = dict(zip([side.name for side in question.sides], levels, strict=True))
    trials = [t for unit in made for side in level for t in _trials(question, side, unit, draw)]
    results = []
    for unit in made:
        for side, mean in level.items():
            for settings in _settings(question, side, unit, trials):
                for seed in question.design.report_seeds(unit):
                    accuracy = mean + spread * draw.standard_normal()
                    run = (side, unit, seed, settings, accuracy)
                    results.append(_result(question, run, draw, side == diverge and unit == 0))
    where = Circumstances(10, 4000, IMAGES, {str(u): {"test": "0"} for u in made}, (ENVIRONMENT,))
    return Comparison(question, tuple(trials), tuple(results), where)


def _trials(question: Question, side: str, unit: int, draw: np.random.Generator) -> list[TrialResult]:
    done: list[TrialResult] = []
    tuning = question.tunings().get(side)
    while tuning is not None and (wanted := tuning.next_trials(unit, done)):
        middle = log10(tuning.space.lr.at(0.5))
        done += [_tried(each, middle, draw) for each in wanted]
    return done


def _tried(trial: Trial, middle: float, draw: np.random.Generator) -> TrialResult:
    away = abs(log10(trial.settings["lr"]) - middle)
    accuracy = round(0.95 - 0.1 * away**2 + 0.002 * draw.standard_normal(), 4)
    return TrialResult(trial, accuracy, 1 - accuracy, accuracy < 0.6, 50, 50, 0.5)


def _settings(question: Question, side: str, unit: int, trials: list[TrialResult]) -> list[dict[str, float]]:
    if not question.design.tuned:
        return [{}]
    mine = [t for t in trials if (t.trial.side, t.trial.study) == (side, unit)]
    asked, found = question.trials()[side], []
    for budget in budgets(question.design.trials):
        allowed = max(1, budget * asked // question.design.trials)
        settings = dict(chosen_at(mine, allowed, asked).trial.settings)
        if settings not in found:
            found.append(settings)
    return found


def _result(
    question: Question,
    run: tuple[str, int, int, dict[str, float], float],
    draw: np.random.Generator,
    diverged: bool,
) -> Result:
    side, unit, seed, settings, accuracy = run
    right = draw.permutation(IMAGES) < round(accuracy * IMAGES)
    reached = question.criterion.target is not None and accuracy > question.criterion.target
    return Result(
        side=side,
        unit=unit,
        seed=seed,
        settings=settings,
        accuracy=0.1 if diverged else right.mean(),
        loss=float("inf") if diverged else 1 - accuracy,
        diverged=diverged,
        forwards=500,
        backwards=500,
        seconds=1.25,
        steps=500,
        epochs=5,
        arrival=Arrival(300, 600, 0.75) if reached and not diverged else None,
        weights="" if diverged else "0" * 64,
        correct=packed(right) if question.criterion.images else "",
    )
