import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from steepest.cli import doctor
from steepest.cli.doctor import Finding, diagnose
from steepest.runs import environment


@pytest.fixture
def findings(tmp_path: Path) -> dict[str, Finding]:
    return {each.what: each for each in diagnose(tmp_path)}


def test_everything_is_looked_at_once(findings: dict[str, Finding], tmp_path: Path) -> None:
    for what in ("Python", "torch", "processor", "devices", "load", "data folder", "datasets here", "browser"):
        assert what in findings
    assert len(findings) == len(diagnose(tmp_path))
    assert "mnist5k" in findings["datasets here"].found


def test_nothing_is_wrong_here_and_what_is_not_good_comes_with_advice(findings: dict[str, Finding]) -> None:
    assert not [each for each in findings.values() if each.state == "bad"]
    assert all(each.advice for each in findings.values() if each.state != "good")


def test_a_missing_or_old_package_is_bad_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"pooch": None, "numpy": "1.0"}
    real = environment.package_version

    def told(name: str) -> str | None:
        return versions[name] if name in versions else real(name)

    monkeypatch.setattr(environment, "package_version", told)
    bad = {each.what: each for each in diagnose() if each.state == "bad"}
    assert set(bad) == {"pooch", "numpy"}
    assert bad["pooch"].found.startswith("missing; needs")
    assert bad["numpy"].found.startswith("1.0; needs")
    assert bad["pooch"].advice.startswith("pip install 'pooch>=")


def test_a_busy_machine_a_full_disk_and_a_read_only_folder_are_noted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    found = {each.what: each for each in diagnose(tmp_path / "not" / "there")}
    assert found["load"].state == "note"
    assert "thread" in found["load"].advice
    assert found["data folder"].state == "note"
    assert "0.0 GiB free" in found["data folder"].found
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    found = {each.what: each for each in diagnose(tmp_path)}
    assert "read-only" in found["data folder"].found


def test_no_browser_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (browser,) = [each for each in diagnose() if each.what == "browser"]
    assert (browser.state, browser.found) == ("note", "no Chromium")


def test_it_says_what_there_is(command) -> None:
    done = command("doctor")
    assert done.code == 0
    for word in ("Python", "torch", "processor", "data folder", "mnist5k"):
        assert word in done.out


def test_json_is_one_object(command) -> None:
    told = command("doctor", "--json").json["findings"]
    assert {"what", "found", "state", "advice"} == set(told[0])


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_what_is_bad_makes_it_fail_and_advice_stands_below(
    more: list[str], command, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = Finding("pooch", "missing", "bad", "pip install pooch")
    monkeypatch.setattr(doctor, "diagnose", lambda data_dir: [bad])
    done = command("doctor", *more)
    assert done.code == 1
    if not more:
        assert done.out.splitlines() == ["✗ pooch  missing", "         → pip install pooch"]
