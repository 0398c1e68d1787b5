from math import inf, log10

import pytest

from steepest.comparison.design import Design
from steepest.comparison.space import Dimension, Space
from steepest.comparison.tuning import SideTuning, Trial, TrialResult, best, budgets, chosen_at, edge_of

SPACE = Space((Dimension("lr", 1e-3, 10),))
DESIGN = Design(trials=16)


def next_trials(side, study, space, trials, done):
    return SideTuning(side, space, trials, DESIGN).next_trials(study, done)


def measured(trial: Trial, accuracy: float, loss: float = 1.0) -> TrialResult:
    return TrialResult(trial, accuracy, loss, diverged=False, forwards=9, backwards=9, seconds=1.0)


def tuned(peak: float, trials: int = 16, side: str = "sgd", study: int = 0) -> list[TrialResult]:
    """Tune a side whose accuracy falls off with the decades from its best learning rate."""
    done: list[TrialResult] = []
    while wanted := next_trials(side, study, SPACE, trials, done):
        done += [measured(each, 1 - abs(log10(each.settings["lr"] / peak)) / 20) for each in wanted]
    return done


def test_every_side_of_a_study_tries_the_same_shares_of_its_range():
    other = Space((Dimension("lr", 1e-5, 0.1), Dimension("rho", 0.01, 1)))
    mine = next_trials("sgd", 3, SPACE, 16, [])
    theirs = next_trials("adam", 3, other, 16, [])
    assert len(mine) == len(theirs) == 16
    for a, b in zip(mine, theirs, strict=True):
        assert b.settings["lr"] == pytest.approx(a.settings["lr"] / 100, rel=1e-3)
    assert [each.settings for each in next_trials("sgd", 4, SPACE, 16, [])] != [each.settings for each in mine]


def test_a_peak_within_the_range_costs_the_trials_asked_and_is_found():
    done = tuned(0.1)
    assert len(done) == 16
    assert abs(log10(best(done).trial.settings["lr"] / 0.1)) < 0.25


@pytest.mark.parametrize(("peak", "extra"), [(1e-4, 8), (1e3 / 3, 8), (1e-6, 16), (1e-12, 16)])
def test_a_peak_outside_the_range_widens_it_there_and_at_most_twice(peak, extra):
    done = tuned(peak)
    assert len(done) == 16 + extra <= SideTuning("sgd", SPACE, 16, DESIGN).most
    new = [each.trial.settings["lr"] for each in done if each.trial.widening]
    assert all(lr < 1e-3 for lr in new) if peak < 1 else all(lr > 10 for lr in new)
    low, high = min(new), max(new)
    assert 1e-7 <= low < high <= 1e3
    if 1e-7 < peak < 1e5:
        assert abs(log10(best(done).trial.settings["lr"] / peak)) < 0.25


def test_few_trials_do_not_widen_since_their_best_is_at_an_edge_by_chance():
    assert len(tuned(1e-9, trials=3)) == 3
    assert len(tuned(1e-9, trials=4)) == 8


def test_equal_accuracies_are_told_apart_by_loss_and_then_by_the_smaller_learning_rate():
    trials = next_trials("sgd", 0, SPACE, 4, [])
    equal = [measured(each, 0.9, loss) for each, loss in zip(trials, (0.3, 0.2, 0.2, 0.4), strict=True)]
    chosen = best(equal)
    assert chosen.loss == 0.2
    assert chosen.trial.settings["lr"] == min(t.settings["lr"] for t in trials[1:3])


def test_a_diverged_trial_is_worse_than_any_other_and_if_all_diverge_the_range_is_widened_downwards():
    trials = next_trials("sgd", 0, SPACE, 8, [])
    dead = [TrialResult(each, 0.1, inf, True, 1, 1, 0.1) for each in trials]
    assert edge_of(dead) == -1
    assert all(each.settings["lr"] < 1e-3 for each in next_trials("sgd", 0, SPACE, 8, dead))
    assert best([*dead, measured(trials[0], 0.05)]).diverged is False


def test_a_smaller_budget_chooses_among_the_first_trials_and_the_whole_among_all():
    done = tuned(1e-5)
    assert chosen_at(done, 2, 16) == best(done[:2])
    assert chosen_at(done, 8, 16) == best(done[:8])
    assert chosen_at(done, 16, 16) == best(done)
    assert best(done).trial.widening


def test_a_result_survives_its_record():
    trial = next_trials("sgd", 1, SPACE, 4, [])[2]
    for each in (measured(trial, 0.5), TrialResult(trial, 0.1, inf, True, 3, 3, 0.5)):
        assert TrialResult.of(each.to_dict()) == each


def test_budgets_are_powers_of_two_up_to_all():
    assert budgets(10) == [1, 2, 4, 8, 10]
