"""From text to a rule: our names, torch's classes, the user's files, and rules around rules."""

import pytest
import torch

from steepest.errors import UnknownName, UserError
from steepest.optimizers import RULES, FromTorch, choose, rule
from steepest.optimizers.averaging import EMA, Lookahead
from steepest.optimizers.gradient_descent import SGD, Momentum, Nesterov
from steepest.optimizers.sharpness import SAM

RULE_FILE = """
from steepest.optimizers import hyperparameter, rule

@rule("{name}", lr=0.25)
class MyRule:
    strength: float = hyperparameter(1.0, above=0, why="it scales the step")

    def update(self, grad, params, state, lr):
        return params.sub_(self.strength * lr * grad)
"""


@pytest.fixture
def registry():
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def test_a_name_gives_its_rule_with_its_own_rate():
    choice = choose("momentum")
    assert (choice.rule, choice.lr) == (Momentum(), 0.1)


def test_two_names_may_lead_to_one_rule():
    assert choose("heavy-ball").rule == choose("momentum").rule


def test_the_rate_may_stand_among_the_settings_or_beside_them():
    assert choose("sgd:lr=0.3").lr == 0.3
    assert choose("sgd", lr=0.3).lr == 0.3
    assert choose("sgd:lr=0.3", lr=0.3).lr == 0.3
    with pytest.raises(UserError, match=r"given twice: 0\.2, and 0\.3 in `sgd:lr=0\.3`"):
        choose("sgd:lr=0.3", lr=0.2)


@pytest.mark.parametrize("lr", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_must_be_a_number_above_zero(lr):
    with pytest.raises(UserError, match="The learning rate must be a number above 0"):
        choose("sgd", lr=lr)


def test_a_rate_that_is_no_number_is_refused():
    with pytest.raises(UserError, match="The learning rate in `sgd:lr=fast` is no number"):
        choose("sgd:lr=fast")


def test_an_unknown_name_gets_advice():
    with pytest.raises(UnknownName) as caught:
        choose("adm")
    assert str(caught.value).startswith("No optimizer is called `adm`. Did you mean `adam`? ")


def test_an_unknown_hyperparameter_gets_advice():
    with pytest.raises(UnknownName, match=r"called `beta3`. Did you mean `beta1` or `beta2`"):
        choose("adam:beta3=0.8")
    with pytest.raises(UserError, match="`sgd` has no hyperparameters; `beta` was given"):
        choose("sgd:beta=0.9")


def test_torch_classes_are_found_by_name():
    choice = choose("torch.optim.RAdam:weight_decay=0.01")
    assert choice.rule == FromTorch(torch.optim.RAdam, {"weight_decay": 0.01})
    assert choice.lr == 1e-3
    assert choose("torch.optim.Adadelta").lr == 1.0
    with pytest.raises(UnknownName, match=r"No torch\.optim class is called `Adm`\."):
        choose("torch.optim.Adm")


def test_of_puts_a_rule_around_a_rule_with_settings_of_their_own():
    choice = choose("sam:rho=0.1 of momentum:beta=0.8")
    assert choice.rule == SAM(rule=Momentum(beta=0.8), rho=0.1)
    assert choice.lr == 0.1


def test_rules_nest_from_the_right():
    rule = choose("ema:decay=0.9 of lookahead:k=3 of torch.optim.SGD:momentum=0.5").rule
    inner = Lookahead(rule=FromTorch(torch.optim.SGD, {"momentum": 0.5}), k=3)
    assert rule == EMA(rule=inner, decay=0.9)


def test_the_rate_of_a_rule_around_a_rule_is_the_inner_ones():
    assert choose("sam of lookahead of nesterov").lr == 0.1
    assert choose("ema of torch.optim.Adadelta").lr == 1.0
    assert choose("sam of nesterov:lr=0.02").lr == 0.02


def test_without_of_a_rule_around_a_rule_takes_its_default():
    assert choose("sam").rule == SAM(rule=Momentum(), rho=0.05)


def test_what_wraps_nothing_says_what_does():
    with pytest.raises(UserError, match=r"`adam` wraps no other rule. These do: sam, lookahead, ema"):
        choose("adam of sgd")
    with pytest.raises(UserError, match=r"`torch.optim.SGD` wraps no other rule"):
        choose("torch.optim.SGD of sgd")


def test_a_rule_given_as_a_setting_is_told_the_way():
    with pytest.raises(UserError, match=r"write `sam of nesterov`"):
        choose("sam:rule=nesterov")


def test_a_users_file_gives_a_rule(tmp_path, registry):
    path = tmp_path / "my_rule.py"
    path.write_text(RULE_FILE.format(name="mine"))
    choice = choose(f"{path}:MyRule:strength=2")
    assert (choice.rule.strength, choice.lr) == (2.0, 0.25)
    assert choose(f"sam of {path}:MyRule").rule.rule.strength == 1.0
    choose(f"{path}:MyRule")  # importing it again is no clash of names
    with pytest.raises(UserError, match=r"strength = -1 is not in \(0, ∞\): it scales the step"):
        choose(f"{path}:MyRule:strength=-1")


def test_a_users_file_cannot_take_a_name_of_ours(tmp_path, registry):
    path = tmp_path / "my_rule.py"
    path.write_text(RULE_FILE.format(name="adam"))
    with pytest.raises(UserError, match=r"name `adam` is taken by steepest\.optimizers\.adam\.Adam"):
        choose(f"{path}:MyRule")


def test_a_plain_class_with_update_is_a_rule(tmp_path):
    path = tmp_path / "plain.py"
    path.write_text(
        "class Plain:\n    def update(self, grad, params, state, lr):\n        return params - lr * grad\n"
    )
    assert choose(f"{path}:Plain").lr == 1e-3


def test_a_users_torch_optimizer_works(tmp_path):
    path = tmp_path / "theirs.py"
    path.write_text("import torch\nclass Theirs(torch.optim.SGD):\n    pass\n")
    choice = choose(f"{path}:Theirs:momentum=0.5")
    assert isinstance(choice.rule, FromTorch)
    assert choice.rule.settings == {"momentum": 0.5}


def test_a_class_that_is_no_rule_says_what_it_lacks(tmp_path):
    path = tmp_path / "odd.py"
    path.write_text("class Odd:\n    pass\nnumber = 3\n")
    with pytest.raises(UserError, match=r"Odd is no rule yet: it needs update\(self, grad"):
        choose(f"{path}:Odd")
    with pytest.raises(UserError, match="is no class, but 3"):
        choose(f"{path}:number")


def test_a_class_that_takes_no_such_settings_says_so(tmp_path):
    path = tmp_path / "plain.py"
    path.write_text("class Plain:\n    def update(self, grad, params, state, lr): ...\n")
    with pytest.raises(UserError, match=r"does not take these settings: Plain"):
        choose(f"{path}:Plain:speed=2")


def test_a_name_is_registered_once(registry):
    with pytest.raises(UserError, match="The name `sgd` is taken"):

        @rule("sgd", lr=0.1)
        class Another:
            def update(self, grad, params, state, lr): ...

    assert RULES["sgd"] is SGD
    assert RULES["nesterov"] is Nesterov
