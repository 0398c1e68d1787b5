import html
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from steepest.experiments import names
from steepest.experiments.reading import read_experiment

SMALL = """
name = "small"
title = "Small"
source = "a test"

[defaults]
model = "F10"
data = "mnist5k"
epochs = 1
batch_size = 500

[[case]]
name = "one"
title = "One"
published = { test_accuracy = 0.5 }
tolerance = { test_accuracy = 0.5 }

[[part]]
use = "mine.py:words"
title = "Words"
case = "one"
"""
PART = """
from steepest.content.content import Text

def words(context, *, case):
    return [Text("Runs", (f"There are {len(context.outcomes(case))}.",))]
"""


def test_the_list_names_every_experiment(command) -> None:
    done = command("reproduce", "list")
    assert done.code == 0
    for name in names():
        assert f"\n{name} " in done.out
    assert [each["name"] for each in command("reproduce", "list", "--json").json["experiments"]] == (names())


def test_an_experiment_prints_its_table_and_writes_its_page(command, tmp_path) -> None:
    done = command("reproduce", "backprop")
    assert done.code == 0, done.err
    assert "dE/dw3" in done.out
    assert "17 agree, 3 differ, 7 agree with recomputed values" in done.out
    assert "page: reproductions/backprop/report.html" in done.out
    assert "backprop 4/4" in done.err
    assert (tmp_path / "reproductions/backprop/report.html").is_file()


def test_json_is_one_object_and_quick_has_a_folder_of_its_own(command, tmp_path) -> None:
    done = command("reproduce", "gradient-descent", "--quick", "--json", "--out", "here")
    record = done.json
    assert record["experiment"] == "gradient-descent"
    assert {each["verdict"] for each in record["figures"]} == {"agrees", "not published"}
    assert (tmp_path / "here/gradient-descent/quick/report.html").is_file()


REFUSED = {
    "unknown name": (["backprob"], "No experiment is called `backprob`. Did you mean `backprop`"),
    "missing file": (["nowhere.toml"], "There is no experiment file nowhere.toml"),
    "no seeds": (["backprop", "--seeds", "0"], "--seeds must be at least 1, not 0"),
    "scheduler without dask": (["backprop", "--scheduler", "tcp://x:1"], "--engine dask"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_one_line(name, command) -> None:
    arguments, words = REFUSED[name]
    done = command("reproduce", *arguments)
    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1


FAILING = """
from steepest.content.content import Text

def broken(context):
    return {}["val_accuracy"]

def whole(context):
    return [Text("", ("It is whole.",))]
"""


def failing(folder: Path, name: str) -> Path:
    """Write an experiment without cases, one of whose two parts fails."""
    (folder / "failing.py").write_text(FAILING)
    parts = [f'[[part]]\nuse = "failing.py:{each}"\n' for each in ("broken", "whole")]
    path = folder / f"{name}.toml"
    path.write_text("\n".join([f'name = "{name}"\ntitle = "A title"\n', *parts]))
    return path


WHY = "This part could not be made: `failing.py:broken`: KeyError: 'val_accuracy'"


def test_a_part_that_fails_costs_no_page_and_ends_in_one_line(command, tmp_path) -> None:
    failing(tmp_path, "small")
    done = command("reproduce", "small.toml", "--allow-code")
    assert done.code == 2
    assert "page: reproductions/small/report.html" in done.out
    last = done.err.splitlines()[-1]
    assert "Could not be made: `failing.py:broken` of small." in last
    assert "Traceback" not in done.err
    assert WHY in done.err
    page = html.unescape((tmp_path / "reproductions/small/report.html").read_text())
    assert WHY in page.replace("<code>", "`").replace("</code>", "`")
    assert "It is whole." in page
    record = json.loads((tmp_path / "reproductions/small/result.json").read_text())
    assert [each["part"] for each in record["failures"]] == ["failing.py:broken"]
    printed = command("reproduce", "small.toml", "--allow-code", "--json")
    assert printed.code == 2
    assert printed.json["failures"] == record["failures"]


def test_of_all_experiments_those_after_a_failure_are_reproduced_too(command, tmp_path, monkeypatch) -> None:
    found = {name: failing(tmp_path, name) for name in ("first", "second")}
    opened = {name: read_experiment(path) for name, path in found.items()}
    monkeypatch.setattr("steepest.experiments.names", lambda: list(found))
    monkeypatch.setattr("steepest.experiments.open_experiment", opened.get)
    done = command("reproduce", "all", "--allow-code")
    assert done.code == 2
    assert "2 experiments reproduced" in done.out
    last = done.err.splitlines()[-1]
    assert "`failing.py:broken` of first, `failing.py:broken` of second." in last
    for name in found:
        assert (tmp_path / f"reproductions/{name}/report.html").is_file()


def test_a_name_cannot_lead_out_of_the_folder(command, tmp_path) -> None:
    path = failing(tmp_path, "small")
    path.write_text(path.read_text().replace('name = "small"', 'name = "../../x"'))
    done = command("reproduce", "small.toml", "--allow-code", "--out", "a/b")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_a_users_own_file_is_trained_once_and_gone_on_with(command, tmp_path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    (tmp_path / "mine.py").write_text(PART)
    done = command("reproduce", "small.toml", "--allow-code", "--seeds", 2, "--workers", 1)
    assert done.code == 0, done.err
    assert "One: test accuracy" in done.out
    assert "There are 2." in (tmp_path / "reproductions/small/report.html").read_text()
    finished = sorted((tmp_path / "reproductions/small/sweep").glob("*/outcome.json"))
    assert len(finished) == 2
    times = [path.stat().st_mtime_ns for path in finished]
    again = command("reproduce", "small.toml", "--allow-code", "--seeds", 2, "--json")
    assert again.json["figures"][0]["n"] == 2
    assert again.json["command"] == "steepest reproduce small.toml --seeds 2"
    assert [path.stat().st_mtime_ns for path in finished] == times


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (signal.SIGINT, 130, "Stopped. Finished runs are kept: the same command goes on."),
        (signal.SIGTERM, 75, "Terminated. Finished runs are kept: the same command goes on."),
    ],
)
def test_a_stopped_reproduction_says_how_to_go_on_and_does(
    sent: signal.Signals, code: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    (tmp_path / "mine.py").write_text(PART)
    words_of = [sys.executable, "-m", "steepest", "reproduce", "small.toml", "--allow-code", "--workers", "1"]
    process = subprocess.Popen(
        [*words_of, "--seeds", "40"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C goes to a whole group of processes
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"allowed: {tmp_path / 'mine.py'} ")
        first = process.stderr.readline()
        assert first.startswith("small 1/41 ")
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)
        else:
            process.send_signal(sent)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code, said
    assert said.rstrip().endswith(words)
    assert "Traceback" not in said
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("outcome.json")}
    assert 1 <= len(kept) < 40
    again = subprocess.run(
        [*words_of, "--seeds", str(len(kept) + 1), "--json"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert f'"n": {len(kept) + 1}' in again.stdout
    assert kept.items() <= {p: p.stat().st_mtime_ns for p in tmp_path.rglob("outcome.json")}.items()


def test_the_list_does_not_import_torch() -> None:
    code = "import sys; from steepest.cli import run; run(['reproduce', 'list']); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == 0
