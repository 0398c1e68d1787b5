import pytest

from steepest import diagnosis
from steepest.diagnosis import Finding


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
    monkeypatch.setattr(diagnosis, "diagnose", lambda data_dir: [bad])
    done = command("doctor", *more)
    assert done.code == 1
    if not more:
        assert done.out.splitlines() == ["✗ pooch  missing", "         → pip install pooch"]
