"""The summary of a test run names who takes long without the mark."""

import pytest

from slowness import LIST, listed, measured, unmarked


def report(name, when, seconds, *marks):
    keywords = dict.fromkeys(marks, 1)
    return pytest.TestReport(name, ("f.py", 1, name), keywords, "passed", None, when, duration=seconds)


def test_a_test_counts_with_its_fixtures_and_the_longest_comes_first():
    reports = [
        report("a", "setup", 3.0),
        report("a", "call", 1.9),
        report("a", "teardown", 0.2),
        report("b", "call", 5.0),
        report("c", "call", 60.0),
    ]
    assert unmarked(reports) == [("c", 60.0), ("a", 3.0 + 1.9 + 0.2)]


def test_a_marked_test_may_take_its_time_and_what_is_no_test_has_none():
    assert unmarked([report("a", "call", 60.0, "slow", "parametrize"), object()]) == []


def test_what_takes_long_is_read_from_the_table_of_durations_over_all_cases() -> None:
    table = [
        "============ slowest durations ============",
        "0.20s call     tests/a/test_b.py::test_many[one]",
        "0.05s setup    tests/a/test_b.py::test_many[two]",
        "0.10s teardown tests/a/test_b.py::test_many[two]",
        "0.29s call     tests/a/test_b.py::test_few",
        "9.00s call     src/steepest/x.py::steepest.x.f",
    ]
    assert measured(table) == ["tests/a/test_b.py::test_many"]


def test_every_listed_test_is_there() -> None:
    names = listed()
    assert len(names) > 100
    for name in names:
        file, _, function = name.partition("::")
        assert f"def {function.rpartition('::')[2]}(" in (LIST.parents[1] / file).read_text(encoding="utf-8"), name
