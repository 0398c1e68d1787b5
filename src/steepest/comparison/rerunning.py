"""One run of a claim, trained again and held against its record."""

from collections.abc import Callable, Mapping
from itertools import groupby
from math import inf, isfinite, sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from ..config import Config
from ..errors import SteepestError
from ..evaluation import Evaluation
from ..plan import Plan
from .comparison import Comparison, place_of, told
from .findings import Finding
from .fingerprints import program_hash, weights_hash
from .measuring import Report, arrival_of, report_job, steps_of_epoch, trial_job
from .results import Arrival, Result, packed
from .retracing import Retraced, differing_fields, retrace
from .space import space_of
from .tuning import TrialResult

# Where bytes cannot be asked for, a number must lie this near the one claimed, in standard deviations of the
# side's own runs at one setting: an honest one fails once in 15,000 if they are normal.
SPREADS = 4.0
LEAST_IMAGES = 2  # that the spread of an accuracy is never taken to be less than
LEAST_LOSS = 1e-3  # nats, likewise
Numbers = dict[str, Any]


def rerun(
    claim: Mapping[str, Any],
    comparison: Comparison,
    each: TrialResult | Result,
    data_dir: Path | None,
) -> Finding:
    """Train a recorded run again, and say whether it comes out as recorded.

    Args:
        claim: for the program that made it.
        comparison: the claim's.
        each: the run.
        data_dir: where datasets are.
    """
    config, name = _asked(comparison, each)
    made = each.made if isinstance(each, Result) else 0
    recorded = comparison.circumstances.environments[made]
    try:
        again = retrace(config, _plan(recorded, config), data_dir)
    except SteepestError as error:
        return Finding(name, False, f"it cannot be trained: {error}")
    side, unit = _place(each)
    hashes = comparison.circumstances.hashes[place_of(side, unit)]
    for split, then in hashes.items():
        if again.setup.dataset.hashes.get(split) != then:
            return Finding(name, False, f"the {split} images here are not those of the claim.")
    now = _measured(comparison, each, again)
    if claim["program"] == program_hash() and not differing_fields(recorded):
        return _by_bytes(name, each, now)
    return _by_spread(name, comparison, each, now)


def _plan(recorded: Mapping[str, Any], config: Config) -> Plan | None:
    plan = Plan.of(dict(recorded["plan"]))
    return plan if plan.device in {"cpu", config.device} else None


def _place(each: TrialResult | Result) -> tuple[str, int]:
    if isinstance(each, Result):
        return each.side, each.unit
    return each.trial.side, each.trial.study


def _asked(comparison: Comparison, each: TrialResult | Result) -> tuple[Config, str]:
    """Return the config of a recorded run, and what to call it."""
    question = comparison.question
    if isinstance(each, TrialResult):
        side = question.side(each.trial.side)
        space = space_of(side.name, side.config)
        job = trial_job(side, space, question.design, each.trial)
        return job.config, f"trial {each.trial.number} of {side.name} in study {each.trial.study}"
    side = question.side(each.side)
    found = space_of(side.name, side.config) if question.design.tuned else None
    report = Report(each.side, each.unit, each.seed, each.settings)
    job = report_job(side, found, question.design, report)
    return job.config, f"{side.name} with seed {each.seed}"


def _measured(comparison: Comparison, each: TrialResult | Result, again: Retraced) -> Numbers:
    """Return what a record holds of a run, by name, as the run made again gives it; all but its seconds."""
    passes = {"forwards": again.forwards, "backwards": again.backwards}
    found: Numbers = {"diverged": again.diverged is not None, **passes}
    split = "validation" if isinstance(each, TrialResult) else "test"
    evaluation = again.evaluation(split) if again.diverged is None else None
    found |= _scores(again, evaluation)
    if isinstance(each, TrialResult):
        return found
    steps = steps_of_epoch(len(again.setup.dataset.train), again.setup.config)
    history, criterion = again.history, comparison.question.criterion
    found |= {"epochs": len(history), "steps": steps * len(history)}
    found |= {"arrival": _without_clock(arrival_of(history, steps, criterion.target))}
    found |= {"weights": "" if evaluation is None else weights_hash(again.last)}
    if criterion.images:
        found |= {"correct": packed(_right(again, evaluation))}
    return found


