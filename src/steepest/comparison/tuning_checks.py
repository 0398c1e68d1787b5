"""Was every side tuned as the design says, and reported where tuning led?"""

from typing import Any

from .comparison import Comparison, told
from .findings import Refuted
from .tuning import SideTuning, TrialResult


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
            _same_trial(done[each.number].trial, each)
            replayed.append(done[each.number])
    if len(done) > len(replayed):
        raise Refuted(
            f"{tuning.side} has {len(done)} trials in study {study}, and the design gives it "
            f"{len(replayed)}: it was tuned more than asked."
        )
    return len(done)


def _same_trial(claimed: Any, wanted: Any) -> None:
    if claimed != wanted:
        raise Refuted(
            f"trial {claimed.number} of {claimed.side} in study {claimed.study} was at {dict(claimed.settings)}, "
            f"and the design puts it at {dict(wanted.settings)}."
        )


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
            reported = {
                told(r.settings) for r in comparison.results if (r.side, r.unit) == (side, study)
            }
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
