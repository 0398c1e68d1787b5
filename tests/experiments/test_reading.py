from pathlib import Path

import pytest

from steepest.config import Config
from steepest.errors import SteepestError, UserError
from steepest.experiments import names, open_experiment
from steepest.experiments.experiment import Experiment
from steepest.experiments.parts import find_part
from steepest.experiments.reading import read_experiment

WHOLE = """
name = "mine"
title = "Mine"
seeds = 4

[defaults]
model = "F10"
epochs = 8

[quick]
epochs = 1
seeds = 1

[[case]]
name = "one"
config = { lr = 0.5, seed = 7 }
quick = { batch_size = 16 }
published = { test_accuracy = "0.9910", test_loss = 0.05 }
tolerance = { test_loss = 0.01 }
why = "luck"

[[case]]
name = "two"
which = "best"
seeds = 2
config = { optimizer = "my_rule.py:Rule", val = 0.5 }

[[fault]]
what = "wrong"
mended = "right"

[[question]]
asks = "Why?"
answer = '''Because
of this.'''
"""


def read(text: str, folder: Path) -> Experiment:
    path = folder / "mine.toml"
    path.write_text(text)
    return read_experiment(path)


def test_a_file_becomes_an_experiment(tmp_path: Path) -> None:
    experiment = read(WHOLE, tmp_path)
    one, two = experiment.cases
    assert (experiment.seeds, experiment.quick_seeds) == (4, 1)
    assert one.config == Config(model="F10", epochs=8, lr=0.5, seed=7)
    assert one.quick == Config(model="F10", epochs=1, lr=0.5, seed=7, batch_size=16)
    assert one.title == "one"
    assert (two.which, two.seeds, one.seeds) == ("best", 2, None)
    accuracy, loss = one.published
    assert (accuracy.split, accuracy.measure, accuracy.value, accuracy.digits) == (
        *("test", "accuracy"),
        *(0.991, 4),
    )
    assert (loss.digits, loss.tolerance, accuracy.tolerance) == (2, 0.01, 0.0)
    assert experiment.questions[0].answer == "Because of this."
    assert one.in_quick
    assert not read(WHOLE.replace("{ batch_size = 16 }", "false"), tmp_path).case("one").in_quick


def test_a_users_own_class_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    two = read(WHOLE, tmp_path).case("two")
    assert two.config.optimizer == f"{tmp_path}/my_rule.py:Rule"
    wrapped = WHOLE.replace('"my_rule.py:Rule"', '"ema:decay=0.5 of my_rule.py:Rule"')
    optimizer = read(wrapped, tmp_path).case("two").config.optimizer
    assert optimizer == f"ema:decay=0.5 of {tmp_path}/my_rule.py:Rule"


