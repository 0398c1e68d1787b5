from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from steepest.comparison.space import (
    BITS,
    DIMENSIONS,
    LR_REACH,
    Dimension,
    _sobol,
    design_points,
    lr_is_given,
    space_of,
    with_settings,
)
from steepest.config import Config
from steepest.errors import UserError
from steepest.optimizers import RULES, choose

RULE = """
from steepest.optimizers import hyperparameter, rule

@rule("mine-{number}", lr=0.01)
class Mine:
    beta: float = hyperparameter(default=0.9, low=0, below=1, why="x", search=(0.5, 0.99, "complement"))
    mix: float = hyperparameter(default=0.5, low=0, high=1, why="x", search=(0, 1, "linear"))
    eps: float = hyperparameter(default=1e-8, low=0, why="x")

    def update(self, grad, params, state, lr):
        return params - lr * grad
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    file = tmp_path / "mine.py"
    file.write_text(RULE.format(number=tmp_path.name))
    return f"{file}:Mine"


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_tuned_around_its_own_default(name):
    space = space_of(name, Config(optimizer=name))
    default = choose(name).lr
    assert space.lr == Dimension("lr", default / LR_REACH, default * LR_REACH)
    ends = [space.at([share] * DIMENSIONS) for share in (0.0, 0.5, 0.999)]
    assert all(choose(with_settings(Config(optimizer=name), space, each).optimizer) for each in ends)


def test_a_rule_is_also_tuned_where_it_declares_a_range(mine):
    space = space_of("mine", Config(optimizer=mine))
    assert [each.name for each in space.dimensions] == ["lr", "beta", "mix"]
    found = space.at([0.5, 0.5, 0.25])
    assert found["lr"] == 0.01
    assert found["beta"] == pytest.approx(1 - (0.5 * 0.01) ** 0.5, abs=1e-4)
    assert found["mix"] == 0.25
    tuned = with_settings(Config(optimizer=mine), space, found)
    assert (tuned.optimizer, tuned.lr) == (f"{mine}:beta=0.9293,mix=0.25", 0.01)


def test_what_the_user_gives_is_not_tuned(mine):
    space = space_of("mine", Config(optimizer=f"{mine}:beta=0.8"))
    assert [each.name for each in space.dimensions] == ["lr", "mix"]
    tuned = with_settings(Config(optimizer=f"{mine}:beta=0.8"), space, {"lr": 0.1, "mix": 0.5})
    assert tuned.optimizer == f"{mine}:beta=0.8,mix=0.5"


def test_a_wrapped_rules_own_range_is_its_own(mine):
    text = f"sam of {mine}"
    space = space_of("x", Config(optimizer=text))
    assert [each.name for each in space.dimensions] == [*("lr", "rho", f"beta of {mine}", f"mix of {mine}")]
    tuned = with_settings(Config(optimizer=text), space, space.at([0.5] * 4)).optimizer
    assert tuned.startswith("sam:rho=0.07071 of ")
    assert choose(tuned).rule.rule.mix == 0.5


def test_torch_classes_are_tuned_by_their_learning_rate_alone():
    space = space_of("x", Config(optimizer="torch.optim.RAdam:weight_decay=0.01"))
    assert [each.name for each in space.dimensions] == ["lr"]


@pytest.mark.parametrize("config", [Config(lr=0.1), Config(optimizer="sgd:lr=0.1")])
def test_a_side_whose_learning_rate_is_given_cannot_be_in_a_tuned_comparison(config):
    with pytest.raises(UserError, match="`weak` has its learning rate given, but every side is tuned alike"):
        space_of("weak", config)


@pytest.mark.parametrize(
    ("config", "given"),
    [
        (Config(), False),
        (Config(lr=0.1), True),
        (Config(optimizer="sgd:lr=0.1"), True),
        (Config(optimizer="sam of sgd:lr=0.1"), True),
        (Config(optimizer="sam:rho=0.1 of sgd"), False),
    ],
)
def test_a_learning_rate_is_seen_wherever_it_is_given(config, given):
    assert lr_is_given(config) == given


@given(st.integers(0, 10**7), st.integers(0, 6))
def test_the_points_fill_every_slice_of_every_coordinate(seed, power):
    count = 2**power
    points = design_points(count, seed)
    for place in range(DIMENSIONS):
        assert sorted(int(point[place] * count) for point in points) == list(range(count))


def test_points_do_not_depend_on_how_many_are_asked_for_but_on_the_study():
    assert design_points(5, 1) == design_points(32, 1)[:5]
    assert design_points(5, 1) != design_points(5, 2)
    later = sorted(int(point[0] * 8) for point in design_points(24, 3)[16:])
    assert later == list(range(8))  # the trials of a widened range are evenly spread as well


@pytest.mark.parametrize("count", [1, 2, 5, 1000, 2048])
def test_the_points_are_scipys_bit_for_bit(count):
    theirs = qmc.Sobol(DIMENSIONS, scramble=False, bits=BITS).random_base2((count - 1).bit_length())[:count]
    assert (_sobol(count) == theirs * 2**BITS).all()
