"""One run of a claim, trained again and held against its record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf, isfinite, sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

from torch import Tensor

from ..comparison.claims import same_program
from ..comparison.comparison import Comparison, place_of, told
from ..comparison.measuring import Report, arrival_of, report_job, steps_of_epoch, trial_job
from ..comparison.results import Arrival, Result, packed
from ..comparison.space import space_of
from ..comparison.tuning import TrialResult
from ..config import Config
from ..errors import DivergedError, SteepestError
from ..evaluation import Evaluation, evaluate
from ..plan import Plan
from ..runs.environment import environment
from ..runs.recording import give_weights
from ..storage import tensors_hash
from ..sweeping.ready import Place, setup_of
from ..training.history import Epoch, Row
from ..training.loops import loop
from ..training.preparation import Setup
from .checks import Finding

# What decides bytes beside config, data and program: torch's version, the processor's capability, and the plan.
DECISIVE = ("cpu_capability", "plan")


@dataclass(frozen=True)
class Retraced:
    """A run trained again.

    Args:
        setup: what it was trained with.
        history: a row an epoch, without seconds.
        last: the last epoch's tensors by name; empty where training diverged at once.
        best: the best epoch's.
        diverged: the line that says where training diverged, or None.
    """

    setup: Setup
    history: list[Row]
    last: dict[str, Tensor]
    best: dict[str, Tensor]
    diverged: str | None

    def evaluation(self, split: str) -> Evaluation:
        """Return the evaluation of the last weights on a split; training did not diverge."""
        dataset = self.setup.dataset
        self.setup.network.load_state_dict(self.last)
        with self.setup.plan.applied():
            return evaluate(
                self.setup.network.eval(), dataset.splits[split], dataset.classes, kind=split, plan=self.setup.plan
            )


def retrace(
    config: Config, plan: Plan | None, data_dir: Path | None = None, epochs: int | None = None
) -> Retraced:
    """Train a config again, in memory.

    Args:
        plan: as recorded; None chooses as training does.
        epochs: stop after so many; None trains all of them.
    """
    setup = setup_of(config, Place(data_dir), plan)
    give_weights(setup)
    history: list[Row] = []
    last: dict[str, Tensor] = {}
    best: dict[str, Tensor] = {}
    diverged = None
    try:
        for event in loop(setup):
            if not isinstance(event, Epoch):
                continue
            history, last = event.checkpoint.history, event.checkpoint.weights
            best = last if event.improved else best
            if epochs is not None and len(history) >= epochs:
                break
    except DivergedError as error:
        diverged = str(error)
    return Retraced(setup, history, last, best, diverged)


def differing_fields(recorded: Mapping[str, Any]) -> list[str]:
    """Return in words which of the fields that decide a run's bytes differ between a record and this machine."""
    here = environment(Plan.of(recorded["plan"]))
    then = (recorded.get("packages") or {}).get("torch")
    now = here["packages"]["torch"]
    found = [f"torch was {then}, here it is {now}"] if then != now else []
    for key in DECISIVE:
        if recorded.get(key) != here[key]:
            name = key.replace("_", " ")
            found.append(f"{name} was {recorded.get(key)}, here it is {here[key]}")
    if recorded.get("processes", 1) != 1:  # of before 0.1, when several could
        found.append(f"{recorded['processes']} processes trained it together, here it is one")
    return found


def first_difference(then: Sequence[Row], now: Sequence[Row]) -> str | None:
    """Return where two histories part, in words, or None where they do not.

    >>> first_difference([{"epoch": 1, "train_loss": 0.5}], [{"epoch": 1, "train_loss": 0.25}])
    'epoch 1: train_loss was 0.5, now it is 0.25'
    """
    for before, after in zip(then, now, strict=False):
        for key, value in before.items():
            if key != "seconds" and value != after.get(key):
                return f"epoch {before['epoch']:g}: {key} was {value}, now it is {after.get(key)}"
    if len(then) != len(now):
        return f"there were {len(then)} epochs, now there are {len(now)}"
    return None


# Where bytes cannot be asked for, a number must lie this near the one claimed, in standard deviations of the
# side's own runs at one setting: an honest one fails once in 15,000 if they are normal.
SPREADS = 4.0
LEAST_IMAGES = 2  # that the spread of an accuracy is never taken to be less than
LEAST_LOSS = 1e-3  # nats, likewise
Numbers = dict[str, Any]


def rerun(
    claim: Mapping[str, Any], comparison: Comparison, each: TrialResult | Result, data_dir: Path | None
) -> Finding:
    """Train a recorded run again, and say whether it comes out as recorded."""
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
    if same_program(claim, "runs") and not differing_fields(recorded):
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
    found: Numbers = {"diverged": again.diverged is not None}
    found |= {name: int(sum(row[name] for row in again.history)) for name in ("forwards", "backwards")}
    split = "validation" if isinstance(each, TrialResult) else "test"
    evaluation = again.evaluation(split) if again.diverged is None else None
    if evaluation is None:
        found |= {"accuracy": 1 / len(again.setup.dataset.classes), "loss": inf}
    else:
        found |= {"accuracy": evaluation.accuracy, "loss": evaluation.loss}
    if isinstance(each, TrialResult):
        return found
    steps = steps_of_epoch(len(again.setup.dataset.train), again.setup.config)
    history, criterion = again.history, comparison.question.criterion
    found |= {"epochs": len(history), "steps": steps * len(history)}
    found |= {"arrival": _without_clock(arrival_of(history, steps, criterion.target))}
    found |= {"weights": "" if evaluation is None else tensors_hash(again.last)}
    if criterion.images:
        found |= {"correct": packed(_right(again, evaluation))}
    return found


def _right(again: Retraced, evaluation: Evaluation | None) -> Any:
    """Return which test images are right, [N]; where training diverged, those of the first class."""
    if evaluation is None:
        return (again.setup.dataset.splits["test"].labels == 0).numpy()
    return (evaluation.predictions == evaluation.labels).numpy()


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
            return Finding(name, False, f"{key} is claimed to be {then}, and run again it is {value}.")
    what = "weights" if now.get("weights") else "numbers and passes"
    return Finding(name, True, f"run again, the same {what} to the byte ({now['accuracy']:.2%})")


def _by_spread(name: str, comparison: Comparison, each: TrialResult | Result, now: Numbers) -> Finding:
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
    """
    tuned = comparison.question.design.tuned

    def alike(run: Result) -> tuple[int, str]:
        return (run.unit if tuned else 0), str(told(run.settings))

    runs = sorted((r for r in comparison.results if r.side == side and not r.diverged), key=alike)
    groups = [[number(run) for run in group] for _, group in groupby(runs, key=alike)]
    freedom = sum(len(group) - 1 for group in groups)
    squares = sum((each - fmean(group)) ** 2 for group in groups for each in group)
    return sqrt(squares / freedom) if freedom else 0.0