def _scores(again: Retraced, evaluation: Evaluation | None) -> Numbers:
    if evaluation is None:
        return {"accuracy": 1 / len(again.setup.dataset.classes), "loss": inf}
    return {"accuracy": evaluation.accuracy, "loss": evaluation.loss}


def _right(again: Retraced, evaluation: Evaluation | None) -> Any:
    """Return which test images are right, [N]; where training diverged, those of the first class."""
    if evaluation is None:
        return (again.setup.dataset.splits["test"].labels == 0).numpy()
    return torch.eq(evaluation.logits.argmax(dim=1), evaluation.labels).numpy()


def _without_clock(arrival: Arrival | None) -> tuple[int, int] | None:
    """Return steps and passes of an arrival: nobody can measure the seconds of then again."""
    return None if arrival is None else (arrival.steps, arrival.passes)


def _claimed(each: TrialResult | Result, key: str) -> Any:
    value = getattr(each, key)
    return _without_clock(value) if key == "arrival" else value


def _by_bytes(name: str, each: TrialResult | Result, now: Numbers) -> Finding:
    """Compare to the byte: the same program, torch, capability and plan."""
    for key, value in now.items():
        then = _claimed(each, key)
        if value != then:
            text = f"{key} is claimed to be {then}, and run again it is {value}."
            return Finding(name, False, text)
    what = "weights" if now.get("weights") else "numbers and passes"
    return Finding(name, True, f"run again, the same {what} to the byte ({now['accuracy']:.2%})")


def _by_spread(
    name: str, comparison: Comparison, each: TrialResult | Result, now: Numbers
) -> Finding:
    """Compare within the spread over seeds: another machine or version."""
    side, _ = _place(each)
    accuracy, loss = now["accuracy"], now["loss"]
    least = LEAST_IMAGES / comparison.circumstances.test_images
    allowed = max(SPREADS * spread(comparison, side, lambda run: run.accuracy), least)
    text = (
        f"claimed {each.accuracy:.2%}, run again on another machine or version {accuracy:.2%}; "
        f"{100 * allowed:.2f} points are allowed ({SPREADS:g} standard deviations over the seeds)"
    )
    if abs(each.accuracy - accuracy) > allowed:
        return Finding(name, False, text)
    nats = max(SPREADS * spread(comparison, side, lambda run: run.loss), LEAST_LOSS)
    if isfinite(each.loss) and isfinite(loss) and abs(each.loss - loss) > nats:
        text = f"the loss is claimed to be {each.loss:.4f}, and run again it is {loss:.4f}; {nats:.4f} are allowed"
        return Finding(name, False, text)
    return Finding(name, True, text)


def spread(comparison: Comparison, side: str, number: Callable[[Result], float]) -> float:
    """Return the standard deviation of a side's runs at one setting, pooled over studies; 0 without two alike.

    Differences between studies and runs that diverged are left out: they would hide what is looked for.

    Args:
        comparison: the claim's.
        side: its name.
        number: what of a run.
    """
    tuned = comparison.question.design.tuned

    def alike(run: Result) -> tuple[int, str]:
        return (run.unit if tuned else 0), str(told(run.settings))

    runs = sorted((r for r in comparison.results if r.side == side and not r.diverged), key=alike)
    groups = [[number(run) for run in group] for _, group in groupby(runs, key=alike)]
    freedom = sum(len(group) - 1 for group in groups)
    squares = sum((each - fmean(group)) ** 2 for group in groups for each in group)
    return sqrt(squares / freedom) if freedom else 0.0
