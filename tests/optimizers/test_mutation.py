"""The script that breaks formulas breaks each of them, one thing at a time, into code that still compiles."""

import ast

import pytest

from mutate_optimizers import FAMILIES, ROOM, TESTS, changes_of
from steepest.optimizers import RULES


@pytest.mark.parametrize("file", FAMILIES)
def test_every_change_compiles_and_differs_from_the_file(file):
    plain = ast.dump(ast.parse((ROOM / f"{file}.py").read_text()))
    changes = changes_of(file)
    assert changes
    for change in changes:
        compile(change.tree, file, "exec")
        assert ast.dump(change.tree) != plain
    assert len({ast.dump(change.tree) for change in changes}) == len(changes)


def test_every_family_with_a_rule_is_broken():
    assert {cls.__module__.rpartition(".")[2] for cls in RULES.values()} <= set(FAMILIES)
    assert all((TESTS / f"test_{file}.py").is_file() for file in FAMILIES)


def test_docstrings_and_ranges_are_left_alone():
    lines = (ROOM / "sign.py").read_text().splitlines()
    for change in changes_of("sign"):
        assert "low=" not in change.what
        assert '"""' not in lines[change.line - 1]


def test_a_change_is_tested_by_the_rows_of_its_own_rule():
    by_line = {change.line: change.rules for change in changes_of("adaptive")}
    assert sorted({name for names in by_line.values() for name in names}) == [*("adadelta", "adagrad", "rmsprop")]
    assert all(len(names) == 1 for names in by_line.values())
    shared = [change.rules for change in changes_of("adam") if "adam" in change.rules]
    assert ["adam", "adamw", "amsgrad"] in shared
