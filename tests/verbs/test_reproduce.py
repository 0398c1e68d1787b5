"""`steepest reproduce` and `steepest.reproduce` make the same, and leave the same."""

import json

import pytest

from comparison_fakes import HERE
from steepest.errors import UnknownName, UserError
from steepest.experiments import open_experiment
from steepest.experiments.experiment import Experiment
from steepest.experiments.reproducing import Progress
from steepest.experiments.reproduction import Reproduction
from steepest.verbs.reproduce import events, folder_of, reproduce
from verb_fixtures import command, here, left, runs_alone

__all__ = ["here"]
TOML = """
name = "small"
title = "Small"

[defaults]
model = "F2"
data = "stripes"
epochs = 1
batch_size = 16

[[case]]
name = "one"
title = "One"
published = { test_accuracy = 0.5 }
tolerance = { test_accuracy = 0.5 }

[[part]]
use = "mine.py:curve"
title = "A curve"
case = "one"
"""
PART = """
from steepest.content.content import Curves, Line

def curve(context, *, case):
    ours = tuple(each.accuracy("test") for each in context.outcomes(case))
    lines = (Line("ours", tuple(map(float, range(len(ours)))), ours),)
    return [Curves("Accuracy", x_label="seed", y_label="accuracy", lines=lines)]
"""


@pytest.fixture
def small(here):
    (here / "small.toml").write_text(TOML)
    (here / "mine.py").write_text(PART)
    return here / "small.toml"


def test_the_call_leaves_the_files_of_the_command(small, here):
    command("reproduce", "small.toml", "--seeds", 2, "--workers", 1, "--out", "told", "--allow-code")
    found = reproduce("small.toml", seeds=2, workers=1, out="called", allow_code=True)
    assert isinstance(found, Reproduction)
    clocked = {"metrics.csv", "report.html", "result.json"}
    assert left(here / "called", clocked) == left(here / "told", clocked)
    assert {"small/report.html", "small/result.json", "small/pictures/01-accuracy.png"} <= (
        left(here / "told").keys()
    )


def test_of_the_same_runs_page_and_numbers_are_the_same_to_the_byte(small, here):
    reproduce(small, seeds=2, engine=HERE, out="first", allow_code=True)
    again = [runs_alone(here / "first", name, "small/sweep") for name in ("told", "called")]
    command("reproduce", "small.toml", "--seeds", 2, "--workers", 1, "--out", "told", "--allow-code")
    reproduce("small.toml", seeds=2, engine=HERE, out="called")
    told, called = map(left, again)
    assert told == called


def test_an_experiment_begins_goes_on_and_ends_with_its_page_written(small, here):
    experiment = open_experiment(small)
    made = list(events([experiment], seeds=1, out=here / "out", engine=HERE, allow_code=True))
    assert [type(each) for each in made] == [Experiment, Progress, Progress, Reproduction]
    assert made[0] == experiment
    page = folder_of(experiment, here / "out", quick=False) / "report.html"
    assert page == here / "out/small/report.html"
    assert page.is_file()
    assert folder_of(experiment, here, quick=True) == here / "small/quick"


def test_all_gives_each_and_prints_one_object(small, here, monkeypatch, capsys):
    monkeypatch.setattr("steepest.experiments.names", lambda: [str(small)] * 2)
    monkeypatch.setattr("steepest.verbs.reproduce.names", lambda: [str(small)] * 2)
    found = reproduce("all", seeds=1, engine=HERE, allow_code=True)
    assert [each.experiment.name for each in found] == ["small", "small"]
    command("reproduce", "all", "--seeds", 1, "--json", "--workers", 1)
    printed = json.loads(capsys.readouterr().out)
    assert printed["format"] == "steepest reproduce 1"
    assert [each["experiment"] for each in printed["experiments"]] == ["small", "small"]


def test_a_part_that_fails_is_told_in_what_is_returned(small, here):
    (here / "mine.py").write_text("def curve(context, *, case):\n    return {}[case]\n")
    found = reproduce(small, seeds=1, engine=HERE, allow_code=True)
    assert [each.part for each in found.failures] == ["mine.py:curve"]
    assert (here / "reproductions/small/report.html").is_file()


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"name": "backprob"}, UnknownName, "No experiment is called `backprob`. Did you mean"),
        ({"name": "small.toml", "seeds": 0}, UserError, "--seeds must be at least 1, not 0"),
        ({"name": "small.toml", "seed": 1}, UnknownName, r"`seed`\. Did you mean `seeds`"),
        ({"name": "small.toml", "quick": 1}, UserError, "quick must be true or false, not 1"),
    ],
)
def test_what_is_not_understood_is_a_sentence(asked, kind, words, small):
    with pytest.raises(kind, match=words):
        reproduce(**asked)
