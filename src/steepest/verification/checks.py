"""What must hold of a claim by itself, before anything of it is run again.

Every rule of the design is laid out anew from the question and held against what the claim says was done.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..comparison.claims import DIGEST, sealed, verdict_rows
from ..comparison.comparison import Comparison, told
from ..comparison.design import FEWEST_UNITS
from ..comparison.results import unpacked
from ..comparison.tuning import SideTuning, TrialResult


def check_trials(comparison: Comparison) -> str:
    """Every side was tuned by the same design: as many trials, at the points that the study's seed gives."""
    if not comparison.question.design.tuned:
        if comparison.trials:
            raise Refuted("nothing was to be tuned, and there are trials.")
        return "settings were given; nothing was tuned"
    tunings = comparison.question.tunings()
    wider = sum(
        _check_study(comparison, tuning, study) - tuning.trials
        for tuning in tunings.values()
        for study in range(comparison.units)
    )
    spelled = ", ".join(f"{name} {tuning.trials}" for name, tuning in tunings.items())
    more = f"; {wider} more in all, where the best lay at the edge" if wider else ""
    return f"trials in each study: {spelled}{more}; all at the design's points"


def _check_study(comparison: Comparison, tuning: SideTuning, study: int) -> int:
    """Return how many trials a side's study has, once they are those of the design."""
    done = {each.trial.number: each for each in comparison.trials_of(tuning.side, study)}
    replayed: list[TrialResult] = []
    while wanted := tuning.next_trials(study, replayed):
        total = len(replayed) + len(wanted)
        for each in wanted:
            if each.number not in done:
                raise Refuted(
                    f"{tuning.side} has {len(done)} trials in study {study}, and the design gives it "
                    f"{total}: it was tuned less than asked."
                )
            claimed = done[each.number].trial
            if claimed != each:
                raise Refuted(
                    f"trial {claimed.number} of {claimed.side} in study {claimed.study} was at "
                    f"{dict(claimed.settings)}, and the design puts it at {dict(each.settings)}."
                )
            replayed.append(done[each.number])
    if len(done) > len(replayed):
        raise Refuted(
            f"{tuning.side} has {len(done)} trials in study {study}, and the design gives it "
            f"{len(replayed)}: it was tuned more than asked."
        )
    return len(done)


def check_choices(comparison: Comparison) -> str:
    """What was reported is what validation chose."""
    if not comparison.question.design.tuned:
        if any(each.settings for each in comparison.results):
            raise Refuted("settings were given, and a run has others.")
        return "every run has the settings given"
    budgets = comparison.budgets
    for side in comparison.sides:
        for study in range(comparison.units):
            best = comparison.chosen(side, study).trial
            reported = {told(r.settings) for r in comparison.results if (r.side, r.unit) == (side, study)}
            if told(best.settings) not in reported:
                raise Refuted(
                    f"{side} in study {study} was reported at {_spelled(reported)}, but its best trial by "
                    f"validation had {dict(best.settings)}: it was chosen by something else."
                )
            allowed = {told(comparison.chosen(side, study, b).trial.settings) for b in budgets}
            if reported - allowed - {told(best.settings)}:
                raise Refuted(
                    f"{side} in study {study} was also reported at {_spelled(reported - allowed)}, which no "
                    "tuning budget chose."
                )
    return "every side was reported where its validation split was best"


