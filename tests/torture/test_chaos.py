"""What ckpt-chaos says is read as it means it, and each command names its folder."""

import pytest

from torture.casework import Setting
from torture.chaos import MODES, _wrong, cases, commands


def record(**changes):
    return {"label": "#1", "drift": False, "outcome": {"raised": None, "weights_diff": 0.0}, **changes}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (record(), ""),
        (record(drift=True), "another one"),
        (record(outcome={"raised": "ExitCode2", "weights_diff": None}), "ExitCode2"),
        (record(outcome={"raised": None, "weights_diff": 1.0}), "other bytes"),
    ],
)
def test_a_point_that_does_not_hold_is_a_fault(given, what):
    found = [each.what for each in _wrong(given, "train, before")]
    assert [what in each for each in found] == ([True] if what else [])


@pytest.mark.parametrize("name", ["train", "sweep", "compare"])
def test_each_command_names_its_folder_once(tmp_path, name):
    assert commands(tmp_path, name).count("{out}") == 1


def test_each_command_is_tried_in_each_mode_or_the_tester_is_missing(tmp_path):
    keys = [case.key for case in cases(Setting(tmp_path))]
    assert keys == ["ckpt-chaos"] or len(keys) == 4 * len(MODES)
