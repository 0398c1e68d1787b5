"""Break each formula on purpose, one sign, operator, constant or index at a time, and see a test go red.

    OMP_NUM_THREADS=1 PYTHONPATH=src python scripts/mutate_optimizers.py                all files
    ... scripts/mutate_optimizers.py adam soap                                          some of them
    ... scripts/mutate_optimizers.py --every 5                                          each fifth change

Each change is compiled in a child process, in place of the module; nothing on disk is touched. The score is the
share of changes that a test finds. A change that cannot change any number counts against it, so 100 % is not
to be had; the survivors are listed for a human to judge.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOM = ROOT / "src/steepest/optimizers"
TESTS = ROOT / "tests/optimizers"
PACKAGE = "steepest.optimizers"
ENOUGH = 0.9  # below this score the exit code is 1
LONGEST_SECONDS = 120  # a change may make a search endless; that counts as found

# Each has a test file of its name; the rows of the tables are found by the rules' names
FAMILIES = (
    "gradient_descent",
    "adaptive",
    "adam",
    "adam_variants",
    "sign",
    "layerwise",
    "muon",
    "soap",
    "sharpness",
    "averaging",
    "schedule_free",
    "linesearch",
    "blind",
    "arithmetic",
)
CONTRACT = "test_rule.py"
# What holds no rule of its own is seen through these
SHARED = ["adamw", "muon", "lars", "rmsprop", "schedule-free-sgd"]
TABLES = ("test_defaults.py", "test_against_packages.py", "test_against_torch.py", "test_conformance.py")

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
METHODS = {
    "add_": "sub_",
    "sub": "add",
    "sub_": "add_",
    "add": "sub",
    "mul_": "div_",
    "div_": "mul_",
    "addcmul": "addcdiv",
    "addcmul_": "addcdiv_",
    "addcdiv_": "addcmul_",
    "sqrt": "abs",
    "sqrt_": "abs_",
    "square": "abs",
    "abs": "neg",
    "abs_": "neg_",
    "sign_": "abs_",
    "maximum": "minimum",
    "max": "min",
    "min": "max",
    "zeros_like": "ones_like",
    "ones": "zeros",
    "norm": "sum",
    "lerp": "sub",
}


@dataclass(frozen=True)
class Change:
    """One way to break a file.

    Args:
        file: its name without ``.py``.
        line: where.
        what: what was done.
        rules: the names of the rules that it may break.
        tree: the broken source.
    """

    file: str
    line: int
    what: str
    rules: list[str]
    tree: ast.Module


def changes_of(file: str) -> list[Change]:
    """Return every change of a file, one at a time."""
    source = (ROOM / f"{file}.py").read_text()
    tree = ast.parse(source)
    inside = _inside_formulas(tree)
    found = []
    for position, node in enumerate(ast.walk(tree)):
        if id(node) not in inside:
            continue
        for number, (what, _) in enumerate(_ways(node, source)):
            broken = copy.deepcopy(tree)
            twin = list(ast.walk(broken))[position]
            _, apply = list(_ways(twin, source))[number]
            apply()
            line = getattr(node, "lineno", 0)
            found.append(Change(file, line, what, rules_of(tree, line), broken))
    return sorted(found, key=lambda change: change.line)


def rules_of(tree: ast.Module, line: int | None = None) -> list[str]:
    """Return the names that ``@rule`` gives to the class around a line; those of all classes without one."""
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    around = [c for c in classes if line is not None and c.lineno <= line <= (c.end_lineno or 0)]
    names = [
        name
        for each in around or classes
        for decorator in each.decorator_list
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "rule"
        for name in [decorator.args[0].value]
    ]
    return names or SHARED


def _inside_formulas(tree: ast.Module) -> set[int]:
    """Return the nodes in which numbers are made: function bodies and defaults, without their docstrings."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for statement in node.body[1:]:  # the first is the docstring
                inside |= {id(each) for each in ast.walk(statement)}
        if isinstance(node, ast.keyword) and node.arg == "default":
            inside |= {id(each) for each in ast.walk(node)}
    # `strict=True` guards against lengths that never differ: no number depends on it
    guards = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "strict"}
    return inside - guards


