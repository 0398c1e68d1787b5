"""Cheats that are refused, or made harmless, while a comparison is made; those of claims are with verification."""

import pytest

from claim_fakes import rules
from comparison_fakes import BASE
from steepest.comparison.comparison import told
from steepest.comparison.question import question_of
from steepest.errors import UserError


def test_a_baseline_at_a_given_setting_is_refused_where_the_candidate_is_tuned():
    with pytest.raises(UserError, match=r"`sgd@lr=1e-5` has its learning rate given, but every side is tuned"):
        question_of(["sgd@lr=1e-5"], BASE, candidate="adam")


LATE = """
import torch
from steepest.optimizers import Step, rule

@rule("late", lr=0.05)
class Late:
    def init(self, params, layout):
        return {"t": 0}

    def step(self, objective, params, state, lr, generator):
        loss, grad = objective.loss_and_grad(params)
        if state["t"] >= 8:
            objective.model(objective._inputs)
        return Step(params - lr * grad, {"t": state["t"] + 1}, loss)
"""
WAYS = {
    "itself": "inside.model",
    "a copy": "copy.deepcopy(inside.model)",
    "its layers": "torch.nn.Sequential(*list(inside.model.children()))",
}


def test_a_rule_that_takes_three_gradients_a_step_pays_for_three(small, tmp_path):
    greedy = f"{rules(tmp_path)}:Greedy"
    compared = small("sgd", greedy, fixed=True, seeds=6)
    costs = {each.side: (each.forwards, each.backwards) for each in compared.results}
    assert costs == {"sgd": (6, 6), "rules.py:Greedy": (18, 18)}
    fair = question_of(["sgd", greedy], BASE, budget="passes", trials=16)
    assert fair.trials() == {"sgd": 16, "rules.py:Greedy": 5}


@pytest.mark.parametrize("how", WAYS)
def test_a_rule_that_runs_the_network_behind_its_objectives_back_is_refused(how, small, tmp_path):
    sneaky = f"{rules(tmp_path, WAYS[how])}:Sneaky"
    with pytest.raises(UserError) as caught:
        small("sgd", sneaky, fixed=True, seeds=6)
    assert "`rules.py:Sneaky` runs the network behind its objective's back: 16 forward passes in 8 steps" in str(
        caught.value
    )


def test_a_rule_that_begins_to_cheat_when_nobody_watches_pays_all_the_same(small, tmp_path):
    file = tmp_path / "late.py"
    file.write_text(LATE)
    compared = small("sgd", f"{file}:Late", fixed=True, seeds=6, epochs=4)
    costs = {(each.side, each.forwards, each.backwards) for each in compared.results}
    assert costs == {("sgd", 12, 12), ("late.py:Late", 12 + 4, 12)}


def test_the_settings_that_are_looked_up_do_not_depend_on_their_order():
    assert told({"a": 1, "b": 2}) == told({"b": 2, "a": 1})
