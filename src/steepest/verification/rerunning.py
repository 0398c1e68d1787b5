"""Runs trained again: how, and one of a claim held against its record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import inf, isfinite, sqrt
from operator import attrgetter
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from torch import Tensor

from ..comparison.claims import same_program
from ..comparison.comparison import Comparison, place_of, told
from ..comparison.measuring import Report, arrival_of, report_job, steps_of_epoch, trial_job
from ..comparison.results import Arrival, Result, packed
from ..comparison.space import space_of
from ..comparison.tuning import TrialResult
from ..config import Config
from ..data import Dataset
from ..errors import DivergedError, MissingDataset, SteepestError
from ..evaluation import Evaluation, evaluate
from ..plan import Plan
from ..runs.arithmetic import why_not
from ..runs.environment import environment
from ..runs.recording import give_weights
from ..storage import tensors_hash
from ..sweeping.ready import Place, setup_of
from ..training.history import Epoch, Row
from ..training.loops import loop
from ..training.preparation import Setup
from .findings import Finding


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


def ready_again(config: Config, plan: Plan | None, data_dir: Path | None = None) -> Setup:
    """Return a config's run, ready to be trained again, with its initial weights.

    Args:
        plan: as recorded; None chooses as training does.
    """
    setup = setup_of(config, Place(data_dir), plan)
    give_weights(setup)
    return setup


def retrace(setup: Setup, epochs: int | None = None) -> Retraced:
    """Train again, in memory.

    Args:
        setup: fresh from ``ready_again``.
        epochs: stop after so many; None trains all of them.
    """
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


def other_images(then: Mapping[str, str], dataset: Dataset) -> str | None:
    """Say which split's images here are not those recorded, in words; None where all of them are.

    Args:
        then: the SHA-256 of each split.
    """
    now = dataset.hashes
    for split, expected in then.items():
        if now.get(split) != expected:
            here = f"have the SHA-256 {now[split]}" if split in now else "are none"
            return f"the {split} images here {here}, and {expected} is recorded"
    return None


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
OTHERS = 8  # runs of other seeds that tell the spread where the claim does not: at a trial's settings
LEAST_IMAGES = 2  # that the spread of an accuracy is never taken to be less than
LEAST_LOSS = 1e-3  # nats, likewise
Numbers = dict[str, Any]


def rerun(
    claim: Mapping[str, Any], comparison: Comparison, each: TrialResult | Result, data_dir: Path | None
) -> Finding:
    """Train a recorded run again, and say whether it comes out as recorded.

    To the byte it always may; it must where its arithmetic promises that here. Elsewhere it is refuted only where
    its numbers lie further off than another processor or version can explain.
    """
    config, name = _asked(comparison, each)
    environments = comparison.circumstances.environments
    mine = [environments[each.made]] if isinstance(each, Result) else environments  # a trial does not say which
    side, unit = _place(each)
    try:
        setup = ready_again(config, _plan(mine[0], config), data_dir)
        other = other_images(comparison.circumstances.hashes[place_of(side, unit)], setup.dataset)
        if other:
            return Finding(name, False, f"the {config.data} images are not those of the claim: {other}.")
        retraced = retrace(setup)
    except MissingDataset:  # which says nothing of the claim
        raise
    except SteepestError as error:
        return Finding(name, False, f"it cannot be trained: {error}")
    now = _measured(comparison, each, retraced)
    wrong = [key for key, value in now.items() if value != _claimed(each, key)]
    reasons = unlike(claim, mine, setup.plan)
    if not wrong:
        what = "weights" if now.get("weights") else "numbers and passes"
        other_version = "" if same_program(claim, "runs") else ", by another version of steepest"
        return Finding(
            name, True, f"run again, the same {what} to the byte{other_version} ({now['accuracy']:.2%})"
        )
    if reasons:
        others = partial(_other_seeds, config, setup.plan, data_dir, comparison, each)
        images = len(setup.dataset.splits[_split(each)])
        return _by_spread(name, comparison, each, now, reasons, images=images, others=others)
    text = f"{wrong[0]} is claimed to be {_claimed(each, wrong[0])}, and run again it is {now[wrong[0]]}."
    return Finding(name, False, text)


def unlike(claim: Mapping[str, Any], environments: Sequence[Mapping[str, Any]], plan: Plan) -> list[str]:
    """Say why a run of a claim, made in one of these environments, is not promised to have the same bytes here."""
    program = claim["program"]
    decided = {} if isinstance(program, str) else {"program": program["runs"]}  # sealed with the claim
    here = environment(plan)
    found = [why_not({**recorded, **decided}, here) for recorded in environments]
    return list(dict.fromkeys(reason for reasons in found for reason in reasons))


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
    side = question.side(_place(each)[0])
    tuned, claimed = question.design.tuned, question.claimed  # as those of the rules, or of another version
    space = (claimed[side.name].space if claimed else space_of(side.name, side.config)) if tuned else None
    if isinstance(each, TrialResult):
        assert space is not None  # a claim with trials and nothing tuned is refuted before
        job = trial_job(side, space, question.design, each.trial)
        return job.config, f"trial {each.trial.number} of {side.name} in study {each.trial.study}"
    report = Report(each.side, each.unit, each.seed, each.settings)
    job = report_job(side, space, question.design, report)
    return job.config, f"{side.name} with seed {each.seed}"


def _split(each: TrialResult | Result) -> str:
    """Return which images a run is measured on."""
    return "validation" if isinstance(each, TrialResult) else "test"


def _measured(comparison: Comparison, each: TrialResult | Result, again: Retraced) -> Numbers:
    """Return what a record holds of a run, by name, as the run made again gives it; all but its seconds."""
    found: Numbers = {"diverged": again.diverged is not None}
    found |= {name: int(sum(row[name] for row in again.history)) for name in ("forwards", "backwards")}
    evaluation = again.evaluation(_split(each)) if again.diverged is None else None
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


def _other_seeds(
    config: Config, plan: Plan, data_dir: Path | None, comparison: Comparison, each: TrialResult | Result
) -> dict[str, float]:
    """Return the standard deviation of each number over runs like this one with other seeds, trained here."""
    found: list[Numbers] = []
    for more in range(1, OTHERS + 1):
        setup = ready_again(config.with_(seed=config.seed + more), plan, data_dir)
        found.append(_measured(comparison, each, retrace(setup)))
    finite = all(isfinite(numbers["loss"]) for numbers in found)
    return {
        "accuracy": stdev(numbers["accuracy"] for numbers in found),
        "loss": stdev(numbers["loss"] for numbers in found) if finite else inf,
    }


def _by_spread(
    name: str,
    comparison: Comparison,
    each: TrialResult | Result,
    now: Numbers,
    reasons: Sequence[str],
    *,
    images: int,
    others: Callable[[], dict[str, float]],
) -> Finding:
    """Compare within the spread over seeds, where bytes are not promised: nothing there is ever accepted.

    Args:
        images: that it is measured on.
        others: gives the spread at this run's settings, by training; asked where the claim's runs do not tell it,
            and nothing less can explain the distance.
    """
    side, _ = _place(each)
    deviations = {key: spread(comparison, side, attrgetter(key)) for key in ("accuracy", "loss")}
    near, text = _apart(each, now, deviations, images)
    if not near and (isinstance(each, TrialResult) or not any(deviations.values())):
        near, text = _apart(each, now, others(), images)
    if isinstance(each, Result) and near:
        near, more = _apart_besides(comparison, each, now)
        text += more
    return Finding(
        name, None if near else False, f"{text}. The same bytes are not promised here: {told_reasons(reasons)}"
    )


def _apart(
    each: TrialResult | Result, now: Numbers, deviations: Mapping[str, float], images: int
) -> tuple[bool, str]:
    """Return whether a run's numbers are as near as claimed ones can be, and what is told of them."""
    accuracy, loss = now["accuracy"], now["loss"]
    allowed = max(SPREADS * deviations["accuracy"], LEAST_IMAGES / images)
    nats = max(SPREADS * deviations["loss"], LEAST_LOSS)
    losses = isfinite(each.loss) and isfinite(loss)
    text = (
        f"claimed {each.accuracy:.2%}, run again on another machine or version {accuracy:.2%}; "
        f"{100 * allowed:.2f} points are allowed ({SPREADS:g} standard deviations over the seeds)"
    )
    if losses:
        text += (
            f"; the loss is claimed to be {each.loss:.6g}, and run again it is {loss:.6g}; {nats:.4f} are allowed"
        )
    return abs(each.accuracy - accuracy) <= allowed and (not losses or abs(each.loss - loss) <= nats), text


def _apart_besides(comparison: Comparison, each: Result, now: Numbers) -> tuple[bool, str]:
    """Compare what else may decide: steps to the target, and which images a run that diverged has right."""
    if each.diverged and now["diverged"] and each.correct != now.get("correct", ""):
        return False, "; it diverged, and its right images are not those of the first class"
    if comparison.question.criterion.target is None:
        return True, ""
    epoch = now["steps"] // max(1, now["epochs"]) or 1
    allowed = max(
        SPREADS * spread(comparison, each.side, lambda run: _until(_claimed(run, "arrival"), run)), epoch
    )
    then, here = _until(_claimed(each, "arrival"), each), _until(now["arrival"], each)
    told = f"; the target is claimed to be reached after {then:,} steps, and run again it is after {here:,}"
    return abs(then - here) <= allowed, f"{told}; {allowed:,.0f} are allowed" if then != here else ""


def _until(arrival: tuple[int, int] | None, run: Result) -> int:
    """Return the steps until an arrival; without one, those of an epoch more than there were."""
    return arrival[0] if arrival else run.steps + run.steps // max(1, run.epochs)


def told_reasons(reasons: Sequence[str]) -> str:
    """Return reasons as one sentence."""
    return f"{'; '.join(reasons)}."


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
