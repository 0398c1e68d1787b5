"""Some faults of the system, each a real process; and an end that is not as promised is found out."""

import subprocess

import pytest

from torture import systems
from torture.processes import Ended
from torture.systems import BEGIN, _wrong, troubled
from torture.troubles import PRESSES, SCRIPTS

TROUBLES = {each.name: each for table in SCRIPTS.values() for each in table}
FAST = (
    *("a table on a full disk", "the run is a file", "the run in a device", "a name of 300 letters"),
    *("a table into head", "JSON into a closed pipe", "an error, standard error closed"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("systems")


@pytest.mark.parametrize(
    ("ended", "what"),
    [
        (Ended(0, "", ""), ""),
        (Ended(2, "", "steepest: no.\n"), ""),
        (Ended(1, "", "steepest: no.\n"), "exit 1, not 0 or 2"),
        (Ended(2, "", "Traceback (most recent call last):\n"), "a traceback, exit 2"),
        (Ended(2, "", "steepest: a\nsteepest: b\n"), "2 lines of error, not one"),
        (Ended(0, "\x1b[31m", ""), "a raw escape code on the terminal"),
        (Ended(0, "", "steepest: note: x\n"), ""),
    ],
)
def test_what_is_wrong_with_an_end(ended, what):
    assert [each.what for each in _wrong(ended, (0, 2), "x")] == ([what] if what else [])


def test_every_script_can_be_read_by_bash():
    for each in TROUBLES.values():
        done = subprocess.run(["bash", "-n", "-c", BEGIN + each.script], capture_output=True, check=False)
        assert not done.stderr, each.name


def test_names_and_codes_are_of_the_table():
    from steepest.errors import EXIT_CODES

    names = [*TROUBLES, *(each.name for each in PRESSES)]
    assert len(set(names)) == len(names) > 70
    by_signal = {137, 152}  # what Bash says of SIGKILL and SIGXCPU
    assert {code for each in (*TROUBLES.values(), *PRESSES) for code in each.codes} <= {*EXIT_CODES} | by_signal


@pytest.mark.parametrize("name", FAST)
def test_a_fault_of_the_system_ends_as_promised(place, monkeypatch, name):
    monkeypatch.setattr(systems, "_undisturbed", lambda root: {})
    assert not troubled(place, TROUBLES[name]).faults
