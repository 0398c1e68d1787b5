"""One run of a claim, trained again and held against its record."""

from collections.abc import Mapping
from pathlib import Path
from statistics import stdev
from typing import Any

from ..config import Config
from ..errors import SteepestError
from ..plan import Plan
from .comparison import Comparison
from .findings import Finding
from .fingerprints import program_hash, weights_hash
from .measuring import Report, report_job, trial_job
from .results import Result
from .retracing import Retraced, differing_fields, retrace
from .space import space_of
from .tuning import TrialResult

# Where bytes cannot be asked for, an accuracy must lie this near the one claimed, in standard deviations of the
# side's own runs: an honest one fails once in 15,000 if they are normal.
SPREADS = 4.0
LEAST_IMAGES = 2  # that the spread is never taken to be less than


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
    config, name, claimed = _asked(comparison, each)
    made = each.made if isinstance(each, Result) else 0
    recorded = comparison.circumstances.environments[made]
    try:
        again = retrace(config, _plan(recorded, config), data_dir)
    except SteepestError as error:
        return Finding(name, False, f"it cannot be trained: {error}")
    unit = each.unit if isinstance(each, Result) else each.trial.study
    hashes, here = comparison.circumstances.hashes[str(unit)], again.setup.dataset.hashes
    for split, then in hashes.items():
        if here.get(split) != then:
            return Finding(name, False, f"the {split} images here are not those of the claim.")
    split = "test" if isinstance(each, Result) else "validation"
    accuracy = again.accuracy(split)
    if claim["program"] == program_hash() and not differing_fields(recorded):
        return _by_bytes(name, each, again, accuracy)
    return _by_spread(name, comparison, each, claimed, accuracy)


def _plan(recorded: Mapping[str, Any], config: Config) -> Plan | None:
    plan = Plan.of(dict(recorded["plan"]))
    return plan if plan.device in {"cpu", config.device} else None


def _asked(comparison: Comparison, each: TrialResult | Result) -> tuple[Config, str, float]:
    """Return the config of a recorded run, what to call it, and its claimed accuracy."""
    question = comparison.question
    if isinstance(each, TrialResult):
        side = question.side(each.trial.side)
        space = space_of(side.name, side.config)
        job = trial_job(side, space, question.design, each.trial)
        return (
            job.config,
            f"trial {each.trial.number} of {side.name} in study {each.trial.study}",
            each.accuracy,
        )
    side = question.side(each.side)
    found = space_of(side.name, side.config) if question.design.tuned else None
    report = Report(each.side, each.unit, each.seed, each.settings)
    job = report_job(side, found, question.design, report)
    return job.config, f"{side.name} with seed {each.seed}", each.accuracy


def _by_bytes(name: str, each: TrialResult | Result, again: Retraced, accuracy: float) -> Finding:
    """Compare to the byte: the same program, torch, capability and plan."""
    told: dict[str, Any] = {
        "forwards": again.forwards,
        "backwards": again.backwards,
        "accuracy": accuracy,
    }
    told["diverged"] = again.diverged is not None
    if isinstance(each, Result) and not each.diverged:
        told["weights"] = weights_hash(again.last)
    for key, now in told.items():
        then = getattr(each, key)
        if now != then:
            return Finding(
                name, False, f"{key} is claimed to be {then}, and run again it is {now}."
            )
    what = "weights" if "weights" in told else "accuracy and passes"
    return Finding(name, True, f"run again, the same {what} to the byte ({accuracy:.2%})")


def _by_spread(
    name: str, comparison: Comparison, each: TrialResult | Result, claimed: float, accuracy: float
) -> Finding:
    """Compare within the spread over seeds: another machine or version."""
    side = each.side if isinstance(each, Result) else each.trial.side
    found = [run.accuracy for run in comparison.results if run.side == side]
    least = LEAST_IMAGES / comparison.circumstances.test_images
    allowed = max(SPREADS * stdev(found), least)
    text = (
        f"claimed {claimed:.2%}, run again on another machine or version {accuracy:.2%}; "
        f"{100 * allowed:.2f} points are allowed ({SPREADS:g} standard deviations over the seeds)"
    )
    return Finding(name, abs(claimed - accuracy) <= allowed, text)
