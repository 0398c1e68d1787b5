import math

import pytest

from steepest.byhand.formula import evaluate, is_sum, label, names_in, numbers, spelled, symbols
from steepest.errors import UserError


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 ** 3 ** 0", 2.0),
        ("-x**2", -9.0),
        ("7 // 2 + 1", 4.0),
        ("-7 // 2", -4.0),
        ("max(x, 1, 5)", 5.0),
        ("exp(0) + log(1) + sqrt(4) + abs(-x)", 6.0),
        ("step(0) + step(x) + sign(-x)", 0.0),
    ],
)
def test_formulas_follow_the_rules_of_arithmetic(formula, value):
    assert evaluate(formula, {"x": 3.0}) == value


def test_exponential_and_logarithm_leave_the_range_as_the_machine_does():
    assert evaluate("1 / (1 + exp(1000))", {}) == 0.0
    assert evaluate("exp(1000)", {}) == math.inf
    assert evaluate("log(0)", {}) == -math.inf


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')",
        "x.real",
        "[1][0]",
        "lambda: 1",
        "x if x else 1",
        "x @ x",
        "exp(x=1)",
        "open(x)",
        "'a'",
        "1 +",
        "1 < 2",
        "x" + " + x" * 10_000,
        "(" * 300 + "x" + ")" * 300,
        "-" * 5_000 + "x",
    ],
)
def test_what_is_no_arithmetic_is_refused_and_never_run(formula):
    with pytest.raises(UserError, match="is no formula"):
        evaluate(formula, {"x": 1.0})


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("1 / x", "`1 / x` has no value at these numbers"),
        ("sqrt(-1 + x)", "has no value"),
        ("(x - 1) ** 0.5", "has no value"),
        ("10 ** 10 ** 10", "has no value"),
        ("x + y", "needs y, which has no value"),
    ],
)
def test_a_formula_without_a_value_is_a_sentence(formula, said):
    with pytest.raises(UserError) as caught:
        evaluate(formula, {"x": 0.0})
    assert said in str(caught.value)


def test_symbols_and_numbers_tell_the_same_line():
    formula = "(a_o1 - t1)**2 / 2 + lr * dE_dw1 - n // 2 + b**t"
    assert symbols(formula) == "(a_o1 − t1)² / 2 + lr × dE/dw1 − n ÷ 2 + b^t"
    values = {"a_o1": 0.5, "t1": -1, "lr": 0.1, "dE_dw1": 3, "n": 5, "b": 2, "t": 3}
    assert numbers(formula, values) == "(0.5 − (−1))² / 2 + 0.1 × 3 − 5 ÷ 2 + 2^3"


def test_negative_numbers_have_brackets_only_where_they_need_them():
    assert numbers("max(a, b) + exp(a) - a * b", {"a": -1, "b": -2}) == ("max(−1, −2) + exp(−1) − (−1) × (−2)")


def test_names_leave_functions_out():
    assert names_in("exp(o1 - m) + max(o1, step) + exp_2") == ("o1", "m", "exp_2")


def test_labels_put_the_slash_between_what_is_derived_and_by_what():
    assert label("dE_da_h1") == "dE/da_h1"
    assert label("da_h2_1_dh2_1") == "da_h2_1/dh2_1"
    assert label("delta") == "delta"


def test_zero_has_no_sign():
    assert spelled(-0.0) == "0"


def test_sums_are_told_from_products():
    assert is_sum("a * b + c")
    assert not is_sum("(a + b) * c")
