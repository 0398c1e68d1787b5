import numpy as np
import pytest

from comparison_fakes import BASE
from steepest.comparison.design import FEWEST_UNITS, FEWEST_UNTIL_DECIDED, Design, design_of
from steepest.comparison.question import LEVEL, Question, checked, out_of_reach, question_of, refuse_too_few
from steepest.config import Config
from steepest.errors import UserError
from steepest.judge.sequential import judge_all_anytime
from steepest.judge.sizing import units_needed
from steepest.judge.verdict import judge_all


def test_tuning_holds_images_out_even_where_nobody_asked():
    question = question_of(["sgd", "adam"], Config())
    assert {side.config.val for side in question.sides} == {0.2}
    plain = question_of(["sgd", "adam"], Config(), fixed=True)
    assert {side.config.val for side in plain.sides} == {0.0}
    aimed = question_of(["sgd", "adam"], Config(), fixed=True, target=0.9)
    assert {side.config.val for side in aimed.sides} == {0.2}


def test_with_a_budget_of_passes_a_rule_that_takes_more_of_them_tries_less():
    question = question_of(["sgd", "sam of sgd", "blind-descent", "sgd@epochs=10"], Config(), budget="passes")
    assert question.trials() == {"sgd": 16, "sam of sgd": 8, "blind-descent": 8, "sgd@epochs=10": 8}


def test_what_cannot_be_answered_is_refused_before_anything_is_trained(small, tmp_path):
    for asked, words in [
        ({"studies": 5}, "5 studies can never decide better or worse"),
        ({"lr": 0.1}, "every side is tuned alike"),
        ({"threads": 2}, "one thread"),
        ({"fixed": True, "metric": "steps"}, "--target 0.95"),
        ({"fixed": True, "target": 1.5}, "accuracy in"),
        ({"fixed": True, "metric": "loss", "test_images": True}, "goes with --metric accuracy"),
        ({"fixed": True, "until_decided": True, "test_images": True}, "give a number of seeds"),
        ({"margin": -1.0}, "--margin is an accuracy, where 0.005 is half a point"),
        ({"until_decided": True, "max_seeds": 12}, "--max-seeds must be at least 14"),
    ]:
        with pytest.raises(UserError, match=words):
            small("sgd", "adam", **asked)
    assert not (tmp_path / "compared").exists()


def test_a_candidate_is_judged_against_each_other_side_alone(small):
    compared = small("sgd", "momentum", candidate="adam", fixed=True, seeds=6)
    assert compared.sides == ("adam", "sgd", "momentum")
    assert list(compared.verdicts) == [("adam", "sgd"), ("adam", "momentum")]


def test_a_question_survives_its_record():
    question = question_of(["sgd", "adam"], BASE, candidate="lion", studies=7, target=0.9)
    assert Question.of(question.to_dict(), "here") == question
    assert question.pairs == (("lion", "sgd"), ("lion", "adam"))
    assert question.side("adam").config.optimizer == "adam"


def test_the_same_subject_whatever_the_numbers_and_another_where_sides_or_tuning_differ():
    plain = question_of(["sgd", "adam"], BASE)
    assert question_of(["adam", "sgd"], BASE, studies=8, margin=0.01).subject == plain.subject
    for other in (
        question_of(["sgd", "adam"], BASE, fixed=True, seeds=8),
        question_of(["lion", "sgd"], BASE),
        question_of(["sgd", "adam"], BASE.with_(epochs=9)),
    ):
        assert other.subject != plain.subject


def test_nothing_is_tuned_at_fixed_settings():
    assert question_of(["sgd", "adam"], BASE, fixed=True).tunings() == {}
    tunings = question_of(["sgd", "adam"], BASE, trials=5).tunings()
    assert {name: each.trials for name, each in tunings.items()} == {"sgd": 5, "adam": 5}


def test_sides_tuned_on_other_validation_images_are_refused():
    with pytest.raises(UserError, match="The sides differ in val, and so would be tuned on different"):
        question_of(["sgd@val=0.1", "adam"], BASE)
    question = question_of(["sgd@val=0.1", "adam"], BASE, fixed=True)
    assert checked(question) == question


# Whether better or worse is within reach.


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
    least = Design(design.tuned, int(flag.split()[4]), design.seeds_each, until_decided=design.until_decided)
    assert out_of_reach(least, pairs) == ""


def test_the_floor_of_eight_sides_at_the_default_is_told():
    assert "after Holm over 28 comparisons p cannot fall below 0.0547, and 0.05 is asked" in (
        out_of_reach(Design(), 28)
    )
    assert out_of_reach(Design(), 21) == ""
