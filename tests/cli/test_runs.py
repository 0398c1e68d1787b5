import os
from pathlib import Path


def test_runs_are_listed_newest_first(command, trained) -> None:
    for age, name in enumerate(("runs/new", "runs/middle", "runs/old")):
        folder = trained(name)
        os.utime(folder / "config.toml", (1e9 - age, 1e9 - age))
    done = command("runs", "list")
    assert done.code == 0
    places = [done.out.index(name) for name in ("new", "middle", "old")]
    assert places == sorted(places)
    told = command("runs", "list", "--json").json["runs"]
    assert [Path(each["run"]).name for each in told] == ["new", "middle", "old"]
    assert told[0]["finished"]
    assert told[0]["epochs_done"] == 3


def test_another_folder_can_be_listed(command, trained) -> None:
    folder = trained("elsewhere/one")
    assert command("runs", "list", "elsewhere", "--json").json["runs"][0]["run"] == str(folder)


def test_no_runs_are_no_error(command) -> None:
    done = command("runs", "list")
    assert done.code == 0
    assert "There are no runs in runs/ yet" in done.out
    assert command("runs", "list", "--json").json == {"format": "steepest runs list 1", "runs": []}


def test_a_damaged_run_does_not_hide_the_others(command, trained) -> None:
    folder = trained("runs/one")
    trained("runs/two")
    (folder / "config.toml").write_text("epochs = = 3")
    done = command("runs", "list")
    assert done.code == 0
    assert "one/config.toml was changed since the run began" in done.out
    assert "two " in done.out
    told = {each["run"]: each for each in command("runs", "list", "--json").json["runs"]}
    assert "one/config.toml" in told[str(folder)]["error"]
    assert told[str(Path("runs/two").absolute())]["finished"]
