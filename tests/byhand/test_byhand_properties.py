"""Some hundred of the random cases of ``scripts/byhand_properties.py``, drawn by hypothesis."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byhand_properties import CASES, main
from steepest.byhand import windows as windows_check


@pytest.mark.parametrize("topic", CASES)
@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32))
def test_by_hand_is_by_machine(topic, seed):
    found = CASES[topic](Random(seed))
    assert found.agrees, str(found)


def test_the_script_says_how_far_they_lie_apart(capsys):
    assert main(10) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [*CASES, "in"]


def test_the_script_fails_where_one_is_wrong(monkeypatch):
    real = windows_check.library_result

    def wrong(swept):
        first, *rest = real(swept)
        return ((tuple(each + 1e-9 for each in first[0]), *first[1:]), *rest)

    monkeypatch.setattr(windows_check, "library_result", wrong)
    assert main(10) == 1
