import pytest

import steepest.optimizers
from steepest.errors import UserError


def test_the_call_leaves_what_the_command_leaves(left_by):
    courses = []
    by_command, by_call = left_by(
        ["optimizers", "race", "--on", "Saddle", "--rules", "sgd,adam:beta1=0.8,eps=1e-7", "--steps", "4"],
        lambda: courses.extend(steepest.optimizers.race("saddle", ["sgd", "adam:beta1=0.8,eps=1e-7"], steps=4)),
    )
    assert set(by_command) == {"race.png", "race.gif"}
    assert by_command == by_call
    assert [each.text for each in courses] == ["sgd", "adam:beta1=0.8,eps=1e-7"]
    assert courses[0].points.shape == (5, 2)


def test_a_rule_is_shown_and_checked_by_its_name():
    assert steepest.optimizers.show("Adam").name == "adam"
    assert all(each.passed for each in steepest.optimizers.check("sgd", lr=0.1))


def test_what_cannot_be_raced_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"out must be a \.png file"):
        steepest.optimizers.race(out=tmp_path / "race.pdf")
    with pytest.raises(UserError, match="No optimizer is called `sgdd`"):
        steepest.optimizers.race(rules="sgdd", out=tmp_path / "race.png")
