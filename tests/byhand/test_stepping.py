"""An optimizer's steps by hand are the steps of the rule itself."""

import pytest

from steepest.byhand.stepping import LINES, Bowl, stepping
from steepest.errors import UnknownName, UserError


@pytest.mark.parametrize(
    "rule",
    [
        *LINES,
        "momentum:nesterov=true,beta=0.7",
        "rmsprop:centred=true,momentum=0.5",
        "rmsprop:centred=true",
        "adamw:weight_decay=0.5",
        "lion:weight_decay=0.5",
    ],
)
def test_every_written_rule_steps_as_the_rule_itself(rule):
    done = stepping(rule, Bowl((1.0, -2.0, 0.5), (1.0, 10.0, 0.3), (0.0, 1.0, -1.0)), steps=6)
    assert done.check.agrees, str(done.check)
    checked = {each.name for each in done.check.deviations}
    assert {f"w{k}_t{t}" for k in (1, 2, 3) for t in range(1, 7)} <= checked
    assert {f"g{k}_t6" for k in (1, 2, 3)} <= checked


def test_the_memory_is_checked_too():
    checked = {each.name for each in stepping("adam", steps=2).check.deviations}
    assert {"m1_t1", "s2_t2"} <= checked
    assert "m_hat1_t1" not in checked


def test_a_check_of_steps_sees_another_rule(monkeypatch):
    monkeypatch.setitem(LINES, "sgd", LINES["signsgd"])
    assert not stepping("sgd").check.agrees


def test_heavy_ball_is_worked_line_by_line():
    table = stepping("momentum", Bowl((1.0,), (2.0,), (0.0,)), steps=2).table
    assert [cell.name for cell in table.cells] == ["g1_t1", "v1_t1", "w1_t1", "g1_t2", "v1_t2", "w1_t2"]
    assert str(table["w1_t2"]) == "w1_t2 = w1_t1 − lr × v1_t2 = 0.8 − 0.1 × 3.4 = 0.46"


def test_adamw_changes_the_weight_twice_in_a_step():
    names = [cell.name for cell in stepping("adamw", Bowl((1.0,), (1.0,), (0.0,))).table.cells]
    assert names == ["g1_t1", "wd1_t1", "m1_t1", "s1_t1", "m_hat1_t1", "s_hat1_t1", "w1_t1"]


def test_the_objective_is_written_as_it_is():
    assert str(Bowl((1.0, 1.0), (1.0, 2.0), (0.0, -3.0))) == ("E(w) = 1 * w1^2 / 2 + 2 * (w2 + 3)^2 / 2")


def test_what_cannot_be_stepped_is_refused():
    with pytest.raises(UserError, match=r"`muon` is not written out by hand\. These are: gradient-descent"):
        stepping("muon")
    with pytest.raises(UnknownName, match="Did you mean `adam`"):
        stepping("adm")
    with pytest.raises(UserError, match="At least 1 step"):
        stepping("sgd", steps=0)
    with pytest.raises(UserError, match="2 starts, 1 curvatures, 1 centres came"):
        Bowl((1.0, 2.0), (1.0,), (0.0,))
