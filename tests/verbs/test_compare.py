"""`steepest compare` and `steepest.compare` ask the same, and leave the same."""

import inspect
import json

import pytest

import steepest
from comparison_fakes import BASE, HERE
from steepest.comparison.question import question_of
from steepest.comparison.tuned import Tuned
from steepest.comparison.work import Made
from steepest.errors import UnknownName, UserError
from steepest.verbs.compare import _note_others, compare, events, tune
from verb_fixtures import command, here, left, runs_alone

__all__ = ["here"]
SMALL = {"model": "F2", "data": "stripes", "epochs": 1, "batch_size": 16, "fixed": True, "seeds": 6}
FLAGS = ("--model", "F2", "--data", "stripes", "--epochs", 1, "--batch-size", 16, "--fixed", "--seeds", 6)


def test_the_call_leaves_the_files_of_the_command(here):
    command("compare", "sgd", "adam", *FLAGS, "--workers", 1, "--out", "told", "--claim", "a.json")
    clocked = {"metrics.csv", "comparison.json", "comparison.html"}
    found = compare(["sgd", "adam"], **SMALL, workers=1, out="called", claim="b.json")
    assert found.folder is not None
    assert left(here / "called", clocked) == left(here / "told", clocked)
    assert {"comparison.html", "comparison.json", "asked.json"} <= left(here / "told").keys()
    assert (here / "b.json").read_bytes() == (here / "called/comparison.json").read_bytes()


def test_of_the_same_runs_page_and_record_are_the_same_to_the_byte(here):
    compare(["sgd", "adam"], **SMALL, engine=HERE, out="first")
    again = [runs_alone(here / "first", name, "runs") for name in ("told", "called")]
    command("compare", "sgd", "adam", *FLAGS, "--workers", 1, "--out", "told")
    compare("sgd,adam", **SMALL, engine=HERE, out="called")
    told, called = (left(each, {"comparison.json"}) for each in again)
    assert told == called
    first, second = (json.loads((each / "comparison.json").read_text()) for each in again)
    for record in (first, second):
        record["made"] = record["sha256"] = ""
    assert first == second


def test_runs_come_one_by_one_then_the_comparison_and_last_its_page(here):
    question = question_of(["sgd", "adam"], BASE, fixed=True, seeds=6)
    made = events(question, here / "out", engine=HERE)
    runs = [next(made) for _ in range(12)]
    assert all(isinstance(each, Made) for each in runs)
    assert [each.number for each in runs] == list(range(1, 13))
    assert isinstance(next(made), steepest.Comparison)
    assert (here / "out/comparison.json").is_file()
    assert not (here / "out/comparison.html").exists()
    assert list(made) == []
    assert (here / "out/comparison.html").is_file()


def test_settings_come_from_a_file_and_by_name_and_names_win(here):
    (here / "base.toml").write_text('model = "F2"\ndata = "stripes"\nepochs = 3\nbatch_size = 16\n')
    asked = {"fixed": True, "seeds": 6, "epochs": 1, "engine": HERE, "out": "out"}
    found = compare((), "base.toml", candidate="adam", against="sgd,momentum:beta=0.5", **asked)
    assert found.sides == ("adam", "sgd", "momentum:beta=0.5")
    assert {(e.config.model, e.config.epochs) for e in found.question.sides} == {("F2", 1)}


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"optimiser": "adam"}, UnknownName, r"`optimiser`\. Did you mean `optimizer`"),
        ({"trails": 3}, UnknownName, r"argument of steepest.compare is called `trails`.*`trials`"),
        ({"seeds": "6"}, UserError, "seeds must be a whole number or none, not '6'"),
        ({"metric": "acuracy"}, UnknownName, r"No metric is called `acuracy`\. Did you mean `acc"),
        ({"epochs": "3"}, UserError, "epochs must be a whole number, not '3'"),
        ({"workers": 1.5}, UserError, "workers must be a whole number or none, not 1.5"),
        ({"engine": "dusk"}, UnknownName, "No engine is called `dusk`"),
        ({"optimizer": "adam"}, UserError, "The sides are optimizers here"),
        ({"against": "lion"}, UserError, "--against needs --candidate"),
    ],
)
def test_what_is_not_understood_is_said_before_anything_is_trained(asked, kind, words, here):
    with pytest.raises(kind, match=words):
        compare(["adam", "sgd"], data="stripes", **asked)
    assert list(here.iterdir()) == []


