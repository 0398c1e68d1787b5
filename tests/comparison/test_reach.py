import numpy as np
import pytest

from steepest.comparison.design import FEWEST_UNITS, FEWEST_UNTIL_DECIDED, Design, design_of
from steepest.comparison.reach import LEVEL, out_of_reach, refuse_too_few, units_needed
from steepest.comparison.sequential import judge_all_anytime
from steepest.comparison.verdict import judge_all
from steepest.errors import UserError

JUDGES = {False: judge_all, True: judge_all_anytime}


def kinds(n: int, pairs: int, until_decided: bool) -> set[str]:
    """Return the verdicts on the clearest differences: equal ones, or such that each dwarfs all before it."""
    row = 1e6 ** np.arange(n) if until_decided else np.ones(n)
    judged = JUDGES[until_decided](dict.fromkeys(range(pairs), row), margin=0.0)
    return {each.kind for each in judged.values()}


@pytest.mark.parametrize("until_decided", [False, True])
@pytest.mark.parametrize("pairs", [1, 3, 28])
def test_as_many_units_as_are_said_can_decide_better_and_one_fewer_cannot(pairs, until_decided):
    least = units_needed(LEVEL / pairs, until_decided)
    assert kinds(least, pairs, until_decided) == {"better"}
    assert kinds(least - 1, pairs, until_decided) == {"undecided"}


def test_the_least_designs_are_those_that_can_decide_one_pair():
    assert units_needed(LEVEL, until_decided=False) == FEWEST_UNITS
    assert units_needed(LEVEL, until_decided=True) == FEWEST_UNTIL_DECIDED


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (
            design_of(studies=3),
            "3 studies can never decide better or worse: the exact test of 3 pairs has no p below 0.25, and 0.05 "
            "is asked. Give at least 6 studies.",
        ),
        (
            design_of(fixed=True, seeds=5),
            "5 seeds can never decide better or worse: the exact test of 5 pairs has no p below 0.0625, and 0.05 "
            "is asked. Give at least 6 seeds.",
        ),
        (
            Design(units=6, until_decided=True),
            "6 studies can never decide better or worse: the anytime test of 6 pairs has no p below 0.0523, and "
            "0.05 is asked. Give at least 7 studies.",
        ),
    ],
)
def test_too_few_units_are_refused_with_the_floor(design, words):
    with pytest.raises(UserError) as caught:
        refuse_too_few(design)
    assert str(caught.value) == words


def test_as_many_as_are_needed_are_not_refused():
    for design in (Design(units=6), Design(units=7, until_decided=True)):
        refuse_too_few(design)


@pytest.mark.parametrize(
    ("design", "pairs", "flag"),
    [
        (Design(units=10), 28, "It takes at least 11 studies (--studies 11), or fewer pairs."),
        (Design(False, 6, 1), 3, "It takes at least 7 seeds (--seeds 7), or fewer pairs."),
        (
            Design(units=7, until_decided=True),
            28,
            "It takes at least 11 studies (--max-seeds 22), or fewer pairs.",
        ),
    ],
)
def test_a_family_that_is_too_large_is_told_with_the_number_that_would_do(design, pairs, flag):
    note = out_of_reach(design, pairs)
    assert f"none of the {pairs} pairs can come out better or worse" in note
    assert note.endswith(flag)
    least = Design(
        design.tuned, int(flag.split()[4]), design.seeds_each, until_decided=design.until_decided
    )
    assert out_of_reach(least, pairs) == ""


def test_the_floor_of_eight_sides_at_the_default_is_told():
    assert "after Holm over 28 comparisons p cannot fall below 0.0547, and 0.05 is asked" in (
        out_of_reach(Design(), 28)
    )
    assert out_of_reach(Design(), 21) == ""
