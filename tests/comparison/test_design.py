import pytest
from hypothesis import given
from hypothesis import strategies as st

from steepest.comparison.design import Design, design_of
from steepest.errors import UserError

DESIGNS = st.builds(
    Design,
    units=st.integers(6, 60),
    seeds_each=st.integers(1, 4),
    first_seed=st.integers(0, 5000),
    split_seed=st.integers(0, 10),
)


@given(DESIGNS)
def test_no_seed_is_used_twice_and_no_tuning_seed_reports(design):
    reporting = [seed for unit in range(design.units) for seed in design.report_seeds(unit)]
    tuning = [design.tuning_seed(study) for study in range(design.units)]
    assert len(set(reporting)) == len(reporting) == design.units * design.seeds_each
    assert len(set(tuning)) == len(tuning)
    assert not set(reporting) & set(tuning)
    assert len({design.study_split_seed(study) for study in range(design.units)}) == design.units


def test_at_fixed_settings_every_unit_has_the_same_validation_images():
    design = design_of(fixed=True, seeds=8, split_seed=3)
    assert {design.study_split_seed(unit) for unit in range(8)} == {3}
    assert [design.report_seeds(unit) for unit in range(3)] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("asked", "units", "each", "trials"),
    [
        ({}, 10, 2, 16),
        ({"seeds": 20}, 10, 2, 16),
        ({"studies": 8, "trials": 4}, 8, 2, 4),
        ({"studies": 6, "seeds": 18}, 6, 3, 16),
        ({"fixed": True}, 20, 1, 0),
        ({"fixed": True, "seeds": 7}, 7, 1, 0),
        ({"fixed": True, "until_decided": True}, 100, 1, 0),
        ({"until_decided": True}, 50, 2, 16),
        ({"until_decided": True, "max_seeds": 40}, 20, 2, 16),
        ({"until_decided": True, "max_seeds": 14}, 7, 2, 16),
        ({"until_decided": True, "max_seeds": 7, "fixed": True}, 7, 1, 0),
    ],
)
def test_a_users_numbers_become_a_design(asked, units, each, trials):
    design = design_of(**asked)
    assert (design.units, design.seeds_each, design.trials) == (units, each, trials)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"seeds": 21}, "21 seeds cannot be spread evenly over 10 studies"),
        ({"studies": 7, "seeds": 20}, "20 seeds cannot be spread evenly over 7 studies"),
        ({"fixed": True, "studies": 10}, "--fixed tunes nothing"),
        ({"fixed": True, "trials": 4}, "--fixed tunes nothing"),
        ({"max_seeds": 40}, "--max-seeds goes with --until-decided"),
        ({"until_decided": True, "seeds": 20}, "give --max-seeds alone"),
        ({"fixed": True, "budget": "passes"}, "--fixed tunes nothing"),
        ({"until_decided": True, "max_seeds": 0}, r"at least 14 \(7 studies of 2\), not 0"),
        ({"until_decided": True, "max_seeds": 13}, r"at least 14 \(7 studies of 2\), not 13"),
        ({"until_decided": True, "max_seeds": -2}, "at least 14"),
        ({"until_decided": True, "max_seeds": 6, "fixed": True}, r"at least 7 \(7 seeds\), not 6"),
        ({"trials": 0}, "--trials must be between 1 and"),
        ({"first_seed": 999_990}, "must stay below 1,000,000"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_with_the_reason(asked, words):
    with pytest.raises(UserError, match=words):
        design_of(**asked)


def test_a_design_survives_its_record():
    design = design_of(studies=7, trials=5, budget="passes")
    assert Design(**design.to_dict()) == design
