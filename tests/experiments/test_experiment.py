from pathlib import Path

import pytest

from steepest.config import Config
from steepest.errors import UnknownName
from steepest.experiments.experiment import Case, Experiment, PartUse

FULL = Config(epochs=2)
CASE = Case("one", "One", FULL, FULL)


def test_a_part_is_about_the_cases_that_it_names() -> None:
    assert PartUse("x", "").cases == []
    assert PartUse("x", "", {"case": "one"}).cases == ["one"]
    assert PartUse("x", "", {"case": "one", "cases": ["two", "three"]}).cases == ["one", "two", "three"]
    assert PartUse("x", "", {"cases": "two"}).cases == ["two"]


def test_a_case_is_comparable_where_quick_trains_the_same() -> None:
    assert CASE.comparable
    assert not Case("one", "One", FULL, FULL.with_(epochs=1)).comparable


def test_a_case_is_found_by_its_name_and_an_unknown_one_told_with_the_file() -> None:
    found = Experiment("mine", "Mine", "", "", 3, 2, (CASE,), (), (), (), Path("a/mine.toml"))
    assert found.case("one") is CASE
    with pytest.raises(UnknownName, match=r"`ona`. Did you mean `one`.*a/mine.toml"):
        found.case("ona")
