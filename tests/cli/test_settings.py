import dataclasses
from pathlib import Path

import pytest

from steepest.cli.settings import Asked, Settings, Workers, config_of, given
from steepest.comparison.question import question_of
from steepest.config import Config
from steepest.errors import UserError
from steepest.sweeping import LocalEngine


def test_every_setting_is_a_flag_that_is_none_unless_it_was_given() -> None:
    flags = {each.name: each for each in dataclasses.fields(Settings)}
    assert set(flags) == {each.name for each in dataclasses.fields(Config)} - {"model"}
    assert set(vars(Settings()).values()) == {None}


def test_flags_win_over_a_file_and_a_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "base.toml"
    file.write_text('epochs = 3\nlr = 0.5\nmodel = "F2"\n')
    found = config_of(file, given(None, Settings(epochs=7)), False)
    assert (found.model, found.epochs, found.lr, found.seed) == ("F2", 7, 0.5, 0)
    assert config_of(file, given("F4-R-F2", None), False).model == "F4-R-F2"
    assert config_of(None, {}, False) == Config()


def test_what_was_given_is_what_is_not_none() -> None:
    assert given(None, None) == {}
    assert given("mlp", Settings(seed=0, stratified=False)) == {"model": "mlp", "seed": 0, "stratified": False}


def test_all_that_can_be_asked_of_a_comparison_is_a_flag() -> None:
    asked = dataclasses.asdict(Asked())
    question = question_of(["adam", "sgd"], Config(), **asked)
    assert question == question_of(["adam", "sgd"], Config())


def test_workers_are_an_engine() -> None:
    assert Workers(workers=3).ready() == LocalEngine(3)
    with pytest.raises(UserError, match="needs --scheduler ADDRESS"):
        Workers(engine="dask").ready()
