"""A value outside its range is refused in a sentence that gives the range and the reason."""

import dataclasses

import pytest

from steepest.errors import UserError
from steepest.optimizers import RULES, choose
from steepest.optimizers.hyperparameter import Range, hyperparameters, range_of

DECLARED = [(name, field) for name, cls in RULES.items() for field in hyperparameters(cls)]


@pytest.mark.parametrize(
    ("allowed", "text", "inside", "outside"),
    [
        (Range(low=0, below=1), "[0, 1)", [0, 0.5], [-0.1, 1, float("nan")]),
        (Range(above=0), "(0, ∞)", [1e-300], [0, -1, float("inf")]),
        (Range(above=0, high=1), "(0, 1]", [1], [0, 1.1]),
        (Range(), "(-∞, ∞)", [-5, 5], [float("nan"), float("-inf")]),
    ],
)
def test_a_range_reads_as_it_acts(allowed, text, inside, outside):
    assert str(allowed) == text
    assert all(allowed.admits(each) for each in inside)
    assert not any(allowed.admits(each) for each in outside)


@pytest.mark.parametrize(("name", "field"), DECLARED)
def test_every_hyperparameter_refuses_what_lies_outside_with_its_reason(name, field):
    allowed = range_of(field)
    if allowed == Range():  # any value of its type will do
        return
    assert allowed.why
    limits = [(allowed.low, -1), (allowed.above, 0), (allowed.high, 1), (allowed.below, 0)]
    for limit, beyond in limits:
        if limit is None:
            continue
        value = type(field.default)(limit + beyond)
        with pytest.raises(UserError) as caught:
            RULES[name](**{field.name: value})
        assert f"{field.name} = {value:g} is not in {allowed}: {allowed.why}." in str(caught.value)


@pytest.mark.parametrize(("name", "field"), DECLARED)
def test_every_default_lies_in_its_range(name, field):
    if isinstance(field.default, int | float):
        assert range_of(field).admits(field.default)


def test_a_wrong_type_is_named():
    with pytest.raises(UserError, match=r"momentum: nesterov must be true or false, not 1\."):
        RULES["momentum"](nesterov=1)
    with pytest.raises(UserError, match=r"momentum: beta must be a number, not 'high'\."):
        RULES["momentum"](beta="high")
    with pytest.raises(UserError, match=r"lookahead: k must be a whole number, not 2\.5\."):
        choose("lookahead:k=2.5 of sgd")
    with pytest.raises(UserError, match=r"beta must be a number, not True"):
        RULES["momentum"](beta=True)


def test_a_whole_number_is_taken_where_a_fraction_is_meant():
    assert repr(choose("adamw:weight_decay=0").rule.weight_decay) == "0.0"


def test_rules_are_values_that_cannot_change():
    rule = choose("adam").rule
    assert rule == choose("adam").rule
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.beta1 = 0.5