def test_the_call_takes_every_flag_of_the_command():
    from steepest.cli.compare import compare as flags
    from steepest.cli.settings import Asked, Settings, Workers
    from steepest.verbs.compare import ASKED
    from steepest.verbs.settings import SETTINGS

    own = {*inspect.signature(compare).parameters, *ASKED, *SETTINGS}
    told = {*inspect.signature(flags).parameters} - {"asked", "settings", "who", "json"}
    for each in (Asked, Settings, Workers):
        told |= set(each.__dataclass_fields__)
    assert told <= own


TUNED = {"model": "F2", "data": "stripes", "epochs": 1, "batch_size": 16, "trials": 4}
TUNED_FLAGS = ("--model", "F2", "--data", "stripes", "--epochs", 1, "--batch-size", 16, "--trials", 4)


def test_of_tune_the_call_leaves_the_files_of_the_command(here):
    command("tune", "momentum", *TUNED_FLAGS, "--workers", 1, "--out", "told")
    found = tune("momentum", **TUNED, workers=1, out="called")
    assert isinstance(found, Tuned)
    clocked = {"metrics.csv", "tuning.html"}
    assert left(here / "called", clocked) == left(here / "told", clocked)
    assert "tuning.html" in left(here / "told")


def test_of_the_same_runs_the_page_is_the_same_to_the_byte(here):
    tune("sgd", **TUNED, engine=HERE, out="first")
    again = [runs_alone(here / "first", name, "runs") for name in ("told", "called")]
    command("tune", "sgd", *TUNED_FLAGS, "--workers", 1, "--out", "told")
    tune("sgd", **TUNED, engine=HERE, out="called")
    told, called = map(left, again)
    assert told == called
    assert told["tuning.html"] == left(here / "first")["tuning.html"]


def test_settings_come_from_a_file_and_the_folder_has_a_name_of_its_own(here):
    (here / "base.toml").write_text('model = "F2"\ndata = "stripes"\nepochs = 1\n')
    found = tune("sgd", "base.toml", trials=1, engine=HERE)
    assert found.side.config.model == "F2"
    assert found.folder.as_posix().startswith("comparisons/stripes-f2-optimizer-")


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"trails": 3}, UnknownName, r"argument of steepest.tune is called `trails`.*`trials`"),
        ({"trials": 2.5}, UserError, "trials must be a whole number, not 2.5"),
        ({"trials": 0}, UserError, "must be between 1 and 1,024"),
        ({"lr": 0.1}, UserError, "Leave lr out, or train with it"),
    ],
)
def test_of_tune_what_is_not_understood_is_said_before_anything_is_trained(asked, kind, words, here):
    with pytest.raises(kind, match=words):
        tune("adam", data="stripes", **asked)
    assert list(here.iterdir()) == []


def test_without_an_optimizer_a_sentence_says_what_is_missing():
    with pytest.raises(UserError, match=r"steepest\.tune: missing a required argument: 'optimizer'"):
        tune()


def test_what_would_not_be_portable_is_refused_before_anything_is_trained_and_what_is_not_is_told(tmp_path):
    asked = {"model": "F2", "data": "mnist5k", "fixed": True, "portable": True, "out": tmp_path / "none"}
    with pytest.raises(UserError, match="portable is chosen before torch is loaded"):
        steepest.compare(["sgd", "adam"], **asked)
    with pytest.raises(UserError, match="portable is chosen before torch is loaded"):
        steepest.tune("sgd", model="F2", data="mnist5k", portable=True, out=tmp_path / "none")
    with pytest.raises(UserError, match="A Dask worker is portable if it was started so"):
        steepest.compare(["sgd", "adam"], engine="dask", scheduler="tcp://nobody:1", **asked)
    assert not (tmp_path / "none").exists()
    made = {"arithmetic": {"name": "torch-portable"}}
    _note_others(True, [made], tmp_path)
    for other in ({}, {"arithmetic": {"name": "torch"}}):
        with pytest.warns(UserWarning, match="were made before, and not portable"):
            _note_others(True, [made, other], tmp_path)