BROKEN = {
    "unknown key": ('title = "Mine"', 'titel = "Mine"', ("`titel`", "Did you mean `title`?")),
    "missing key": ('title = "Mine"', "", ("mine.toml lacks `title`",)),
    "wrong kind": ("seeds = 4", 'seeds = "4"', ("`seeds`", "a whole number, not '4'")),
    "no seeds": ("seeds = 4", "seeds = 0", ("`seeds`", "at least 1, not 0")),
    "unknown setting": (*("epochs = 8", "epoch = 8"), ("`epoch`", "Did you mean `epochs`?", "the case `one`")),
    "bad value": ("epochs = 8", "epochs = 0", ("the case `one`", "epochs must be at least 1")),
    "quick is not true or false": (
        *("quick = { batch_size = 16 }", "quick = true"),
        ("`quick`", "a table, not True"),
    ),
    "unknown quick setting": ("epochs = 1\n", "epohcs = 1\n", ("`epohcs`", "`epochs`")),
    "unknown key of a case": ('why = "luck"', 'wyh = "luck"', ("`wyh`", "`why`", "case `one`")),
    "nameless case": ('name = "one"', "", ("A [[case]]", "lacks `name`")),
    "twice": ('name = "two"', 'name = "one"', ("Two cases", "`one`")),
    "unknown measure": ("test_loss = 0.05", "tset_loss = 0.05", ("`tset_loss`", "`test_loss`")),
    "no number": (*("test_loss = 0.05", "test_loss = true"), ("`test_loss`", "a finite number, not True")),
    "more than a double holds": (
        *("test_loss = 0.05", 'test_loss = "1e400"'),
        ("`test_loss`", "a finite number, not '1e400'"),
    ),
    "accuracy in percent": (
        *('test_accuracy = "0.9910"', "test_accuracy = 98.2"),
        ("`test_accuracy`", "in [0, 1], not be 98.2", "98.2 % is 0.982"),
    ),
    "accuracy below zero": (
        *('test_accuracy = "0.9910"', 'test_accuracy = "-0.1"'),
        ("`test_accuracy`", "in [0, 1], not be -0.1"),
    ),
    "tolerance below zero": (
        *("{ test_loss = 0.01 }", "{ test_loss = -5 }"),
        ("The tolerance of `test_loss`", "0 or more, not -5"),
    ),
    "infinite tolerance": (
        *("{ test_loss = 0.01 }", "{ test_loss = inf }"),
        ("The tolerance of `test_loss`", "a finite number, not inf"),
    ),
    "the best of nothing": (
        *(", val = 0.5 }", " }"),
        ('`which = "best"` in the case `two`', "needs validation images: set `val`"),
    ),
    "the best of nothing in the quick run": (
        *('which = "best"', 'which = "best"\nquick = { val = 0.0 }'),
        ('`which = "best"` in the case `two`', "needs validation images: set `val`"),
    ),
    "tolerance of nothing": (
        *("tolerance = { test_loss", "tolerance = { tets_loss"),
        ("`tets_loss`", "`test_loss`"),
    ),
    "other weights": ('which = "best"', 'which = "first"', ("last or best, not `first`",)),
    "no table": ("[[fault]]", "[fault]", ("`fault`", "a list of tables")),
    "no toml": ("seeds = 4", "seeds = = 4", ("is no TOML",)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_used_is_named_with_its_place(name: str, tmp_path: Path) -> None:
    old, new, words = BROKEN[name]
    assert old in WHOLE
    with pytest.raises(SteepestError) as caught:
        read(WHOLE.replace(old, new, 1), tmp_path)
    assert caught.value.exit_code == 2
    said = str(caught.value)
    assert str(tmp_path / "mine.toml") in said
    for each in words:
        assert each in said


@pytest.mark.parametrize("name", ["../../x", "", ".", "a/b", "a\\\\b", "Mine", "-x", "é", "a" * 61])
def test_a_name_that_is_no_plain_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must be 1 to 60 characters of a-z") as caught:
        read(WHOLE.replace('"mine"', f'"{name}"'), tmp_path)
    assert str(caught.value).startswith(f"`name` in {tmp_path / 'mine.toml'} ")


@pytest.mark.parametrize("name", ["0", "my-study_2.1", "a" * 60])
def test_a_name_that_is_a_plain_folder_is_taken(name: str, tmp_path: Path) -> None:
    assert read(WHOLE.replace('"mine"', f'"{name}"'), tmp_path).name == name


@pytest.mark.parametrize("name", ["all", "list", "quick", *names()])
def test_a_users_experiment_cannot_take_the_place_of_the_packages_own(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"is `{name}`, which is taken. Give it another name"):
        read(WHOLE.replace('"mine"', f'"{name}"'), tmp_path)


def test_a_folder_may_have_validation_images_of_its_own(tmp_path: Path) -> None:
    own = WHOLE.replace(", val = 0.5 }", ', data = "./images" }')
    assert read(own, tmp_path).case("two").which == "best"


PART = '\n[[part]]\nuse = "{use}"\ncase = "one"\n'


def test_a_part_that_names_no_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteepestError, match=r"No case is called `on`. Did you mean `one`"):
        read(WHOLE + PART.format(use="x").replace('"one"', '"on"'), tmp_path)
    several = '\n[[part]]\nuse = "x"\ncases = ["one", "tow"]\n'
    with pytest.raises(SteepestError, match=r"No case is called `tow`. Did you mean `two`"):
        read(WHOLE + several, tmp_path)


def test_an_unknown_case_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(SteepestError, match="Did you mean `two`"):
        read(WHOLE, tmp_path).case("tow")


def test_an_unknown_experiment_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(SteepestError, match="Did you mean `backprop`"):
        open_experiment("backprob")
    with pytest.raises(SteepestError, match=r"There is no experiment file .*nowhere.toml"):
        open_experiment(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("name", names())
def test_every_experiment_of_the_package_is_whole(name: str) -> None:
    experiment = open_experiment(name)
    assert experiment.name == name
    assert experiment.title
    assert experiment.about
    assert experiment.faults
    assert experiment.questions
    assert all(question.command for question in experiment.questions)
    for use in experiment.parts:
        assert find_part(use, experiment)
