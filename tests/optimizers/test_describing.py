"""Every registered rule is explained in full, and what a step costs is counted, not declared."""

import re

import pytest

from steepest.errors import UnknownName, UserError
from steepest.optimizers import RULES
from steepest.optimizers.describing import describe, read_docstring, registered


@pytest.mark.parametrize("name", registered())
def test_every_rule_has_formula_idea_limits_and_source(name):
    found = describe(name)
    assert found.summary.endswith(".")
    assert " = " in found.formula
    assert len(re.findall(r"[.!?](?: |$)", found.idea)) >= 2, "the idea is told in two sentences"
    assert found.fails.endswith(".")
    assert re.search(r"https://|\d{4}|experiment", found.source)
    assert found.parameters or not RULES[name].__dataclass_fields__


@pytest.mark.parametrize("name", registered())
def test_every_hyperparameter_is_in_the_formula_or_the_words(name):
    found = describe(name)
    words = " ".join([found.formula, found.idea, found.fails, found.choice, found.summary])
    for each in found.parameters:
        assert each.name in words


@pytest.mark.parametrize(
    ("name", "forwards", "backwards", "vectors"),
    [
        ("sgd", 1, 1, 0),
        ("momentum", 1, 1, 1),
        ("adam", 1, 1, 2),
        ("amsgrad", 1, 1, 3),
        ("sam", 2, 2, 1),
        ("lookahead", 1, 1, 3),
        ("schedule-free-adamw", 1, 1, 3),
        ("blind-descent", 3, 1, 1),
        ("blind-search", 2, 0, 0),
    ],
)
def test_a_steps_cost_is_counted(name, forwards, backwards, vectors):
    cost = describe(name).cost
    assert (cost.forwards, cost.backwards, cost.vectors) == (forwards, backwards, vectors)


def test_names_of_one_rule_lead_to_one_description():
    assert describe("heavy-ball").names == ("momentum", "heavy-ball")
    assert describe("heavy-ball").name == "momentum"


def test_what_a_rule_wraps_is_told():
    assert describe("sam").wraps == "momentum"
    assert describe("adam").wraps == ""


def test_ranges_are_told_with_their_reasons():
    nesterov, beta = sorted(describe("momentum").parameters, key=lambda each: each.name)[::-1]
    assert (beta.range, beta.default) == ("[0, 1)", 0.9)
    assert beta.why == "a velocity that never fades grows forever"
    assert nesterov.range == "true or false"
    (k, _) = describe("lookahead").parameters
    assert k.range == "whole numbers in [1, ∞)"


def test_a_docstring_is_read_into_its_parts():
    text = """Walk: a step.

    w = w - lr * g       first line
    w = w

    Idea: One. And
    two ``too``.
    Fails: Here: and there.
    Source: Someone 1999.
    """
    assert read_docstring(text) == (
        "Walk: a step.",
        "w = w - lr * g       first line\nw = w",
        {"Idea": "One. And two `too`.", "Fails": "Here: and there.", "Source": "Someone 1999."},
    )


def test_torchs_classes_and_unknown_names_are_told_apart():
    with pytest.raises(UserError, match="is no rule of steepest's, and has no formula to show"):
        describe("torch.optim.Adam")
    with pytest.raises(UnknownName, match="Did you mean `adam`"):
        describe("adamm")
