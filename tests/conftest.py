"""What holds for every test."""

import sys

import pytest


@pytest.fixture(autouse=True)
def rules_of_a_test_end_with_it():
    """Take out of the registry what the test has put in: other tests list all rules."""
    module = sys.modules.get("steepest.optimizers.rule")
    before = set(module.RULES) if module else set()
    yield
    if module:
        for name in set(module.RULES) - before:
            del module.RULES[name]
