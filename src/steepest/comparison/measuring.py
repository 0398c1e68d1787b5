"""From jobs to records: which run a trial or a seed asks for, and what its outcome says."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import Any

from ..config import Config
from ..storage import tensors_hash
from ..sweeping import Job, Outcome
from .design import Design
from .results import Arrival, Criterion, Result, packed
from .sides import Side
from .space import Space, with_settings
from .tuning import Trial, TrialResult

# Trials are measured on the validation split alone, and only reporting runs on the test split.
TRIAL_SPLITS, REPORT_SPLITS = ("validation",), ("test",)


def trial_job(side: Side, space: Space, design: Design, trial: Trial) -> Job:
    """Return the run that a trial asks for."""
    config = with_settings(side.config, space, trial.settings)
    return Job(_seeded(config, design, trial.study, design.tuning_seed(trial.study)), TRIAL_SPLITS)


@dataclass(frozen=True)
class Report:
    """One reporting run that is asked for.

    Args:
        settings: tuned values by name; empty at fixed settings.
    """

    side: str
    unit: int
    seed: int
    settings: Mapping[str, float]


def report_job(side: Side, space: Space | None, design: Design, report: Report) -> Job:
    """Return a reporting run; ``last`` weights, so that no epoch can be picked."""
    config = side.config if space is None else with_settings(side.config, space, report.settings)
    return Job(_seeded(config, design, report.unit, report.seed), REPORT_SPLITS)


def _seeded(config: Config, design: Design, unit: int, seed: int) -> Config:
    return config.with_(seed=seed, split_seed=design.study_split_seed(unit), threads=1)


def trial_result(trial: Trial, outcome: Outcome) -> TrialResult:
    """Return what a trial came to."""
    return TrialResult(
        trial,
        accuracy=outcome.accuracy("validation"),
        loss=outcome.loss("validation"),
        diverged=outcome.diverged is not None,
        forwards=outcome.forwards,
        backwards=outcome.backwards,
        seconds=round(outcome.seconds, 3),
        key=outcome.key,
    )


def report_result(report: Report, outcome: Outcome, criterion: Criterion, train_images: int, made: int) -> Result:
    """Return what a reporting run came to.

    Args:
        criterion: whether a time or each image is asked for.
    """
    diverged = outcome.diverged is not None
    steps = steps_of_epoch(train_images, outcome.job.config)
    return Result(
        side=report.side,
        unit=report.unit,
        seed=report.seed,
        settings=dict(report.settings),
        accuracy=outcome.accuracy("test"),
        loss=outcome.loss("test"),
        diverged=diverged,
        forwards=outcome.forwards,
        backwards=outcome.backwards,
        seconds=round(outcome.seconds, 3),
        steps=steps * len(outcome.rows),
        epochs=len(outcome.rows),
        arrival=arrival_of(outcome.rows, steps, criterion.target),
        weights="" if diverged else tensors_hash(outcome.weights()),
        key=outcome.key,
        correct=packed(outcome.correct("test")) if criterion.images else "",
        made=made,
    )


def steps_of_epoch(train_images: int, config: Config) -> int:
    """Return how many batches an epoch has; its last may be smaller."""
    return ceil(train_images / config.batch_size)


def arrival_of(rows: list[dict[str, float]], steps: int, target: float | None) -> Arrival | None:
    """Return when the validation accuracy first reached the target, at an epoch's end; None where it did not.

    >>> rows = [{"val_accuracy": a, "forwards": 9, "backwards": 9, "seconds": 0.5} for a in (0.8, 0.9)]
    >>> arrival_of(rows, steps=9, target=0.85)
    Arrival(steps=18, passes=36, seconds=1.0)
    """
    if target is None:
        return None
    passes = list(accumulate(int(row["forwards"] + row["backwards"]) for row in rows))
    seconds = list(accumulate(row.get("seconds", 0.0) for row in rows))
    for place, row in enumerate(rows):
        if row["val_accuracy"] >= target:
            return Arrival(steps * (place + 1), passes[place], round(seconds[place], 3))
    return None


def environment_of(outcome: Outcome) -> dict[str, Any]:
    """Return versions, processor and plan of a run, without its data."""
    left_out = ("data", "data_dir", "files", "start", "config")
    return {key: value for key, value in outcome.environment.items() if key not in left_out}
