"""What must hold of a claim by itself, before anything of it is run again.

Every rule of the design is laid out anew from the question and held against what the claim says was done.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ..comparison.claims import DIGEST, same_program, sealed, verdict_rows
from ..comparison.comparison import Comparison, told
from ..comparison.design import FEWEST_UNITS, Design
from ..comparison.tuning import SideTuning, TrialResult
from ..errors import UserError
from ..judge.signflip import EXACT
from .findings import Finding, Refuted
from .numbers import check_data, check_numbers


def check_trials(comparison: Comparison) -> str:
    """Every side was tuned by the same design: as many trials, at the points that the study's seed gives."""
    if not comparison.question.design.tuned:
        if comparison.trials:
            raise Refuted("nothing was to be tuned, and there are trials.")
        return "settings were given; nothing was tuned"
    tunings = comparison.question.tunings()
    _check_budgets(tunings, comparison.question.design)
    wider = sum(
        _check_study(comparison, tuning, study) - tuning.trials
        for tuning in tunings.values()
        for study in range(comparison.units)
    )
    spelled = ", ".join(f"{name} {tuning.trials}" for name, tuning in tunings.items())
    more = f"; {wider} more in all, where the best lay at the edge" if wider else ""
    return f"trials in each study: {spelled}{more}; all at the design's points"


def _check_budgets(tunings: Mapping[str, SideTuning], design: Design) -> None:
    """Refuse numbers of trials that no budget gives; which ones are as many passes, the rules alone say."""
    counts = {name: each.trials for name, each in tunings.items()}
    alike = set(counts.values()) == {design.trials}
    if not (alike or (design.budget == "passes" and max(counts.values()) == design.trials)):
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise Refuted(
            f"the design gives {design.trials} trials, its budget is {design.budget}, and there are {told}."
        )


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
    made = defaultdict[tuple[str, int], set[tuple[tuple[str, float], ...]]](set)
    for result in comparison.results:
        made[result.side, result.unit].add(told(result.settings))
    for side in comparison.sides:
        for study in range(comparison.units):
            best = comparison.chosen(side, study).trial
            reported = made[side, study]
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


Claim = Mapping[str, Any]
Check = Callable[[Claim, Comparison], str]


def check(name: str, rule: Check, claim: Claim, comparison: Comparison) -> Finding:
    """Return what a rule comes to."""
    try:
        return Finding(name, True, rule(claim, comparison))
    except Refuted as refuted:
        return Finding(name, False, str(refuted))
    except (KeyError, ValueError, TypeError, IndexError, ArithmeticError) as error:
        said = str(error).rstrip(".") if isinstance(error, UserError) else repr(error)
        return Finding(name, False, f"its records do not fit together: {said}.")


# Seconds that a pair takes on a core of 2024, and a flip of signs, a difference whose flips are drawn, a unit that
# may come until decided; that an image takes once, and for each pair.
A_PAIR, A_FLIP, A_DRAW, UNTIL, A_FUTURE, AN_IMAGE, AN_IMAGE_OF_A_PAIR = 6e-3, 1e-8, 2e-4, 0.03, 2e-4, 2e-5, 6e-6


def seconds_to_judge(comparison: Comparison) -> float:
    """Return about how long it takes to find the verdicts anew."""
    design, n = comparison.question.design, comparison.units
    images = comparison.circumstances.test_images if comparison.question.criterion.images else 0
    each = A_PAIR + AN_IMAGE_OF_A_PAIR * images
    if design.until_decided:
        each += UNTIL + A_FUTURE * design.units
    else:
        each += A_FLIP * 2**n if n <= EXACT else A_DRAW * n
    return AN_IMAGE * images + each * comparison.question.pair_count


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
    made = defaultdict[str, set[tuple[int, int]]](set)
    for each in comparison.results:
        made[each.side].add((each.unit, each.seed))
    for side in comparison.sides:
        mine = made[side]
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


CROSS_CHECKS = ("bootstrap_low", "bootstrap_high")  # drawn as a program draws them, and no verdict rests on them


def _verdicts(claim: Claim, comparison: Comparison) -> str:
    """The verdicts follow from the numbers."""
    mine, theirs = json.loads(json.dumps(verdict_rows(comparison))), claim["verdicts"]
    same = same_program(claim, "verdicts")
    if len(mine) != len(theirs):
        raise Refuted(f"the claim has {len(theirs)} verdicts, and the question {len(mine)} pairs.")
    for now, then in zip(mine, theirs, strict=True):
        asked = [key for key in {**now, **then} if same or key not in CROSS_CHECKS]
        wrong = [key for key in asked if not _alike(now.get(key), then.get(key))]
        if wrong or now.keys() != then.keys():
            key = wrong[0] if wrong else sorted(now.keys() ^ then.keys())[0]
            raise Refuted(
                f"{then.get('candidate')} against {then.get('reference')}: {key} is claimed to be "
                f"{then.get(key)!r}, and the numbers give {now.get(key)!r}."
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


# the cheap ones first
FIRST: dict[str, Check] = {"seal": _seal, "data": check_data}
CHECKS: dict[str, Check] = {
    "records": _strangers,
    "seeds": _seeds,
    "trials": lambda _, comparison: check_trials(comparison),
    "choices": lambda _, comparison: check_choices(comparison),
    "numbers": check_numbers,
    "verdicts": _verdicts,
    "earlier": _earlier,
}
