"""What holds for every test."""

import os
import sys
import tempfile

import pytest

from slowness import HEAVY, LONGEST_SECONDS, listed, unmarked

# Whatever platform, a test and the processes that it starts have caches of their own: none writes into a home.
CACHES = tempfile.TemporaryDirectory(prefix="steepest-caches-")
os.environ.update(dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA"), CACHES.name))


@pytest.fixture(autouse=True)
def rules_of_a_test_end_with_it():
    """Take out of the registry what the test has put in: other tests list all rules."""
    module = sys.modules.get("steepest.optimizers.rule")
    before = set(module.RULES) if module else set()
    yield
    if module:
        for name in set(module.RULES) - before:
            del module.RULES[name]


def pytest_collection_modifyitems(items):
    """Mark what is listed as slow."""
    slow = listed()
    for item in items:
        if item.nodeid.partition("[")[0] in slow or HEAVY & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter):
    """Name the tests that `make test-fast` runs although they take long."""
    found = unmarked(report for each in terminalreporter.stats.values() for report in each)
    if found:
        terminalreporter.section(f"above {LONGEST_SECONDS:g} seconds without the mark slow")
    for name, seconds in found:
        terminalreporter.line(f"{seconds:6.1f} s  {name}")
