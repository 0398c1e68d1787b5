"""A few inputs for each parser; and a parser that lets a stranger's error out is found out."""

import time

from steepest.errors import SteepestError, UserError
from torture import fuzzing
from torture.casework import Setting
from torture.fuzzing import one


def asked(error):
    def parse(given):
        raise error

    return one(parse, "x")


def test_an_error_of_ours_is_an_answer_and_any_other_a_fault():
    assert one(len, "abc") == ("answers", None)
    assert asked(UserError("no")) == ("refusals", None)
    assert "ours" in asked(SteepestError("?"))[1].what
    assert asked(KeyError("x"))[1].what.startswith("KeyError")
    assert asked(RecursionError())[1].what.startswith("RecursionError")


def test_what_takes_long_is_a_fault(monkeypatch):
    monkeypatch.setattr(fuzzing, "LONGEST", 0.05)

    def busy(given):
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass

    assert one(busy, "x")[1].what == "took more than 0.05 s"


def test_every_parser_answers_or_refuses(tmp_path):
    tallies = {case.key: case.work() for case in fuzzing.cases(Setting(tmp_path, seed=1, count=300))}
    assert not {key: each.faults for key, each in tallies.items() if each.faults}
    assert sum(each.count for each in tallies.values()) >= 300