def _spelled(settings: set[tuple[tuple[str, float], ...]]) -> str:
    return " and ".join(str(dict(each)) for each in sorted(settings))


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Args:
        name: what of.
        accepted: whether it holds.
        text: what was found, for the user.
    """

    name: str
    accepted: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok     ' if self.accepted else 'REFUTED'}  {self.name}: {self.text}"


class Refuted(Exception):
    """A rule that a claim breaks, in a sentence."""


Claim = Mapping[str, Any]
Check = Callable[[Claim, Comparison], str]


def check_claim(claim: Claim, comparison: Comparison) -> list[Finding]:
    """Return a finding for every rule."""
    findings = []
    for name, check in CHECKS.items():
        try:
            findings.append(Finding(name, True, check(claim, comparison)))
        except Refuted as refuted:
            findings.append(Finding(name, False, str(refuted)))
        except (KeyError, ValueError, TypeError, IndexError, ArithmeticError) as error:
            findings.append(Finding(name, False, f"records are missing: {error!r}."))
    return findings


def _seal(claim: Claim, comparison: Comparison) -> str:
    if sealed(claim)[DIGEST] != claim.get(DIGEST):
        raise Refuted("the file was changed after it was written: its content has another SHA-256.")
    return "the file is as it was written"


def _seeds(claim: Claim, comparison: Comparison) -> str:
    """Every side has every reporting seed of the design, and no other."""
    design = comparison.question.design
    units = comparison.units
    if units < FEWEST_UNITS or (units != design.units and not design.until_decided):
        raise Refuted(f"the design has {design.units} units, the results {units}.")
    wanted = {(unit, seed) for unit in range(units) for seed in design.report_seeds(unit)}
    for side in comparison.sides:
        mine = {(each.unit, each.seed) for each in comparison.results if each.side == side}
        if mine != wanted:
            odd = ", ".join(str(seed) for _, seed in sorted(mine ^ wanted)[:5])
            raise Refuted(
                f"{side} was not reported on the seeds of the design (seed {odd}): runs were left out or picked."
            )
    first, last = design.report_seeds(0)[0], design.report_seeds(units - 1)[-1]
    chosen = "" if first == 0 else f"; they begin at {first} and not at 0, which somebody chose"
    tuning = "" if not design.tuned else f", tuned on others (from {design.tuning_seed(0):,})"
    return f"every side has the reporting seeds {first} to {last}{tuning}{chosen}"


def _strangers(claim: Claim, comparison: Comparison) -> str:
    """No record is of a side that was not asked, none is there twice."""
    sides = set(comparison.sides)
    strange = {each.side for each in comparison.results} | {t.trial.side for t in comparison.trials}
    if strange - sides:
        raise Refuted(f"there are records of sides that were not asked: {sorted(strange - sides)}.")
    places = Counter(each.trial.place for each in comparison.trials)
    runs = Counter((r.side, r.unit, r.seed, told(r.settings)) for r in comparison.results)
    twice = [key for counter in (places, runs) for key, count in counter.items() if count > 1]
    if twice:
        raise Refuted(f"a run is recorded twice: {twice[0]}.")
    return f"{len(comparison.trials)} trials and {len(comparison.results)} reporting runs, each once"


def _numbers(claim: Claim, comparison: Comparison) -> str:
    """Numbers are such as a run can have."""
    images, classes = comparison.circumstances.test_images, comparison.circumstances.classes
    for each in comparison.results:
        right = each.accuracy * images
        possible = 0 <= right <= images and abs(right - round(right)) < 1e-6
        if each.diverged:
            possible = each.accuracy == 1 / classes
        if not possible:
            raise Refuted(
                f"{each.side} with seed {each.seed} has the accuracy {each.accuracy}, which {images:,} images "
                "cannot give."
            )
        name = f"{each.side} with seed {each.seed}"
        if not each.diverged and (len(each.weights) != 64 or each.forwards < each.steps):
            raise Refuted(f"{name} has no hash of its weights, or fewer passes than steps.")
        if comparison.question.criterion.images and not each.diverged:
            count = int(unpacked(each.correct, images).sum())
            if count != round(right):
                raise Refuted(f"{name} has {count} right images one by one, and {right:.0f} by its accuracy.")
        if each.arrival is not None and not (
            0 < each.arrival.steps <= each.steps and each.arrival.passes <= each.passes
        ):
            raise Refuted(f"{name} arrived at the target after its training was over.")
    return "every accuracy is a number of right images, every run has at least a pass a step"


def _verdicts(claim: Claim, comparison: Comparison) -> str:
    """The verdicts follow from the numbers."""
    mine = json.loads(json.dumps(verdict_rows(comparison)))
    theirs = claim["verdicts"]
    if len(mine) != len(theirs):
        raise Refuted(f"the claim has {len(theirs)} verdicts, and the question {len(mine)} pairs.")
    for now, then in zip(mine, theirs, strict=True):
        wrong = [key for key in now if not _alike(now[key], then.get(key))]
        if wrong:
            raise Refuted(
                f"{then.get('candidate')} against {then.get('reference')}: {wrong[0]} is claimed to be "
                f"{then.get(wrong[0])!r}, and the numbers give {now[wrong[0]]!r}."
            )
    return "; ".join(f"{row['candidate']} against {row['reference']}: {row['kind']}" for row in mine)


def _alike(now: Any, then: Any) -> bool:
    """Say whether two values agree; a number as well as sums on another machine can."""
    numbers = isinstance(now, float) and isinstance(then, int | float)
    return abs(now - then) <= 1e-9 * max(1.0, abs(now)) if numbers else bool(now == then)


def _earlier(claim: Claim, comparison: Comparison) -> str:
    """What was asked before is told, and refutes nothing: whoever writes a claim can also hide it."""
    count = len(claim["earlier"])
    if not count:
        return "nothing was asked of these sides before, as far as it tells"
    times = "once" if count == 1 else f"{count} times"
    return f"some of these sides were compared {times} before"


CHECKS: dict[str, Check] = {
    "seal": _seal,
    "records": _strangers,
    "seeds": _seeds,
    "trials": lambda _, comparison: check_trials(comparison),
    "choices": lambda _, comparison: check_choices(comparison),
    "numbers": _numbers,
    "verdicts": _verdicts,
    "earlier": _earlier,
}