def _ways(node: ast.AST, source: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the ways to break a node: what is done, and the function that does it."""
    text = (ast.get_source_segment(source, node) or "").replace("\n", " ")[:60]
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OPERATORS:
        operator = OPERATORS[type(node.op)]
        yield f"{text}  ->  {operator.__name__}", partial(setattr, node, "op", operator())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        relation = OPERATORS[type(node.ops[0])]
        yield f"{text}  ->  {relation.__name__}", partial(setattr, node, "ops", [relation()])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"{text}  ->  no minus", partial(setattr, node, "op", ast.UAdd())
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        other = _other(node.value)
        yield f"{text}  ->  {other}", partial(setattr, node, "value", other)
    if isinstance(node, ast.Attribute) and node.attr in METHODS:
        method = METHODS[node.attr]
        yield f"{text}  ->  .{method}", partial(setattr, node, "attr", method)
    if isinstance(node, ast.keyword) and node.arg in ("value", "alpha"):
        minus = _at(ast.UnaryOp(op=ast.USub(), operand=node.value), node.value)
        yield f"{text}  ->  minus it", partial(setattr, node, "value", minus)
    if isinstance(node, ast.If):
        turned = _at(ast.UnaryOp(op=ast.Not(), operand=node.test), node.test)
        yield f"{text}  ->  if not", partial(setattr, node, "test", turned)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        nothing = _at(ast.Constant(value=None), node.value)
        yield f"{text}  ->  left out", partial(setattr, node, "value", nothing)


def _other(value: bool | int | float) -> bool | int | float:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    # far away, since 1e-8 must not pass for 2e-8; the usual 0.9 and 0.999 stay below 1
    return value / 2 if 0.5 <= value < 1 else 10 * value or 0.1


def _at(node: ast.expr, place: ast.AST) -> ast.expr:
    return ast.fix_missing_locations(ast.copy_location(node, place))


class _Broken(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed tree where the module is imported."""

    def __init__(self, change: Change) -> None:
        self.name, self.tree = f"{PACKAGE}.{change.file}", change.tree

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        origin = str(ROOM / f"{name.rpartition('.')[2]}.py")
        return importlib.util.spec_from_file_location(name, origin, loader=self)

    def exec_module(self, module) -> None:
        exec(compile(self.tree, module.__file__, "exec"), module.__dict__)


def is_found(file: str, rules: list[str], change: Change | None = None) -> bool:
    """Say whether a test goes red in a child process with the change, or without any."""
    child = os.fork()
    if child == 0:
        _test_and_exit(file, rules, change)
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)  # our own child, and the only one
    os.waitpid(child, 0)
    return True


def _test_and_exit(file: str, rules: list[str], change: Change | None) -> None:
    import pytest

    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    if change is not None:
        sys.meta_path.insert(0, _Broken(change))
    options = ["-x", "-q", "-p", "no:cacheprovider", "--no-header"]
    code = pytest.main([*options, str(TESTS / f"test_{file}.py"), str(TESTS / CONTRACT)])
    if code == 0:
        tables = [str(TESTS / table) for table in TABLES]
        code = pytest.main([*options, "-k", " or ".join(map(_rows, rules)), *tables])
    os._exit(int(code))


def _rows(rule: str) -> str:
    """Return the expression for the rows of a rule, and not of those whose names hold its name."""
    every = [
        name
        for file in FAMILIES
        for name in rules_of(ast.parse((ROOM / f"{file}.py").read_text()))
        if rule in name and name != rule
    ]
    return "(" + " and not ".join([rule, *every]) + ")"


def main() -> int:
    """Print each survivor and each file's score; return 1 where the whole score is too low."""
    arguments = _arguments()
    import torch  # imported once here, and inherited by every child

    torch.set_num_threads(1)
    found_in_all = all_changes = 0
    for file in arguments.files or FAMILIES:
        start = time.monotonic()
        if is_found(file, rules_of(ast.parse((ROOM / f"{file}.py").read_text()))):
            print(f"{file}: its tests fail as they are; nothing can be said")
            return 1
        changes = changes_of(file)[:: arguments.every]
        survivors = [change for change in changes if not is_found(file, change.rules, change)]
        for each in survivors:
            print(f"  survives  {file}.py:{each.line}  {each.what}")
        found = len(changes) - len(survivors)
        seconds = time.monotonic() - start
        print(f"{file:18} {found:>4} of {len(changes):<4} found, {seconds:.0f} s", flush=True)
        found_in_all, all_changes = found_in_all + found, all_changes + len(changes)
    score = found_in_all / all_changes
    print(f"score {score:.1%}: {found_in_all} of {all_changes} changes are found")
    return 0 if score >= ENOUGH else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help=", ".join(FAMILIES))
    parser.add_argument("--every", type=int, default=1, help="take each N-th change only")
    arguments = parser.parse_args()
    unknown = [each for each in arguments.files if each not in FAMILIES]
    if unknown:
        parser.error(f"no file is called {unknown[0]}; known: {', '.join(FAMILIES)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
