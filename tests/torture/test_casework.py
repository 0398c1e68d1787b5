"""Cases are carried out once, what is done is kept, and nothing that fails is passed over."""

import json
import os
import signal
from functools import partial

import pytest

from torture.casework import Case, Fault, Part, Setting, Tally, apart, carry_out, chunks


def part(works, parallel=False):
    return Part("some", "Some", "about", lambda setting: [Case(k, "all", w) for k, w in works.items()], parallel)


def carried(works, tmp_path, **options):
    lines = []
    failed = carry_out(part(works, **options), Setting(tmp_path / "state"), tmp_path / "results", 2, lines.append)
    return failed, json.loads((tmp_path / "results/some.json").read_text()), lines


@pytest.mark.parametrize("parallel", [False, True])
def test_trials_and_faults_are_summed_by_group_and_kind(tmp_path, parallel):
    works = {
        "good": lambda: Tally(5, notes=("detected", "healed")),
        "bad": lambda: Tally(3, (Fault("lost", "a"), Fault("lost", "b"))),
    }
    failed, record, lines = carried(works, tmp_path, parallel=parallel)
    assert (failed, record["trials"], record["failed"]) == (2, 8, 2)
    assert record["groups"]["all"] == {"trials": 8, "failed": 2, "notes": {"detected": 1, "healed": 1}}
    assert record["faults"] == [{"group": "all", "what": "lost", "times": 2, "seen": "a"}]
    assert [line for line in lines if "FAILED: lost" in line]


def test_a_stopped_part_goes_on_and_tries_nothing_twice(tmp_path):
    tried = []

    def work(name, stops):
        tried.append(name)
        if stops:
            raise KeyboardInterrupt
        return Tally()

    with pytest.raises(KeyboardInterrupt):
        carried({"one": partial(work, "one", False), "two": partial(work, "two", True)}, tmp_path)
    stopped = json.loads((tmp_path / "results/some.json").read_text())
    assert (stopped["trials"], stopped["complete"]) == (1, False)
    _, record, lines = carried({"one": partial(work, "one", False), "two": partial(work, "two", False)}, tmp_path)
    assert tried == ["one", "two", "two"]
    assert (record["trials"], record["complete"], len(lines)) == (2, True, 1)


def test_a_harness_that_fails_is_a_failure(tmp_path):
    failed, record, _ = carried({"one": lambda: 1 / 0}, tmp_path)
    assert failed == 1
    assert record["faults"][0]["what"] == "the harness failed: ZeroDivisionError"


def test_what_was_seen_names_no_folder_of_this_machine(tmp_path):
    seen = f"{tmp_path}/state/run is damaged"
    folder = tmp_path / "state"
    _, record, _ = carried({"one": lambda: Tally(1, (Fault("lost", seen),))}, tmp_path)
    assert str(folder) not in json.dumps(record)


def test_another_program_is_another_state(tmp_path, monkeypatch):
    from torture import casework

    casework.program.cache_clear()
    before = casework.program()
    (tmp_path / "more.py").write_text("")
    monkeypatch.setattr(casework, "__file__", str(tmp_path / "casework.py"))
    casework.program.cache_clear()
    assert casework.program() != before
    casework.program.cache_clear()


def test_a_crash_apart_is_a_fault_and_not_the_end_of_this_process():
    assert apart(lambda: Tally(7))() == Tally(7)
    assert "signal" in apart(lambda: os.kill(os.getpid(), signal.SIGKILL))().faults[0].what
    assert "harness" in apart(lambda: 1 / 0)().faults[0].what


def test_chunks_hold_everything_once():
    assert list(chunks(7, 3)) == [(0, 3), (1, 3), (2, 1)]
