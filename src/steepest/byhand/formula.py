"""Formulas as data: one line of arithmetic over names, shown in symbols, shown in numbers, and evaluated.

A formula is written as in Python, ``(a_o1 - t1) * a_o1 * (1 - a_o1)``, and read by a grammar of our own
choice: names, numbers, ``+ - * / // **`` and the functions of ``FUNCTIONS``. Nothing else can be evaluated, so
formulas may come from a file.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache

from ..errors import UserError

Values = Mapping[str, float]

NAME = re.compile(r"\b[A-Za-z_]\w*\b")
DERIVATIVE = re.compile(r"d(\w+?)_d([A-Za-z]\w*)")
# a negative number that has a function's brackets or a comma on both sides needs none of its own
DOUBLED = re.compile(r"(?<=[(,])( ?)\((−[^()]+)\)(?=[,)])")
LONGEST = 20_000  # characters: a window over 3 channels of 11x11 has 7,000


def _exponential(value: float) -> float:
    """Return e^value, and infinity where that is too large for a float, as the machine does."""
    return math.exp(value) if value < 709 else math.inf  # e^709.8 is the largest double


def _logarithm(value: float) -> float:
    """Return the natural logarithm, and minus infinity at 0."""
    return math.log(value) if value else -math.inf


def _step(value: float) -> float:
    """Return 1 above 0, else 0: the slope of ReLU."""
    return float(value > 0)


def _sign(value: float) -> float:
    """Return 1, 0 or -1."""
    return float((value > 0) - (value < 0))


FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": _exponential,
    "log": _logarithm,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "max": max,
    "min": min,
    "abs": abs,
    "sign": _sign,
    "step": _step,
}
OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: math.pow,
}


def evaluate(formula: str, values: Values) -> float:
    """Return the value of a formula.

    Raises:
        UserError: it cannot be read, divides by 0, or names what has no value.

    >>> evaluate("w1 * i1 + b", {"w1": 0.5, "i1": 3.0, "b": -1.0})
    0.5
    """
    try:
        return _value(_tree(formula), values)
    except KeyError as error:
        raise UserError(f"`{formula}` needs {error.args[0]}, which has no value.") from None
    except (ZeroDivisionError, ValueError, OverflowError) as error:
        raise UserError(f"`{formula}` has no value at these numbers: {error}.") from None


def names_in(formula: str) -> tuple[str, ...]:
    """Return the names a formula stands on, each once, in its order.

    >>> names_in("exp(o1) / (exp(o1) + exp(o2))")
    ('o1', 'o2')
    """
    return tuple(dict.fromkeys(each for each in NAME.findall(formula) if each not in FUNCTIONS))


def substituted(formula: str, replace: Callable[[str], str]) -> str:
    """Return a formula with each of its names replaced; functions stay."""
    return NAME.sub(lambda found: found[0] if found[0] in FUNCTIONS else replace(found[0]), formula)


def is_sum(formula: str) -> bool:
    """Say whether a formula needs brackets to be put into a product.

    >>> is_sum("a - t"), is_sum("a * (1 - a)")
    (True, False)
    """
    tree = _tree(formula)
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub)


def symbols(formula: str) -> str:
    """Return a formula as one writes it on paper.

    >>> symbols("(t1 - a_o1)**2 / 2"), symbols("w1 - lr * dE_dw1")
    ('(t1 − a_o1)² / 2', 'w1 − lr × dE/dw1')
    """
    return _typeset(substituted(formula, label))


def numbers(formula: str, values: Values) -> str:
    """Return a formula with the value of each name in its place.

    >>> numbers("w1 * i1 - b", {"w1": 0.15, "i1": -2, "b": 1e-7})
    '0.15 × (−2) − 1e−07'
    >>> numbers("max(0, h) + exp(h)", {"h": -1.5})
    'max(0, −1.5) + exp(−1.5)'
    """
    text = _typeset(substituted(formula, lambda name: _bracketed(values[name])))
    return DOUBLED.sub(r"\1\2", text)


def label(name: str) -> str:
    """Return a name as one writes it: a derivative with its slash.

    >>> label("dE_dw1"), label("da_o1_do1"), label("w1_new")
    ('dE/dw1', 'da_o1/do1', 'w1_new')
    """
    found = DERIVATIVE.fullmatch(name)
    return f"d{found[1]}/d{found[2]}" if found else name


def spelled(value: float, digits: int = 6) -> str:
    """Return a number with so many significant digits, without needless zeros.

    >>> spelled(0.0275), spelled(-2.0), spelled(1 / 3)
    ('0.0275', '−2', '0.333333')
    """
    # + 0.0 takes the sign from a zero
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def _bracketed(value: float) -> str:
    return f"({spelled(value)})" if value < 0 else spelled(value)


def _typeset(text: str) -> str:
    text = re.sub(r"\*\*2\b", "²", text).replace("**", "^")
    return text.replace("//", "÷").replace(" * ", " × ").replace("-", "−")


@cache
def _tree(formula: str) -> ast.expr:
    """Return a formula's tree, in which only what the grammar allows occurs."""
    try:
        tree = ast.parse(formula[: LONGEST + 1], mode="eval").body
        fits = len(formula) <= LONGEST and _allowed(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        fits = False
    if not fits:
        known = ", ".join(FUNCTIONS)
        raise UserError(f"`{formula[:80]}` is no formula. It may have names, numbers, + - * / // ** and {known}.")
    return tree


def _allowed(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float()) | ast.Name():
            return True
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _allowed(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            return _allowed(left) and _allowed(right)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return all(map(_allowed, arguments))
    return False


def _value(node: ast.expr, values: Values) -> float:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATIONS[type(op)](_value(left, values), _value(right, values))
        case ast.Constant(value=constant):
            return float(constant)  # type: ignore[arg-type]  # _allowed let only numbers through
        case ast.UnaryOp(operand=operand):
            return -_value(operand, values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*(_value(each, values) for each in arguments))
    raise AssertionError(ast.dump(node))  # _allowed lets nothing else through
