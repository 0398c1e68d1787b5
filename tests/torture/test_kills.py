"""A few kills of real processes; and what is not as it was is found out."""

from torture import kills
from torture.casework import Setting
from torture.processes import compared, differing


def test_what_differs_is_named():
    assert differing({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ["b"]
    assert differing({}, {"a": 1}) == ["a"]


def test_a_run_without_its_files_is_a_fault(tmp_path):
    (fault,) = compared(tmp_path, {"metrics": []}, "seen")
    assert "missing" in fault.what


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(kills, "rules", lambda root: ["adam"])
    monkeypatch.setattr(kills, "EACH", 2)
    (case,) = kills.cases(Setting(tmp_path, seed=1, count=2))
    tally = case.work()
    assert not tally.faults
    assert (tally.count, len(tally.notes)) == (2, 2)
    assert (tmp_path / "kills/undisturbed/adam/report.html").is_file()
