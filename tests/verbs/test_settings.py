"""Wrong arguments get a sentence, settings lie above a file's, and sides come in several spellings."""

from pathlib import Path

import pytest

from steepest.config import Config
from steepest.errors import UnknownName, UserError
from steepest.specification import Foreign
from steepest.verbs.settings import config_from, fit, separated, sides_from, takes


@takes("epochs")
def brew(cup: str, sugar: int = 1, milk: bool | None = None, **more: object) -> tuple[object, ...]:
    """Brew."""
    return cup, sugar, milk, more


def test_what_is_right_passes_and_the_function_keeps_its_name():
    assert brew("tea", sugar=2, epochs=3) == ("tea", 2, None, {"epochs": 3})
    assert (brew.__name__, brew.__doc__) == ("brew", "Brew.")


@pytest.mark.parametrize(
    ("given", "named", "kind", "words"),
    [
        (("tea",), {"suger": 1}, UnknownName, "No argument of steepest.brew is called `suger`. Did"),
        (("tea",), {"epoch": 1}, UnknownName, "Did you mean `epochs`?"),
        ((), {}, UserError, "steepest.brew: missing a required argument: 'cup'."),
        (("a", 1, None, 3), {}, UserError, "steepest.brew: too many positional arguments."),
        ((3,), {}, UserError, "cup must be text, not 3."),
        (("tea",), {"sugar": True}, UserError, "sugar must be a whole number, not True."),
        (("tea",), {"milk": 1}, UserError, "milk must be true or false or none, not 1."),
    ],
)
def test_what_is_wrong_is_a_sentence(given, named, kind, words):
    with pytest.raises(kind) as caught:
        brew(*given, **named)
    assert words in str(caught.value)


def test_a_verb_may_take_what_acts_like_the_kind_that_it_declares():
    @takes(kinds=False)
    def fold(size: int = 1, *, batch_size: int = 2) -> object:
        return size, batch_size

    assert fold(3.5, batch_size=4) == (3.5, 4)
    with pytest.raises(UnknownName, match=r"No argument of steepest\.fold is called `batch`\. Did you mean"):
        fold(batch=3)


def test_only_plain_kinds_are_fitted():
    def place(out: Path | str | None, size: float) -> None: ...

    fit({"out": 3, "size": 1}, place)
    with pytest.raises(UserError, match="size must be a number, not 'large'"):
        fit({"size": "large"}, place)


def test_settings_win_over_a_file_and_over_a_config(tmp_path):
    file = tmp_path / "base.toml"
    file.write_text("epochs = 3\nlr = 0.5\n")
    for below in (Config(epochs=3, lr=0.5), file, str(file)):
        found = config_from(below, {"lr": "none", "seed": 2})
        assert (found.epochs, found.lr, found.seed) == (3, None, 2)
    assert config_from(None, {}) == Config()
    file.write_text("epoch = 3\n")
    with pytest.raises(UnknownName, match=rf"Did you mean `epochs`\? It stands in {file}"):
        config_from(file, {})


def test_sides_come_as_a_list_or_with_commas_some_of_which_are_a_side_s_own():
    assert separated("sgd, adam:beta1=0.8,eps=1e-7") == ["sgd", "adam:beta1=0.8,eps=1e-7"]
    assert separated(("sgd", "adam")) == ["sgd", "adam"]
    assert separated("") == []
    asked = {"vary": "optimizer", "candidate": "lion", "settings": {"lr": 0.1}}
    assert sides_from(["sgd"], "adam,nadam", **asked) == ["sgd", "adam", "nadam"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"against": "sgd"}, "--against needs --candidate"),
        ({"settings": {"optimizer": "sgd"}}, "The sides are optimizers here"),
    ],
)
def test_sides_that_make_no_sense_are_refused(asked, words):
    plain = {"against": None, "vary": "optimizer", "candidate": None, "settings": {}}
    with pytest.raises(UserError, match=words):
        sides_from([], **(plain | asked))
    assert sides_from(["constant"], **(plain | {"vary": "schedule", "settings": {"optimizer": "sgd"}}))


def test_a_comma_in_the_path_of_a_file_that_is_there_parts_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a,b/c,d/e.py", "x,y.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    whole = [f"sam of {tmp_path}/a,b/c,d/e.py:M:k=1,j=2@lr=0.1", "a,b/c,d/e.py:Q", "x,y.py:A"]
    assert separated(f"sgd,{whole[0]},adam:beta1=0.8,{whole[1]},{whole[2]},x,z.py:A") == [
        *("sgd", whole[0], "adam:beta1=0.8", whole[1], whole[2], "x", "z.py:A")
    ]


def test_what_a_config_file_names_is_foreign_and_what_is_given_by_name_is_not(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('model = "net.py:Net"\noptimizer = "mine.py:Mine"\n')
    found = config_from(file, {"optimizer": "mine.py:Mine"})
    assert isinstance(found.model, Foreign)
    assert found.model.where == str(file)
    assert not isinstance(found.optimizer, Foreign)
    assert isinstance(config_from(found, {"seed": 1}).model, Foreign)
